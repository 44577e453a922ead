"""The figure of virtual engineers against people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.lines
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecBase

from gen_mix.measurements import OCTAVES

PEOPLE: dict[str, Any] = {"color": "black", "marker": "o", "markersize": 4.5, "linewidth": 1.4}
VIRTUAL: dict[str, Any] = {
    "color": "0.45",
    "marker": "D",
    "markersize": 4.5,
    "linewidth": 1.4,
    "markerfacecolor": "white",
}
_OFFSET = 0.17
_COLUMNS = 7

_RANGES = (
    ("level_db", "level re the mix\ndB"),
    ("pan", "|pan|"),
    ("gain_spread_db", "SD of fader on one\ntrack, dB"),
    ("pan_spread", "SD of pan on one\ntrack"),
)
_USES = (("high_pass", "high-pass\n%"), ("eq", "EQ\n%"), ("compressor", "compressor\n%"), ("reverb", "reverb\n%"))

Entry = Mapping[str, Any]


def draw_figure(report: Entry, path: Path) -> None:
    """Write a picture of a report of `evaluate_engineers` to `path` (PNG): the classes that are judged.

    Above, medians with quartiles and rates, a line per class; below, the response of the equalizers that are on.
    """
    classes = {name: entry for name, entry in report["classes"].items() if entry["is_judged"]}
    classes = classes or dict(report["classes"])
    rows = -(-len(classes) // _COLUMNS)
    with matplotlib.style.context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12, 1.6 + 0.3 * len(classes) + 1.35 * rows), layout="constrained")
        height = [0.6 + 0.3 * len(classes), 1.35 * rows]
        grid = figure.add_gridspec(2, 1, height_ratios=height, hspace=0.04)
        _draw_medians(figure, grid[0].subgridspec(1, len(_RANGES) + len(_USES)), classes)
        _draw_responses(figure, grid[1].subgridspec(rows, _COLUMNS), classes)
        figure.suptitle(
            f"What {report['mixes']} mixes by people have, and what virtual engineers do with the same tracks",
            fontsize=10,
        )
        figure.savefig(path, dpi=130)


def _draw_medians(figure: Figure, grid: GridSpecBase, classes: Mapping[str, Entry]) -> None:
    first: Axes | None = None
    for column, (key, title) in enumerate((*_RANGES, *_USES)):
        axes = figure.add_subplot(grid[0, column], sharey=first)
        for place, entry in enumerate(classes.values()):
            if key in entry:
                _draw_quartiles(axes, place, entry[key])
            else:
                _draw_rates(axes, place, entry["use"][key])
        axes.set_title(title, fontsize=8)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        if first is None:
            first = axes
            labels = [f"{name.replace('_', ' ')} ({entry['tracks']})" for name, entry in classes.items()]
            axes.set_yticks(range(len(classes)), labels)
            axes.set_ylim(len(classes) - 0.4, -0.6)
        else:
            axes.tick_params(axis="y", labelleft=False)
        if key in dict(_USES):
            axes.set_xlim(0, 100)


def _draw_quartiles(axes: Axes, place: int, entry: Entry) -> None:
    for side, style, offset in (("people", PEOPLE, -_OFFSET), ("virtual", VIRTUAL, _OFFSET)):
        if entry[side]:
            axes.plot([entry[side]["q25"], entry[side]["q75"]], [place + offset] * 2, **{**style, "marker": ""})
            axes.plot(entry[side]["median"], place + offset, **style)


def _draw_rates(axes: Axes, place: int, entry: Entry) -> None:
    axes.plot(100 * entry["people"], place - _OFFSET, **PEOPLE)
    axes.plot(100 * entry["virtual"], place + _OFFSET, **VIRTUAL)


def _draw_responses(figure: Figure, grid: GridSpecBase, classes: Mapping[str, Entry]) -> None:
    octaves = np.arange(len(OCTAVES))
    for place, (name, entry) in enumerate(classes.items()):
        axes = figure.add_subplot(grid[place // _COLUMNS, place % _COLUMNS])
        axes.axhline(0, color="0.85", linewidth=0.6)
        quartiles = {
            side: np.array(
                [[band[side].get(key, np.nan) for key in ("q25", "median", "q75")] for band in entry["eq_db"].values()]
            )
            for side in ("people", "virtual")
        }
        axes.fill_between(octaves, quartiles["people"][:, 0], quartiles["people"][:, 2], color="0.85", linewidth=0)
        axes.plot(octaves, quartiles["virtual"][:, 0], color="0.45", linewidth=0.8, linestyle="--")
        axes.plot(octaves, quartiles["virtual"][:, 2], color="0.45", linewidth=0.8, linestyle="--")
        axes.plot(octaves, quartiles["people"][:, 1], color="black", linewidth=1.4, label="people")
        axes.plot(octaves, quartiles["virtual"][:, 1], color="0.45", linewidth=1.4, linestyle="--", label="virtual")
        axes.set_title(name.replace("_", " "), fontsize=8)
        if place % _COLUMNS == 0:
            axes.set_ylabel("EQ where on, dB")
        axes.set_xticks(octaves[1::2], [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in OCTAVES[1::2]])
        axes.set_ylim(-7, 7)
    handles = [
        matplotlib.lines.Line2D([], [], label="people: median and quartiles", **PEOPLE),
        matplotlib.lines.Line2D([], [], label="virtual engineers: the same, dashed below", **VIRTUAL),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
