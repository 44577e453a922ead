"""Synthetic sessions: pure, labelled, doubles really played twice. Most need a sample kit and a soundfont."""

import math
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("mido", reason="needs the extra `synth`")
pytest.importorskip("fluidsynth", reason="needs the extra `synth` and the FluidSynth library")

from gen_mix.errors import InputError
from gen_mix.loudness import REFERENCE_LUFS, loudness_lufs
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.session import Session
from gen_mix.sessions.synthetic import (
    SyntheticSettings,
    SyntheticStudio,
    synthetic_session,
    unseen_settings,
    write_sessions,
)
from gen_mix.sessions.synthetic.casting import draw_classes
from gen_mix.sessions.synthetic.lines import held_chords, in_register, line_of, performed, repeated, top_voice
from gen_mix.sessions.synthetic.voice import draw_singer, sing

KIT = Path(__file__).parents[3] / "shared" / "data" / "kit"
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
OTHER_SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
needs_kit = pytest.mark.skipif(
    not (KIT.is_dir() and SOUNDFONT.is_file()), reason=f"needs a sample kit in {KIT} and the soundfont {SOUNDFONT}"
)


@pytest.fixture(scope="module")
def settings() -> SyntheticSettings:
    return SyntheticSettings(KIT, SOUNDFONT, seconds=3.0)


@pytest.fixture(scope="module")
def sessions(settings: SyntheticSettings) -> list[Session]:
    studio = SyntheticStudio(settings)
    return [studio.session(0, index) for index in range(6)]


@needs_kit
def test_a_session_does_not_depend_on_those_before_it(settings: SyntheticSettings, sessions: list[Session]) -> None:
    fresh = synthetic_session(settings, 0, 4)
    assert [track.file for track in fresh.tracks] == [track.file for track in sessions[4].tracks]
    assert all(torch.equal(a.audio, b.audio) for a, b in zip(fresh.tracks, sessions[4].tracks, strict=True))


@needs_kit
def test_a_studio_sent_to_another_process_records_the_same(
    settings: SyntheticSettings, sessions: list[Session]
) -> None:
    copy = pickle.loads(pickle.dumps(SyntheticStudio(settings))).session(0, 1)
    assert all(torch.equal(a.audio, b.audio) for a, b in zip(copy.tracks, sessions[1].tracks, strict=True))


@needs_kit
def test_tracks_sound_do_not_clip_and_are_staged(sessions: list[Session]) -> None:
    for session in sessions:
        assert 4 <= len(session.tracks) <= 16
        assert session.samples == 3 * 44100
        for track in session.tracks:
            assert track.instrument is not None
            assert track.audio.isfinite().all()
            assert 0.001 < track.audio.abs().max() <= 0.981
            assert math.isclose(loudness_lufs(track.staged, 44100), REFERENCE_LUFS, abs_tol=1.5)


@needs_kit
def test_doubles_are_mutual_and_two_performances(sessions: list[Session]) -> None:
    pairs = 0
    for session in sessions:
        by_file = {track.file: track for track in session.tracks}
        for track in session.tracks:
            if track.double_of is None:
                continue
            other = by_file[track.double_of]
            assert other.double_of == track.file
            assert other.instrument == track.instrument
            assert abs(np.corrcoef(track.audio[0].numpy(), other.audio[0].numpy())[0, 1]) < 0.95
            pairs += 1
    assert pairs >= 4


@needs_kit
def test_at_most_one_track_leads(sessions: list[Session]) -> None:
    assert all(sum(track.role == "lead" for track in session.tracks) <= 1 for session in sessions)


@needs_kit
def test_written_sessions_are_kept_and_read_back(settings: SyntheticSettings, tmp_path: Path) -> None:
    small = replace(settings, seconds=2.0, most_tracks=5)
    write_sessions(small, 0, 1, tmp_path)
    stamp = (tmp_path / "00000" / "session.yaml").stat().st_mtime_ns
    write_sessions(small, 0, 2, tmp_path)
    assert (tmp_path / "00000" / "session.yaml").stat().st_mtime_ns == stamp
    written, made = read_session(tmp_path / "00001"), synthetic_session(small, 0, 1)
    assert sorted(t.instrument or "" for t in written.tracks) == sorted(t.instrument or "" for t in made.tracks)
    with pytest.raises(InputError, match="others"):
        write_sessions(small, 1, 2, tmp_path)


@needs_kit
@pytest.mark.skipif(not OTHER_SOUNDFONT.is_file(), reason=f"needs the soundfont {OTHER_SOUNDFONT}")
def test_unseen_settings_share_no_song_drumming_kit_or_voice(settings: SyntheticSettings) -> None:
    unseen = unseen_settings(KIT, OTHER_SOUNDFONT)
    seen, other = SyntheticStudio(settings), SyntheticStudio(unseen)
    assert not set(seen.song_paths) & set(other.song_paths)
    assert not {row["id"] for row in seen.grooves} & {row["id"] for row in other.grooves}
    assert not set(unseen.voices) & set(settings.voices)
    assert not set(unseen.drum_kits) & set(settings.drum_kits)


def test_a_missing_kit_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a sample kit"):
        SyntheticSettings(tmp_path, SOUNDFONT)


def test_numbers_of_takes_stay_within_their_bounds() -> None:
    rng = np.random.default_rng(0)
    for fewest, most in ((4, 16), (1, 2), (8, 8)):
        for _ in range(100):
            assert fewest <= sum(takes for _, takes in draw_classes(rng, fewest, most)) <= most


def test_a_melody_is_the_highest_of_each_chord() -> None:
    line = line_of([[0, 1, 60, 90], [0, 1, 64, 90], [0.5, 2, 67, 90], [0.5, 2, 55, 90]])
    melody = top_voice(line)
    assert melody.pitch.tolist() == [64, 67]
    assert melody.end.tolist() == [0.5, 2]


def test_register_moves_by_octaves_only() -> None:
    rng = np.random.default_rng(0)
    line = line_of([[i, i + 1, int(rng.integers(10, 120)), 90] for i in range(50)])
    moved = in_register(line, 50, 70)
    assert np.all((moved.pitch >= 50) & (moved.pitch <= 70))
    assert np.all((moved.pitch - line.pitch) % 12 == 0)


def test_held_chords_keep_the_harmony() -> None:
    arpeggio = line_of([[0.25 * i, 0.25 * i + 0.25, (60, 64, 67)[i % 3], 90] for i in range(12)])
    chords = held_chords(arpeggio, 3.0)
    assert set(chords.pitch % 12) == {0, 4, 7}
    assert chords.polyphony == 3


def test_a_repeated_line_fills_the_time() -> None:
    line = repeated(line_of([[0, 0.2, 36, 90], [1, 1.2, 38, 90]]), 2.0, 7.0)
    assert line.start.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert line.pitch.tolist() == [36, 38] * 4


def test_two_performances_of_a_line_differ_in_time_but_not_in_notes() -> None:
    line = line_of([[i, i + 0.5, 60 + i, 90] for i in range(20)])
    one, two = (performed(line, np.random.default_rng(seed), 0.01, 5) for seed in (1, 2))
    assert one.pitch.tolist() == two.pitch.tolist()
    assert 0.003 < np.std(one.start - two.start) < 0.03


def test_a_voice_sings_the_note_it_is_given() -> None:
    rng = np.random.default_rng(2)
    singer = replace(draw_singer(rng), unsteady_cents=0.0, vibrato_cents=0.0, consonants=0.0, breath=0.0)
    audio = sing(line_of([[0, 1.4, 57, 100]]), singer, 44100, rng)[0]
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(44100)))
    harmonics = [spectrum[round(220 * n) - 3 : round(220 * n) + 4].max() for n in range(1, 8)]
    between = [spectrum[round(220 * (n + 0.5)) - 3 : round(220 * (n + 0.5)) + 4].max() for n in range(1, 8)]
    assert min(np.array(harmonics) / np.array(between)) > 20
