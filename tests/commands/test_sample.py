"""Facts about the command line that mixes: what it writes, and what it refuses."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gen_mix.cli import main
from gen_mix.loudness import loudness_lufs
from gen_mix.sessions.folder import write_session
from gen_mix.sessions.instant import instant_session
from gen_mix.true_peak import true_peak_dbtp

RATE = 44100


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short session of four tracks."""
    made = instant_session(0, 3, seconds=1.5)
    tracks = tuple(replace(track, double_of=None) for track in made.tracks[:4])
    folder = tmp_path_factory.mktemp("sessions") / "song"
    write_session(replace(made, tracks=tracks), folder)
    return folder


@pytest.fixture(scope="module")
def mixed(song: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of four mixes of `song`, seeds 0 to 3."""
    out = tmp_path_factory.mktemp("out") / "mixes"
    assert main(["sample", str(song), "--out", str(out), "--mixes", "4", "--seed", "0"]) == 0
    return out


def test_everything_promised_is_written_and_nothing_else(mixed: Path) -> None:
    names = {f"mix_{number:02d}.{ending}" for number in range(1, 5) for ending in ("wav", "json")}
    assert {path.name for path in mixed.iterdir()} == names | {"index.html", "report.json"}
    assert [path.name for path in mixed.parent.iterdir()] == ["mixes"]


def test_mixes_differ_are_finite_and_delivered_as_promised(mixed: Path, song: Path) -> None:
    audios = []
    for path in sorted(mixed.glob("*.wav")):
        audio, rate = soundfile.read(path, always_2d=True, dtype="float32")
        info = soundfile.info(path)
        assert (rate, info.subtype, info.channels) == (RATE, "PCM_24", 2)
        assert info.frames == soundfile.info(next((song / "tracks").iterdir())).frames
        assert np.isfinite(audio).all()
        tensor = torch.from_numpy(audio.T.copy())
        assert true_peak_dbtp(tensor, rate) <= -1.0
        assert abs(loudness_lufs(tensor, rate) + 16) <= 0.5
        audios.append(audio)
    pairs = [(one, other) for place, one in enumerate(audios) for other in audios[:place]]
    assert min(np.abs(one - other).max() for one, other in pairs) > 0.01


def test_a_seed_alone_is_the_same_bytes_as_among_four(mixed: Path, song: Path, tmp_path: Path) -> None:
    assert main(["sample", str(song), "--out", str(tmp_path / "one"), "--mixes", "1", "--seed", "3"]) == 0
    assert (tmp_path / "one" / "mix_01.wav").read_bytes() == (mixed / "mix_04.wav").read_bytes()


def test_renamed_and_reordered_tracks_are_the_same_mix(mixed: Path, song: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for place, file in enumerate(sorted((song / "tracks").iterdir(), reverse=True)):
        (renamed / f"{place} other name{file.suffix}").write_bytes(file.read_bytes())
    assert main(["sample", str(renamed), "--out", str(tmp_path / "out"), "--mixes", "1", "--seed", "1"]) == 0
    assert (tmp_path / "out" / "mix_01.wav").read_bytes() == (mixed / "mix_02.wav").read_bytes()


def test_a_mix_file_renders_the_same_bytes(mixed: Path, song: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.wav"
    assert main(["render", str(song), str(mixed / "mix_03.json"), "--out", str(again)]) == 0
    assert again.read_bytes() == (mixed / "mix_03.wav").read_bytes()


def test_a_changed_setting_is_heard(mixed: Path, song: Path, tmp_path: Path) -> None:
    document = json.loads((mixed / "mix_03.json").read_text())
    document["tracks"][0]["fader_db"] = -60.0
    (tmp_path / "changed.json").write_text(json.dumps(document))
    assert main(["render", str(song), str(tmp_path / "changed.json"), "--out", str(tmp_path / "changed.wav")]) == 0
    assert (tmp_path / "changed.wav").read_bytes() != (mixed / "mix_03.wav").read_bytes()


def test_the_report_counts_time_and_differences(mixed: Path) -> None:
    report = json.loads((mixed / "report.json").read_text())
    assert {"reading", "embedding", "sampling", "rendering"} <= set(report["seconds"])
    level = np.array(report["differences"]["level_db"])
    assert level.shape == (4, 4)
    assert np.array_equal(level, level.T)
    assert level[~np.eye(4, dtype=bool)].min() > 0
    assert np.diag(level).max() == 0


def test_the_page_plays_every_mix_and_fetches_nothing(mixed: Path) -> None:
    page = (mixed / "index.html").read_text()
    assert all(f'src="mix_{number:02d}.wav"' in page for number in range(1, 5))
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('class="strip"') == 4 * 4 + 4
    assert page.count(", all mixes: level ") == 4


def test_existing_output_is_refused_and_kept(mixed: Path, song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in mixed.iterdir()}
    assert main(["sample", str(song), "--out", str(mixed), "--mixes", "1"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in mixed.iterdir()} == before


def test_overwriting_leaves_no_mix_of_before_and_keeps_other_files(song: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["sample", str(song), "--out", str(out)]
    assert main([*arguments, "--mixes", "2"]) == 0
    (out / "notes.txt").write_text("mine")
    assert main([*arguments, "--mixes", "1", "--overwrite"]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "index.html", "mix_01.json", "mix_01.wav", "notes.txt", "report.json"
    ]  # fmt: skip


def _empty(folder: Path) -> None:
    folder.mkdir()


def _text(folder: Path) -> None:
    folder.mkdir()
    (folder / "kick.wav").write_text("not a recording")


def _no_samples(folder: Path) -> None:
    folder.mkdir()
    soundfile.write(folder / "kick.wav", np.zeros((0, 1)), RATE)


def _not_a_number(folder: Path) -> None:
    folder.mkdir()
    soundfile.write(folder / "kick.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")


def _silent(folder: Path) -> None:
    folder.mkdir()
    soundfile.write(folder / "kick.wav", np.zeros(RATE), RATE)


def _absent(folder: Path) -> None:
    """Make nothing."""


@pytest.mark.parametrize("make", [_empty, _text, _no_samples, _not_a_number, _silent, _absent])
def test_an_unusable_session_is_one_line_and_nothing_written(
    make: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "song"
    make(folder)
    assert main(["sample", str(folder), "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert str(folder) in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options", [["--nonsense"], ["--mixes", "0"], ["--mixes", "two"], ["--sampler", "magic"], ["--loudness", "nan"]]
)
def test_a_wrong_option_is_one_line(
    options: list[str], song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sample", str(song), "--out", str(tmp_path / "out"), *options])
    message = capsys.readouterr().err
    assert stopped.value.code == 2
    assert message.count("\n") == 1
    assert options[0] in message
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_model_is_one_line(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", str(song), "--out", str(tmp_path / "out"), "--model", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_silent_track_is_kept_and_reported(song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "song"
    folder.mkdir()
    for file in (song / "tracks").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    soundfile.write(folder / "nothing.wav", np.zeros(RATE), RATE)
    assert main(["sample", str(folder), "--out", str(tmp_path / "out"), "--mixes", "1"]) == 0
    assert any("nothing.wav" in note for note in json.loads((tmp_path / "out" / "report.json").read_text())["notes"])
    files = [track["file"] for track in json.loads((tmp_path / "out" / "mix_01.json").read_text())["tracks"]]
    assert "nothing.wav" in files


def test_a_mix_of_another_session_is_refused(mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "other"
    write_session(instant_session(1, 0, seconds=0.5), folder)
    assert main(["render", str(folder), str(mixed / "mix_01.json"), "--out", str(tmp_path / "mix.wav")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.parametrize("seconds", [0.1])
def test_a_very_short_session_is_mixed(seconds: float, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        soundfile.write(folder / f"{name}.wav", 0.1 * rng.standard_normal(int(seconds * RATE)), RATE)
    assert main(["sample", str(folder), "--out", str(tmp_path / "out"), "--mixes", "1"]) == 0
    assert np.isfinite(soundfile.read(tmp_path / "out" / "mix_01.wav")[0]).all()
