"""Facts about ``gen-mix render``: parts of a mix, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gen_mix.cli import main
from gen_mix.console.layout import LAYOUT
from gen_mix.export.mix_file import mix_document, read_mix_file
from gen_mix.loudness import loudness_lufs
from gen_mix.mix import Mix
from gen_mix.rendering import render_mix
from gen_mix.sessions.folder import read_session
from tests.console.desk import console, random_console
from tests.console.test_fast import distance_db
from tests.console.test_stems import render_as_one_track

RATE = 44100

Render = Callable[..., int]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a song of three tracks at two rates, with a mix of it beside them."""
    folder = tmp_path_factory.mktemp("songs") / "song"
    (folder / "tracks").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, channels, rate in (("Bass", 1, RATE), ("Drums", 2, RATE), ("Keys", 2, 48000)):
        swell = 1 + np.sin(np.arange(2 * rate) * 0.001)[:, None]
        soundfile.write(
            folder / "tracks" / f"{name}.wav", 0.1 * swell * rng.standard_normal((2 * rate, channels)), rate
        )
    session = read_session(folder)
    parameters = random_console([track.is_stereo for track in session.tracks], 1, torch.Generator().manual_seed(2))
    parameters.normalized[:, 0] = console([False], {}).normalized[:, 0]
    parameters.normalized[:, 3:, LAYOUT.index("track", "reverb_send.on")] = 1.0
    parameters.normalized[:, 3:, LAYOUT.index("track", "fader_db")] = 0.7
    mix = Mix(torch.zeros(2, session.samples), RATE, parameters, 0, {"loudness_lufs": -20.0})
    (folder / "mix_01.json").write_text(json.dumps(mix_document(session, mix, "none")))
    return folder


@pytest.fixture
def render(song: Path, tmp_path: Path) -> Render:
    """Return what renders the song to ``mix.wav`` with some options."""

    def run(*options: str | Path) -> int:
        out = str(tmp_path / "mix.wav")
        return main(["render", str(song), str(song / "mix_01.json"), "--out", out, *map(str, options)])

    return run


def read(path: Path) -> torch.Tensor:
    audio, _ = soundfile.read(path, always_2d=True, dtype="float32")
    return torch.from_numpy(audio.T.copy())


def test_a_song_in_its_files_gives_the_mix_of_a_song_in_memory(song: Path, render: Render, tmp_path: Path) -> None:
    assert render() == 0
    session = read_session(song)
    expected = render_mix(session, read_mix_file(song / "mix_01.json", session).parameters, -20.0).audio
    assert (read(tmp_path / "mix.wav") - expected).abs().max() <= 2**-23  # of 24 bits


def test_a_solo_is_brought_to_the_loudness_that_is_asked_for(render: Render, tmp_path: Path) -> None:
    assert render("--solo", "bass", "--loudness", "-26") == 0
    assert loudness_lufs(read(tmp_path / "mix.wav"), RATE) == pytest.approx(-26, abs=0.1)


def test_a_track_has_a_name_and_a_file_and_muting_the_others_is_a_solo(render: Render, tmp_path: Path) -> None:
    heard = []
    for options in (["--solo", "drums"], ["--solo", "tracks/Drums.wav"], ["--mute", "Bass", "keys.wav"]):
        assert render(*options, "--overwrite") == 0
        heard.append((tmp_path / "mix.wav").read_bytes())
    assert heard[0] == heard[1] == heard[2]
    assert render("--overwrite") == 0
    assert (tmp_path / "mix.wav").read_bytes() != heard[0]


def test_a_processor_is_taken_out(render: Render, song: Path, tmp_path: Path) -> None:
    assert render("--without", "reverb", "delay", "--stems", tmp_path / "dry") == 0
    assert {path.name for path in (tmp_path / "dry").iterdir()} == {"Bass.wav", "Drums.wav", "Keys.wav"}
    assert render("--overwrite", "--stems", tmp_path / "wet") == 0
    assert (tmp_path / "wet" / "reverb return.wav").exists()


def test_stems_through_the_master_are_the_mix(render: Render, song: Path, tmp_path: Path) -> None:
    assert render("--stems", tmp_path / "stems") == 0
    parts = [read(path) for path in (tmp_path / "stems").iterdir()]
    session = read_session(song)
    parameters = read_mix_file(song / "mix_01.json", session).parameters
    mastered = render_as_one_track(torch.stack(parts).sum(0), parameters)
    mix = read(tmp_path / "mix.wav")
    gain = (mastered * mix).sum() / mastered.square().sum()  # no limiting at -20 LUFS: one gain to the loudness
    assert distance_db(mastered * gain, mix) < -90


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--solo", "bas"], "--solo bas: expected a track of song, got none (nearest: Bass)"),
        (["--mute", "choir"], "--mute choir: expected a track of song, got none"),
    ],
)
def test_a_track_that_is_not_there_is_named(
    options: list[str], message: str, render: Render, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(*options, "--stems", tmp_path / "stems") == 2
    assert capsys.readouterr().err == f"gen-mix render: {message}\n"
    assert not list(tmp_path.iterdir())


def test_stems_that_are_there_are_kept(render: Render, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "mine.wav").write_bytes(b"")
    assert render("--stems", tmp_path / "stems") == 2
    assert capsys.readouterr().err.startswith(f"gen-mix render: --stems {tmp_path / 'stems'}: expected a new or empty")
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.parametrize("name", ["mix.doc", "a file/mix.wav"])
def test_an_output_that_cannot_be_written_leaves_no_stems(
    name: str, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a file").write_bytes(b"")
    command = ["render", str(song), str(song / "mix_01.json"), "--out", str(tmp_path / name)]
    assert main([*command, "--stems", str(tmp_path / "stems")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


def _peak_mib(song: Path, out: Path) -> float:
    """Return the peak memory of a process that renders `song`."""
    command = "import sys, resource; from gen_mix.cli import main; status = main(sys.argv[1:]); "
    command += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(status)"
    arguments = ["render", str(song), str(song / "mix_01.json"), "--out", str(out)]
    finished = subprocess.run([sys.executable, "-c", command, *arguments], check=True, capture_output=True, text=True)
    return int(finished.stderr.splitlines()[-1]) / 2**10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts peak memory in KiB, as Linux does")
def test_a_long_song_takes_the_memory_of_a_short_one(song: Path, tmp_path: Path) -> None:
    peaks = []
    for repeats in (10, 150):
        folder = tmp_path / str(repeats)
        (folder / "tracks").mkdir(parents=True)
        (folder / "mix_01.json").write_bytes((song / "mix_01.json").read_bytes())
        for file in (song / "tracks").iterdir():
            audio, rate = soundfile.read(file, dtype="float32")
            soundfile.write(folder / "tracks" / file.name, np.concatenate([audio] * repeats), rate)
        peaks.append(_peak_mib(folder, tmp_path / f"{repeats}.wav"))
    assert (
        peaks[1] - peaks[0] < 90
    )  # MiB; the longer mix alone is 101, its tracks 250. Of the limiter, some 10 a minute.
