"""``report.json``: what a run made, how far its mixes are apart, how long it took."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from auraloss.freq import SumAndDifferenceSTFTLoss
from torch import Tensor

from gen_mix.measurements import MEASUREMENTS, measure
from gen_mix.mix import Mix

EXCERPT_SECONDS = 6.0
_OCTAVES = [place for place, name in enumerate(MEASUREMENTS) if name.startswith("octave_")]


@dataclass(frozen=True)
class Delivered:
    """A mix as it was written.

    Attributes:
        file: Name of its audio file.
        document: Its JSON.
        loudness_lufs, true_peak_dbtp: Measured on the finished audio.
    """

    file: str
    mix: Mix
    document: Mapping[str, Any]
    loudness_lufs: float
    true_peak_dbtp: float


def report_document(
    session_name: str, delivered: Sequence[Delivered], seconds: Mapping[str, float], notes: Sequence[str]
) -> dict[str, Any]:
    """Return the report of a run.

    `differences` holds, for every pair of mixes: the RMS over tracks of the fader difference once the mean
    difference is taken off (dB), the mean difference of pan (0 to 2), the RMS over the ten octaves from
    31.5 Hz of the difference between the mixes' spectra (dB), and how far apart the loudest seconds of the two sound
    (mean difference of log magnitude of sum and difference of the channels at several resolutions, dB).
    """
    return {
        "session": session_name,
        "mixes": [
            {
                "file": item.file,
                "seed": item.mix.seed,
                "loudness_lufs": round(item.loudness_lufs, 2),
                "true_peak_dbtp": round(item.true_peak_dbtp, 2),
            }
            for item in delivered
        ],
        "differences": _differences(delivered),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "notes": list(notes),
    }


def _differences(delivered: Sequence[Delivered]) -> dict[str, Any]:
    faders = _knob(delivered, "fader_db")
    pans = _knob(delivered, "pan")
    spectra = np.array([measure(item.mix.audio, item.mix.sample_rate).numpy()[_OCTAVES] for item in delivered])
    levels = faders[:, None] - faders[None]
    levels = np.sqrt(((levels - levels.mean(-1, keepdims=True)) ** 2).mean(-1))
    pan = np.abs(pans[:, None] - pans[None]).mean(-1)
    spectrum = np.sqrt(((spectra[:, None] - spectra[None]) ** 2).mean(-1))
    every = {"level_db": levels, "pan": pan, "spectrum_db": spectrum, "sound_db": _sound_db(delivered)}
    return {
        **{name: _matrix(values) for name, values in every.items()},
        "mean": {name: _mean_of_pairs(values) for name, values in every.items()},
    }


def _sound_db(delivered: Sequence[Delivered]) -> np.ndarray:
    """Return auraloss's multi-resolution distance of every pair (mixes, mixes), dB, on the same loud seconds."""
    compare = SumAndDifferenceSTFTLoss([512, 1024, 2048], [128, 256, 512], [512, 1024, 2048], w_sc=0.0)
    power = torch.stack([item.mix.audio.square().sum(0) for item in delivered]).sum(0)
    excerpt = _loudest(power, delivered[0].mix.sample_rate)
    heard = [item.mix.audio[None, :, excerpt] for item in delivered]
    distances = np.zeros((len(heard), len(heard)))
    for first in range(len(heard)):
        for second in range(first):
            # auraloss works in natural logarithms of magnitudes
            distance = float(compare(heard[first], heard[second])) * 20 / math.log(10)
            distances[first, second] = distances[second, first] = distance
    return distances


def _loudest(power: Tensor, sample_rate: int) -> slice:
    """Return the `EXCERPT_SECONDS` (samples) in which `power` (samples,) is largest."""
    wanted = min(int(EXCERPT_SECONDS * sample_rate), len(power))
    total = torch.nn.functional.pad(power.double().cumsum(0), (1, 0))
    start = int((total[wanted:] - total[:-wanted]).argmax())
    return slice(start, start + wanted)


def _knob(delivered: Sequence[Delivered], name: str) -> np.ndarray:
    return np.array([[track[name] for track in item.document["tracks"]] for item in delivered], dtype=np.float64)


def _matrix(values: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 2) for value in row] for row in values]


def _mean_of_pairs(values: np.ndarray) -> float | None:
    pairs = values[np.triu_indices(len(values), 1)]
    return round(float(pairs.mean()), 2) if len(pairs) else None
