"""How ratings are drawn: every one of them, and their mean with its interval."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gen_mix.listening.statistics import Mean

_INK, _SOFT, _ACCENT = "#23221f", "#b9b3a6", "#b4451f"


def draw_question(
    table: NDArray[np.float64], systems: Sequence[str], question: str, average: Sequence[Mean], path: Path
) -> None:
    """Draw ratings (listeners, songs, systems) as dots, a row per system, best on top, and write the figure."""
    order = sorted(range(len(systems)), key=lambda place: average[place].value)
    figure = Figure(figsize=(7.2, 1.3 + 0.55 * len(systems)), layout="constrained")
    axes = figure.add_subplot()
    jitter = np.random.default_rng(0)
    for row, place in enumerate(order):
        values = table[:, :, place].ravel()
        values = values[~np.isnan(values)]
        heights = row + jitter.uniform(-0.24, 0.24, values.size)
        axes.scatter(values, heights, s=9, color=_SOFT, linewidths=0, zorder=1)
        mean = average[place]
        axes.plot([mean.low, mean.high], [row, row], color=_ACCENT, linewidth=2.4, solid_capstyle="round", zorder=2)
        axes.plot([mean.value], [row], "o", color=_ACCENT, markersize=7, zorder=3)
        axes.annotate(
            f"{mean.value:.1f}", (mean.value, row), (0, 8), textcoords="offset points", ha="center", color=_INK
        )
    axes.set_yticks(range(len(systems)), [systems[place] for place in order])
    axes.set_ylim(-0.6, len(systems) - 0.3)
    axes.set_title(question, loc="left", fontsize=11, color=_INK)
    axes.set_xlabel("rating; dots are single ratings, bars 95 % intervals of the mean", color=_INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False, colors=_INK)
    figure.savefig(path, dpi=150)
