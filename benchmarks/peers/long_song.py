"""A song far longer than memory, rendered by ``gen-mix render`` in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import soundfile
import torch

from gen_mix.export.mix_file import mix_document
from gen_mix.mix import Mix
from gen_mix.sessions.stored import StoredSession, open_session
from peers.ours import WHOLE
from peers.work import RATE, Work, parameters, work

_LOOP_SECONDS = 7.0
_DIFFERENT = 8  # recordings; the other tracks are links to them, which is kinder to a disk and no easier to render

# A process of its own between the two: what starts a process passes its own peak on to it.
_WATCHED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True)
class LongSong:
    """How long a song took, and the peak memory of the process that rendered it."""

    tracks: int
    minutes: float
    seconds: float
    peak_gib: float


def render_long_song(tracks: int, minutes: float) -> LongSong:
    """Return what it takes to render a song from files to a file, every processor on, in loudness and limited."""
    with tempfile.TemporaryDirectory(prefix="gen_mix-long-") as name:
        folder = Path(name)
        _write_tracks(folder / "tracks", tracks, minutes)
        mix = folder / "mix_01.json"
        mix.write_text(json.dumps(_document(open_session(folder))), encoding="utf-8")
        command = [sys.executable, "-m", "gen_mix.cli", "render", name, str(mix), "--out", str(folder / "out.wav")]
        start = time.perf_counter()
        finished = subprocess.run(
            [sys.executable, "-c", _WATCHED, *command], check=True, stdout=subprocess.PIPE, text=True
        )
        return LongSong(tracks, minutes, time.perf_counter() - start, int(finished.stdout.split()[-1]) / 2**20)


def _write_tracks(folder: Path, tracks: int, minutes: float) -> None:
    folder.mkdir()
    loops = work(min(tracks, _DIFFERENT), _LOOP_SECONDS, 1).tracks.numpy()
    samples = round(60 * minutes * RATE)
    for place in range(tracks):
        path = folder / f"track {place + 1:02d}.wav"
        if place >= _DIFFERENT:
            os.link(folder / f"track {place % _DIFFERENT + 1:02d}.wav", path)
            continue
        loop = loops[place]
        with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
            for start in range(0, samples, len(loop)):
                file.write(loop[: samples - start])


def _document(session: StoredSession) -> dict[str, object]:
    settings = parameters(Work(torch.zeros(len(session.tracks), 1), 1), WHOLE)
    mix = Mix(torch.zeros(2, 1), session.sample_rate, settings, 0, {"loudness_lufs": -14.0})
    return mix_document(session, mix, "none")
