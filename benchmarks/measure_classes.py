"""Measure what the tracks of each class typically are, and write it into the table of the virtual engineers.

    python benchmarks/measure_classes.py SESSIONS_DIR [--out prior.json]

SESSIONS_DIR holds labelled sessions, a folder each. A class moves to the medians of its tracks, as if the present
numbers had been seen on some tracks; classes that do not occur stay.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fit_engineers import write_table
from numpy.typing import NDArray

import gen_mix.sessions.engineers as engineers
from gen_mix.measurements import LEVELS, MEASUREMENTS, OCTAVES, measure
from gen_mix.sessions.folder import read_session

SEEN_BEFORE = 4


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sessions", type=Path)
    parser.add_argument("--out", type=Path, default=Path(engineers.__file__).with_name("prior.json"))
    options = parser.parse_args()
    found: dict[str, list[list[float]]] = {}
    for folder in sorted(path for path in options.sessions.iterdir() if path.is_dir()):
        session = read_session(folder)
        for track in session.tracks:
            if track.instrument is not None and not track.is_silent:
                found.setdefault(track.instrument, []).append(measure(track.audio, session.sample_rate).tolist())
    table = json.loads(options.out.read_text(encoding="utf-8"))
    update_typical(table, found)
    options.out.write_text(write_table(table), encoding="utf-8")


def update_typical(table: Mapping[str, Any], found: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Move the typical measurements of the classes in `found` (measurements of their tracks), in place."""
    for name, tracks in found.items():
        entry = table["instruments"][name]["typical"]
        values = np.array(tracks)
        for key in entry:
            names = {
                "octaves_db": [f"octave_{hz}_db" for hz in OCTAVES],
                "levels_db": [f"level_{n}_db" for n in LEVELS],
            }
            columns = [MEASUREMENTS.index(column) for column in names.get(key, [key])]
            moved = _moved(np.median(values[:, columns], axis=0), np.atleast_1d(entry[key]), len(values))
            entry[key] = moved if isinstance(entry[key], list) else moved[0]


def _moved(found: NDArray[np.float64], before: NDArray[np.float64], count: int) -> list[float]:
    return [round(float(value), 2) for value in (count * found + SEEN_BEFORE * before) / (count + SEEN_BEFORE)]


if __name__ == "__main__":
    main()
