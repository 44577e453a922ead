"""``report.json``: what a run made, how far its mixes are apart, how long it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gen_mix.measurements import MEASUREMENTS, measure
from gen_mix.mix import Mix

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
    difference is taken off (dB), the mean difference of pan (0 to 2), and the RMS over the ten octaves from
    31.5 Hz of the difference between the mixes' spectra (dB).
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
    return {
        "level_db": _matrix(levels),
        "pan": _matrix(pan),
        "spectrum_db": _matrix(spectrum),
        "mean": {
            "level_db": _mean_of_pairs(levels),
            "pan": _mean_of_pairs(pan),
            "spectrum_db": _mean_of_pairs(spectrum),
        },
    }


def _knob(delivered: Sequence[Delivered], name: str) -> np.ndarray:
    return np.array([[track[name] for track in item.document["tracks"]] for item in delivered], dtype=np.float64)


def _matrix(values: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 2) for value in row] for row in values]


def _mean_of_pairs(values: np.ndarray) -> float | None:
    pairs = values[np.triu_indices(len(values), 1)]
    return round(float(pairs.mean()), 2) if len(pairs) else None
