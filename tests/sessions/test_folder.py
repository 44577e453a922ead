"""A folder of files is a session: whatever is in them, in whatever order, and in words where anything was changed."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.errors import InputError
from gen_mix.loudness import REFERENCE_LUFS, loudness_lufs
from gen_mix.sessions.folder import read_session, session_rate, write_session
from gen_mix.sessions.session import Session, Track

RATE = 44100


def sound(seed: int, seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Return noise (samples, channels) with a peak below 0.5."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (round(seconds * rate), channels)).astype(np.float32)


def save(path: Path, frames: np.ndarray, rate: int = RATE, subtype: str | None = "FLOAT") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, frames, rate, subtype=subtype)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a session of three tracks: two mono, one stereo."""
    folder = tmp_path / "song"
    for number, channels in enumerate((1, 2, 1)):
        save(folder / "tracks" / f"t{number}.wav", sound(number, 0.5, channels=channels))
    return folder


def test_tracks_are_what_the_files_hold_staged(folder: Path) -> None:
    session = read_session(folder)
    assert (session.name, session.sample_rate, session.samples, session.notes) == ("song", RATE, RATE // 2, ())
    for track in session.tracks:
        number = int(track.name[1:])
        expected = torch.from_numpy(sound(number, 0.5, channels=2 if number == 1 else 1).T.copy())
        assert torch.equal(track.audio, expected)
        assert track.file == f"tracks/t{number}.wav"
        assert loudness_lufs(track.staged, RATE) == pytest.approx(REFERENCE_LUFS, abs=1e-3)
        assert (track.instrument, track.role, track.double_of) == (None, "normal", None)


def test_files_beside_the_tracks_are_used_only_without_a_tracks_folder(folder: Path, tmp_path: Path) -> None:
    save(folder / "beside.wav", sound(9, 0.5))
    assert len(read_session(folder).tracks) == 3
    flat = tmp_path / "flat"
    shutil.copytree(folder / "tracks", flat)
    assert [track.file for track in read_session(flat).tracks] == [
        track.file.removeprefix("tracks/") for track in read_session(folder).tracks
    ]


@pytest.mark.parametrize("name", ["mix.wav", "Mix.WAV", "reference.flac"])
@pytest.mark.parametrize("inside", ["tracks", "."])
def test_a_mix_and_a_reference_are_never_tracks(folder: Path, name: str, inside: str) -> None:
    save(folder / inside / name, sound(9, 0.5), subtype=None)
    session = read_session(folder)
    assert len(session.tracks) == 3
    assert session.notes == ((f"{name}: not a track, ignored",) if inside == "tracks" else ())


def test_what_is_no_audio_is_ignored_in_words(folder: Path) -> None:
    (folder / "tracks" / "lyrics.txt").write_text("la la")
    (folder / "tracks" / ".hidden").write_text("")
    (folder / "song.json").write_text("{}")
    (note,) = read_session(folder).notes
    assert note.startswith("lyrics.txt: ignored")


def test_the_order_and_the_session_do_not_depend_on_names(folder: Path, tmp_path: Path) -> None:
    names = ["zebra.wav", "a.wav", "m.wav"]
    for new, old in zip(names, sorted((folder / "tracks").iterdir()), strict=True):
        save(tmp_path / "other" / new, *soundfile.read(old, dtype="float32"))
    one, other = read_session(folder), read_session(tmp_path / "other")
    for left, right in zip(one.tracks, other.tracks, strict=True):
        assert torch.equal(left.audio, right.audio)
        assert left.staging_gain_db == right.staging_gain_db


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "mp3"])
def test_every_format_is_read(tmp_path: Path, suffix: str) -> None:
    save(tmp_path / f"a.{suffix}", sound(0, 1.0), subtype=None)
    (track,) = read_session(tmp_path).tracks
    assert track.audio.shape == (1, RATE)
    assert track.name == "a"


def test_rates_lengths_and_channels_may_differ_and_this_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", sound(0, 1.0, 48000), 48000)
    save(tmp_path / "b.wav", sound(1, 0.5, 48000, channels=2), 48000)
    save(tmp_path / "c.wav", sound(2, 0.25, 22050), 22050)
    session = read_session(tmp_path)
    shapes = {track.name: tuple(track.audio.shape) for track in session.tracks}
    assert (session.sample_rate, shapes) == (48000, {"a": (1, 48000), "b": (2, 48000), "c": (1, 48000)})
    assert session.notes == (
        "b.wav: 0.500 s of silence added at its end, to the length of the longest track",
        "c.wav: resampled from 22050 to 48000 Hz",
        "c.wav: 0.750 s of silence added at its end, to the length of the longest track",
    )
    padded = {track.name: track.audio for track in session.tracks}["b"]
    assert torch.equal(padded[:, :24000], torch.from_numpy(sound(1, 0.5, 48000, channels=2).T.copy()))
    assert not padded[:, 24000:].any()


@given(rates=st.lists(st.sampled_from([8000, 22050, 44100, 48000, 96000]), min_size=1, max_size=8))
def test_the_rate_is_the_most_frequent_high_one_in_any_order(rates: list[int]) -> None:
    rate = session_rate(rates)
    high = [other for other in rates if other >= 44100]
    assert rate == session_rate(random.Random(0).sample(rates, len(rates)))
    assert rate in high or (not high and rate == 44100)
    assert all((high.count(other), other) <= (high.count(rate), rate) for other in high)


def test_two_channels_that_are_the_same_are_one_and_this_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", np.repeat(sound(0, 0.5), 2, axis=1))
    session = read_session(tmp_path)
    assert not session.tracks[0].is_stereo
    assert session.notes == ("a.wav: both channels are the same, read as mono",)


def test_a_silent_track_is_kept_and_said(folder: Path) -> None:
    save(folder / "tracks" / "quiet.wav", np.zeros((RATE // 2, 1)))
    session = read_session(folder)
    (silent,) = [track for track in session.tracks if track.is_silent]
    assert (silent.name, silent.staging_gain_db) == ("quiet", 0.0)
    assert session.notes == ("tracks/quiet.wav: silent, kept",)


def test_noise_of_a_converter_is_not_staged_and_this_is_said(folder: Path) -> None:
    save(folder / "tracks" / "hiss.wav", sound(7, 0.5) * 1e-4)
    session = read_session(folder)
    (hiss,) = [track for track in session.tracks if track.name == "hiss"]
    assert hiss.staging_gain_db == 0.0
    assert session.notes == ("tracks/hiss.wav: nothing above -80 dBFS, kept at its level",)


def test_a_tenth_of_a_second_is_a_session(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", sound(0, 0.1))
    assert read_session(tmp_path).seconds == pytest.approx(0.1)


@pytest.mark.slow
def test_ten_minutes_are_a_session(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", sound(0, 600.0), subtype="PCM_16")
    save(tmp_path / "b.wav", sound(1, 3.0), subtype="PCM_16")
    assert read_session(tmp_path).seconds == pytest.approx(600.0)


def nothing(folder: Path) -> None:
    shutil.rmtree(folder)


def a_file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def no_tracks(folder: Path) -> None:
    for file in (folder / "tracks").iterdir():
        file.unlink()


def only_a_mix(folder: Path) -> None:
    no_tracks(folder)
    save(folder / "tracks" / "mix.wav", sound(0, 0.5))


def unreadable(folder: Path) -> None:
    (folder / "tracks" / "t1.wav").write_bytes(b"RIFFnot really")


def empty(folder: Path) -> None:
    save(folder / "tracks" / "t1.wav", np.zeros((0, 1)))


def not_a_number(folder: Path) -> None:
    save(folder / "tracks" / "t1.wav", np.full((1000, 1), np.nan))


def surround(folder: Path) -> None:
    save(folder / "tracks" / "t1.wav", sound(0, 0.5, channels=6))


def all_silent(folder: Path) -> None:
    for file in (folder / "tracks").iterdir():
        save(file, np.zeros((RATE, 1)))


def too_short(folder: Path) -> None:
    for file in (folder / "tracks").iterdir():
        save(file, sound(0, 0.01))


@pytest.mark.parametrize(
    ("spoil", "where", "cause"),
    [
        (nothing, "song", "nothing there"),
        (a_file_instead, "song", "a file"),
        (no_tracks, "tracks", "got none"),
        (only_a_mix, "tracks", "got none"),
        (unreadable, "t1.wav", "expected a readable audio file"),
        (empty, "t1.wav", "empty file"),
        (not_a_number, "t1.wav", "NaN"),
        (surround, "t1.wav", "got 6 channels"),
        (all_silent, "song", "only silent ones"),
        (too_short, "song", "at least 0.1 s"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(
    folder: Path, spoil: Callable[[Path], None], where: str, cause: str
) -> None:
    spoil(folder)
    with pytest.raises(InputError) as error:
        read_session(folder)
    message = str(error.value)
    assert cause in message
    assert where in message.split(":")[0]
    assert "\n" not in message


def test_labels_are_read(folder: Path) -> None:
    (folder / "session.yaml").write_text(
        """
        name: A song
        tracks:
          - {file: t0.wav, name: Guitar left, instrument: egtr_rhythm, double_of: tracks/t2.wav}
          - {file: tracks/t1.wav, instrument: lead_vocal, role: lead}
        """
    )
    session = read_session(folder)
    tracks = {track.file: track for track in session.tracks}
    assert session.name == "A song"
    guitar, vocal, other = (tracks[f"tracks/t{number}.wav"] for number in range(3))
    assert (guitar.name, guitar.instrument, guitar.double_of) == ("Guitar left", "egtr_rhythm", "tracks/t2.wav")
    assert (vocal.name, vocal.instrument, vocal.role) == ("t1", "lead_vocal", "lead")
    assert (other.instrument, other.double_of) == (None, "tracks/t0.wav")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("tracks: [", "expected YAML"),
        ("tempo: 120", "got 'tempo'"),
        ("- 1", r"got \[1\]"),
        ("tracks: {}\nname: [1]", "expected text"),
        ("tracks: 7", "tracks: expected a list"),
        ("tracks: [{file: t9.wav}]", r"tracks\[0\].file: expected a file of the session, got 't9.wav'"),
        ("tracks: [{name: x}]", r"tracks\[0\].file: expected a file of the session, got None"),
        ("tracks: [{file: t0.wav, volume: 3}]", r"tracks\[0\]: expected keys of .*, got 'volume'"),
        ("tracks: [{file: t0.wav, instrument: tuba}]", r"tracks\[0\].instrument: expected one of kick, .* got 'tuba'"),
        ("tracks: [{file: t0.wav, instrument: [kick]}]", r"tracks\[0\].instrument: expected one of"),
        ("tracks: [{file: t0.wav, role: star}]", r"tracks\[0\].role: expected one of lead, .*, got 'star'"),
        ("tracks: [{file: t0.wav}, {file: tracks/t0.wav}]", r"tracks\[1\].file: expected each track once"),
        ("tracks: [{file: t0.wav, double_of: t0.wav}]", r"tracks\[0\].double_of: expected another track"),
        ("tracks: [{file: t0.wav, double_of: t1.wav}, {file: t1.wav, double_of: t2.wav}]", "doubles in pairs"),
    ],
)
def test_wrong_labels_are_named_in_one_line(folder: Path, content: str, cause: str) -> None:
    (folder / "session.yaml").write_text(content)
    with pytest.raises(InputError, match=cause) as error:
        read_session(folder)
    assert str(error.value).startswith(str(folder / "session.yaml"))
    assert "\n" not in str(error.value)


def test_reading_undoes_writing(tmp_path: Path) -> None:
    loud = torch.from_numpy(sound(0, 0.5, channels=2).T.copy()) * 5
    quiet = torch.from_numpy(sound(1, 0.5).T.copy())
    session = Session(
        "Song",
        RATE,
        (
            Track("Left", "in/a.flac", loud, 0.0, "egtr_rhythm", "normal", "a.wav"),
            Track("Right", "a.wav", quiet, 0.0, "egtr_rhythm", "background", "in/a.flac"),
            Track("Mix", "mix.wav", quiet * 0.5, 0.0, None, "lead"),
        ),
    )
    write_session(session, tmp_path / "new")
    back = read_session(tmp_path / "new")
    assert (back.name, back.sample_rate, back.notes) == ("Song", RATE, ())
    tracks = {track.name: track for track in back.tracks}
    for track in session.tracks:
        assert torch.equal(tracks[track.name].audio, track.audio)
        assert (tracks[track.name].instrument, tracks[track.name].role) == (track.instrument, track.role)
    assert tracks["Left"].double_of == tracks["Right"].file
    assert tracks["Right"].double_of == tracks["Left"].file
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_writing_replaces_nothing(folder: Path) -> None:
    session = read_session(folder)
    with pytest.raises(InputError, match="expected a new folder"):
        write_session(session, folder)


@pytest.mark.slow
def test_real_recordings_are_read(real_sessions: list[Path]) -> None:
    for path in real_sessions:
        session = read_session(path)
        assert len(session.tracks) == len(list((path / "tracks").iterdir()))
        for track in session.tracks:
            assert torch.isfinite(track.audio).all()
            assert track.is_silent or loudness_lufs(track.staged, session.sample_rate) == pytest.approx(-24, abs=0.1)
