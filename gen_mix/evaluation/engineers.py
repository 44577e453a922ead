"""Virtual engineers held against people who mixed the same tracks."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gen_mix.errors import InputError
from gen_mix.evaluation.engineers_figure import draw_figure
from gen_mix.evaluation.practice import (
    SETTINGS,
    USES,
    Floats,
    Practice,
    practice_of_people,
    practice_of_virtual_engineers,
)
from gen_mix.measurements import OCTAVES
from gen_mix.sessions.engineers.human import HumanMix, read_human_mixes
from gen_mix.sessions.instruments import INSTRUMENTS

FEWEST_TRACKS = 30
"""Classes with fewer human tracks are reported but not judged."""

FEWEST_ENGINEERS = 4
"""Engineers of one recording that its spread is taken over."""

LIMITS = {"level_db": 2.0, "pan": 0.15, "use": 0.10, "spread": 0.20}
"""How far virtual engineers may be from people: median level, median |pan|, use rates, relative spread."""

PANELS = 16
"""Panels of virtual engineers; each does the work of all the people once."""


def evaluate_engineers(human_json: Path, out: Path, seed: int) -> dict[str, object]:
    """Compare virtual engineers with people, write ``engineers.json``, ``.txt`` and ``.png``, and return the report.

    Args:
        human_json: Mixes in the format of MixologyDB.
        out: A folder, made if it is not there; or a file ending in ``.json``, beside which the others go.
        seed: Of the virtual engineers.

    Returns:
        ``{"classes": {instrument: {...}}, "spread": {...}, "limits": {...}, "misses": [...], ...}``.

    Raises:
        InputError: The file cannot be used, or `out` cannot be written.
    """
    report = compare_engineers(read_human_mixes(human_json), seed)
    target = out if out.suffix == ".json" else out / "engineers.json"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        target.with_suffix(".txt").write_text(table_of(report), encoding="utf-8")
        draw_figure(report, target.with_suffix(".png"))
    except OSError as error:
        raise InputError(f"{out}: expected a place to write the report to, got {error.strerror}") from error
    return report


def compare_engineers(mixes: Sequence[HumanMix], seed: int, panels: int = PANELS) -> dict[str, object]:
    """Return the report of `evaluate_engineers` for some mixes; nothing is written."""
    people = practice_of_people(mixes)
    virtual = practice_of_virtual_engineers(mixes, panels, seed)
    classes: dict[str, object] = {}
    for number, name in enumerate(INSTRUMENTS):
        rows = people.instrument == number
        if rows.any():
            classes[name] = _class_report(people.where(rows), virtual.where(virtual.instrument == number))
    spread = _spread_report(people, virtual)
    return {
        "mixes": len(mixes),
        "songs": len({mix.song for mix in mixes}),
        "tracks": len(people.instrument),
        "panels": panels,
        "seed": seed,
        "fewest_tracks": FEWEST_TRACKS,
        "limits": LIMITS,
        "spread": spread,
        "misses": _misses(classes, spread),
        "classes": classes,
    }


def spread_on_one_track(values: Floats, practice: Practice) -> Floats:
    """Return the standard deviation of `values` (rows,) on every recording that four engineers of a panel mixed."""
    _, group = np.unique(practice.panel * (practice.recording.max() + 1) + practice.recording, return_inverse=True)
    count = np.bincount(group)
    mean = np.bincount(group, values) / count
    square = np.bincount(group, (values - mean[group]) ** 2) / count
    return np.asarray(np.sqrt(square[count >= FEWEST_ENGINEERS]))


def _class_report(people: Practice, virtual: Practice) -> dict[str, object]:
    return {
        "tracks": len(people.level_db),
        "is_judged": len(people.level_db) >= FEWEST_TRACKS,
        "level_db": _both(people.level_db, virtual.level_db),
        "pan": _both(np.abs(people.pan), np.abs(virtual.pan)),
        "use": {name: _rates(people.uses[:, n], virtual.uses[:, n]) for n, name in enumerate(USES)},
        "settings": {name: _both(people.settings[:, n], virtual.settings[:, n]) for n, name in enumerate(SETTINGS)},
        "eq_db": {str(hz): _both(people.eq_db[:, n], virtual.eq_db[:, n]) for n, hz in enumerate(OCTAVES)},
        "gain_spread_db": _both(*(spread_on_one_track(side.gain_db, side) for side in (people, virtual))),
        "pan_spread": _both(*(spread_on_one_track(side.pan, side) for side in (people, virtual))),
    }


def _spread_report(people: Practice, virtual: Practice) -> dict[str, dict[str, dict[str, float]]]:
    columns = {
        "gain_db": (people.gain_db, virtual.gain_db),
        "level_db": (people.level_db, virtual.level_db),
        "pan": (people.pan, virtual.pan),
        "abs_pan": (np.abs(people.pan), np.abs(virtual.pan)),
    }
    return {
        name: _both(spread_on_one_track(human, people), spread_on_one_track(drawn, virtual))
        for name, (human, drawn) in columns.items()
    }


def _both(people: Floats, virtual: Floats) -> dict[str, dict[str, float]]:
    return {"people": _quartiles(people), "virtual": _quartiles(virtual)}


def _quartiles(values: Floats) -> dict[str, float]:
    values = values[np.isfinite(values)]
    if not len(values):
        return {}
    low, middle, high = np.percentile(values, [25, 50, 75])
    return {"q25": _short(low), "median": _short(middle), "q75": _short(high), "count": len(values)}


def _rates(people: NDArray[np.bool_], virtual: NDArray[np.bool_]) -> dict[str, float]:
    return {"people": _short(people.mean()), "virtual": _short(virtual.mean())}


def _short(value: float) -> float:
    return float(f"{float(value):.4g}")


def _misses(classes: dict[str, object], spread: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """Return, in words, every limit that is not met."""
    misses = []
    for name, entry in classes.items():
        assert isinstance(entry, dict)
        if not entry["is_judged"]:
            continue
        for quantity, unit in (("level_db", " dB"), ("pan", "")):
            gap = entry[quantity]["virtual"]["median"] - entry[quantity]["people"]["median"]
            if abs(gap) > LIMITS[quantity]:
                misses.append(f"{name}: median {quantity} {gap:+.2f}{unit} from people")
        for use, rates in entry["use"].items():
            gap = rates["virtual"] - rates["people"]
            if abs(gap) > LIMITS["use"]:
                misses.append(f"{name}: use of {use} {100 * gap:+.0f} points from people")
    for quantity in ("gain_db", "pan"):
        people, virtual = (spread[quantity].get(side, {}).get("median") for side in ("people", "virtual"))
        if people and virtual and abs(virtual / people - 1) > LIMITS["spread"]:
            misses.append(f"spread of {quantity} on one track {100 * (virtual / people - 1):+.0f} % from people")
    return misses


def table_of(report: dict[str, object]) -> str:
    """Return the report as text: a line per class, people first, then virtual engineers."""
    lines = [
        "Virtual engineers against people: "
        f"{report['mixes']} mixes of {report['songs']} songs, {report['tracks']} tracks",
        "medians of level re the mix and |pan|; per cent of tracks with high-pass, EQ, compressor, reverb;",
        "SD between engineers on one track (median); always people | virtual",
        "",
        f"{'class':<16}{'tracks':>7}{'level dB':>17}{'|pan|':>13}{'HP':>11}{'EQ':>11}{'comp':>11}{'reverb':>11}"
        f"{'gain SD':>13}{'pan SD':>13}",
    ]
    classes, spread = report["classes"], report["spread"]
    assert isinstance(classes, dict)
    assert isinstance(spread, dict)
    for name, entry in classes.items():
        line = f"{name + ('' if entry['is_judged'] else ' *'):<16}{entry['tracks']:>7}"
        line += _pair(entry["level_db"], 17, ".1f") + _pair(entry["pan"], 13, ".2f")
        line += "".join(f"{100 * use['people']:>6.0f} |{100 * use['virtual']:>3.0f}" for use in entry["use"].values())
        lines.append(line + _pair(entry["gain_spread_db"], 13, ".1f") + _pair(entry["pan_spread"], 13, ".2f"))
    lines += ["", "spread between engineers on one track, median (quartiles):"]
    for name, entry in spread.items():
        lines.append(
            f"  {name:<10} people {_spread_words(entry['people'])}   virtual {_spread_words(entry['virtual'])}"
        )
    misses = report["misses"]
    assert isinstance(misses, list)
    lines += ["", f"* fewer than {FEWEST_TRACKS} tracks: not judged", f"limits not met: {len(misses)}", *misses]
    return "\n".join(lines) + "\n"


def _pair(entry: dict[str, dict[str, float]], width: int, form: str) -> str:
    texts = [format(entry[side]["median"], form) if entry[side] else "-" for side in ("people", "virtual")]
    return f"{' | '.join(texts):>{width}}"


def _spread_words(entry: dict[str, float]) -> str:
    return f"{entry['median']:.2f} ({entry['q25']:.2f} to {entry['q75']:.2f})" if entry else "-"
