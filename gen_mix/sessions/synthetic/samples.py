"""Recorded samples: a library that reads each file once, and instruments played from it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from gen_mix.sessions.synthetic.lines import Line, Random
from gen_mix.sessions.synthetic.soundfont import RATE, Audio

_RELEASE_SECONDS = 0.06


class SampleLibrary:
    """Files of a sample kit, each read once and kept as 16-bit integers.

    Args:
        folder: The kit.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._audio: dict[str, NDArray[np.int16]] = {}
        self._indexes: dict[str, dict[str, Any]] = {}

    def index(self, part: str) -> dict[str, Any]:
        """Return the contents of `part`/index.json."""
        if part not in self._indexes:
            self._indexes[part] = json.loads((self._folder / part / "index.json").read_text())
        return self._indexes[part]

    def read(self, file: str) -> NDArray[np.int16]:
        """Return a file (channels, samples) at `RATE`."""
        if file not in self._audio:
            audio, rate = soundfile.read(self._folder / file, dtype="int16", always_2d=True)
            resampled = audio if rate == RATE else soxr.resample(audio, rate, RATE)
            self._audio[file] = np.ascontiguousarray(resampled.T)
        return self._audio[file]

    def read_float(self, file: str) -> Audio:
        """Return a file (channels, samples) at `RATE`, full scale 1."""
        return self.read(file).astype(np.float32) / np.float32(32768)


@dataclass(frozen=True)
class _Sample:
    file: str
    root: int
    lowest_velocity: int
    highest_velocity: int
    articulation: str


class SampledInstrument:
    """A pitched instrument of recorded notes.

    Args:
        library: Where the files are.
        part: Folder of the instrument in the kit.
    """

    def __init__(self, library: SampleLibrary, part: str) -> None:
        self._library = library
        self._samples = [
            _Sample(
                f"{part}/{s['file']}", s["midi_root"], s["velocity_range"][0], s["velocity_range"][1], s["articulation"]
            )
            for s in library.index(part)["samples"]
        ]

    def play(self, line: Line, articulation: str, samples: int, rng: Random) -> Audio:
        """Return the line (1, samples); each note is a sample of its dynamics, read at its pitch.

        Args:
            line: The notes.
            articulation: Which samples to use; all where none has it.
            samples: Length.
            rng: Draws among recordings that would all do.
        """
        audio = np.zeros(samples, np.float32)
        usable = [s for s in self._samples if s.articulation == articulation] or self._samples
        for start, end, pitch, velocity in zip(line.start, line.end, line.pitch, line.velocity, strict=True):
            distance = min(abs(s.root - pitch) for s in usable)
            near = [s for s in usable if abs(s.root - pitch) == distance]
            layer = [s for s in near if s.lowest_velocity <= velocity <= s.highest_velocity] or near
            sample = layer[int(rng.integers(len(layer)))]
            begin = int(start * RATE)
            note = self._note(sample, float(pitch), min(end - start + _RELEASE_SECONDS, (samples - begin) / RATE))
            audio[begin : begin + len(note)] += note * np.float32(0.5 + 0.5 * velocity / 127)
        return audio[None]

    def _note(self, sample: _Sample, pitch: float, seconds: float) -> Audio:
        recording = self._library.read(sample.file)[0]
        speed = 2 ** ((pitch - sample.root) / 12)
        length = max(min(int(seconds * RATE), int((len(recording) - 2) / speed)), 0)
        if speed == 1:
            note = recording[:length].astype(np.float32)
        else:
            place = np.arange(length) * speed
            before = place.astype(np.int64)
            low, high = recording[before].astype(np.float32), recording[before + 1].astype(np.float32)
            note = low + (place - before).astype(np.float32) * (high - low)
        release = min(int(_RELEASE_SECONDS * RATE), length)
        if release:
            note[-release:] *= np.linspace(1, 0, release, dtype=np.float32)
        return np.asarray(note, np.float32) / np.float32(32768)
