"""The report of an evaluation as a picture to read at a glance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, NullFormatter

from gen_mix.evaluation.tables import MODES, SYSTEMS, mode_text

_INK, _QUIET, _RULE = "#1c2430", "#7b8494", "#d9dde4"
_MODEL, _REFERENCE, _FLOOR = "#0b7f78", "#7f899a", "#1c2430"
_COLOURS = {"model": _MODEL, "model_with_labels": _MODEL, "engineers_again": _FLOOR, "twin": "#c8553d"}
_SHOWN_MODES = {
    "engineers_again": "engineers",
    "model_with_labels": "model,\nlabels",
    "model": "model,\naudio",
    "twin": "twin",
}
_TICKS = (1, 2, 3, 5, 10, 20, 50, 100)


def report_figure(report: Mapping[str, Any]) -> Figure:
    """Return one page: energy ratios of all systems, classifier, spread of the knobs, links and modes."""
    systems = [system for system in SYSTEMS if system in report]
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    figure = Figure(figsize=(13, 8.2), dpi=150, facecolor="white", layout=layout)
    grid = figure.add_gridspec(2, 4, width_ratios=[1.5, 0.95, 0.75, 0.95], height_ratios=[1.15, 1])
    draws = report["draws"]
    figure.suptitle(
        f"Is the variety the right variety?   {len(report['sessions'])} sessions, sets of {draws['samples']} mixes",
        x=0.012,
        ha="left",
        fontsize=15,
        fontweight="bold",
        color=_INK,
    )
    _energy_ratios(figure.add_subplot(grid[0, :3]), report, systems)
    _accuracies(figure.add_subplot(grid[0, 3]), report, systems)
    _spreads(figure.add_subplot(grid[1, :2]), report, systems)
    _modes(figure.add_subplot(grid[1, 2:]), report)
    return figure


def _energy_ratios(axes: Axes, report: Mapping[str, Any], systems: Sequence[str]) -> None:
    _prepare(axes, systems, "Energy ratio: 1 = cannot be told from other engineers", show_names=True)
    axes.set_xscale("log")
    for row, system in enumerate(systems):
        colour = _colour(system)
        sessions = [one["energy_ratio"][system] for one in report["sessions"]]
        axes.plot(
            sessions, _scatter(row, len(sessions)), "o", color=colour, alpha=0.22, markersize=4, markeredgewidth=0
        )
        low, high = report[system]["intervals"]["energy_ratio"]
        axes.plot([low, high], [row, row], color=colour, linewidth=3.5, solid_capstyle="round")
        value = report[system]["energy_ratio"]
        axes.plot(value, row, "o", color=colour, markersize=10, markeredgecolor="white", markeredgewidth=1.5)
        axes.annotate(
            f"{value:.2f}" if value < 10 else f"{value:.1f}",
            (value, row),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=10,
            fontweight="bold",
            color=colour,
        )
    axes.axvline(1, color=_FLOOR, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xticks([tick for tick in _TICKS if tick <= axes.get_xlim()[1]])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("energy ratio (log); pale dots: sessions; bars: 95 % over sessions", color=_QUIET, fontsize=9)


def _accuracies(axes: Axes, report: Mapping[str, Any], systems: Sequence[str]) -> None:
    _prepare(axes, systems, "Told apart by a classifier", show_names=False)
    for row, system in enumerate(systems):
        low, high = report[system]["intervals"]["two_sample_accuracy"]
        value = report[system]["two_sample_accuracy"]
        axes.plot([low, high], [row, row], color=_colour(system), linewidth=3.5, solid_capstyle="round")
        axes.plot(value, row, "o", color=_colour(system), markersize=8, markeredgecolor="white")
        axes.annotate(
            f"{100 * value:.0f} %",
            (value, row),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=_colour(system),
        )
    axes.axvline(0.5, color=_FLOOR, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlim(0.44, 1.03)
    axes.set_xticks([0.5, 0.75, 1.0], ["50 %\nchance", "75 %", "100 %"])
    axes.set_xlabel("tracks put on the right side", color=_QUIET, fontsize=9)


def _spreads(axes: Axes, report: Mapping[str, Any], systems: Sequence[str]) -> None:
    _prepare(axes, systems, "Spread of each knob over mixes of a session, re engineers", show_names=True)
    for row, system in enumerate(systems):
        ratios = np.clip(list(report[system]["spread_ratio"].values()), 0, 2)
        axes.plot(
            ratios, _scatter(row, len(ratios)), "o", color=_colour(system), alpha=0.3, markersize=4, markeredgewidth=0
        )
        median = float(np.median(ratios))
        axes.plot(
            [median, median], [row - 0.33, row + 0.33], color=_colour(system), linewidth=3, solid_capstyle="round"
        )
    axes.axvline(1, color=_FLOOR, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlim(-0.05, 2.05)
    axes.set_xticks([0, 0.5, 1, 1.5, 2], ["0\none answer", "0.5", "1\nas engineers", "1.5", "2 or more"])


def _modes(axes: Axes, report: Mapping[str, Any]) -> None:
    """Write a small table: what the classifier and the energy ratio hardly see."""
    axes.set_axis_off()
    axes.set_title("Links and modes", loc="left", fontsize=11, fontweight="bold", color=_INK)
    shown = [system for system in _SHOWN_MODES if system in report]
    columns = np.linspace(0.56, 0.98, len(shown))
    lines = np.linspace(0.86, 0.04, len(MODES))
    for x, system in zip(columns, shown, strict=True):
        axes.text(
            x,
            0.93,
            _SHOWN_MODES[system],
            ha="right",
            va="bottom",
            fontsize=9,
            fontweight="bold",
            color=_colour(system),
        )
    for y, (name, title) in zip(lines, MODES.items(), strict=True):
        axes.axhline(y + 0.05, color=_RULE, linewidth=0.8)
        axes.text(0, y, title, va="center", fontsize=9.5, color=_INK)
        for x, system in zip(columns, shown, strict=True):
            text = mode_text(name, report[system]["modes"].get(name))
            axes.text(x, y, text, ha="right", va="center", fontsize=9.5, color=_colour(system))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _prepare(axes: Axes, systems: Sequence[str], title: str, show_names: bool) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=_INK)
    axes.set_ylim(len(systems) - 0.5, -0.75)
    axes.set_yticks(range(len(systems)), [SYSTEMS[system] for system in systems] if show_names else [])
    axes.tick_params(axis="y", length=0, labelsize=10.5, labelcolor=_INK)
    axes.tick_params(axis="x", color=_RULE, labelsize=9, labelcolor=_QUIET, which="both")
    for label, system in zip(axes.get_yticklabels(), systems, strict=False):
        label.set_fontweight("bold" if _COLOURS.get(system) == _MODEL else "normal")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_RULE)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=_RULE, linewidth=0.6)


def _colour(system: str) -> str:
    return _COLOURS.get(system, _REFERENCE)


def _scatter(row: int, count: int) -> np.ndarray:
    """Return heights around a row, spread evenly but not in order of the values."""
    return row + 0.26 * (2 * (np.arange(count) * 0.618034 % 1) - 1)
