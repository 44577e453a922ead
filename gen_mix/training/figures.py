"""Pictures of settings, to see at a glance what a model has learnt."""

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from gen_mix.console.layout import LAYOUT, TRACK
from gen_mix.mix import MixParameters


def settings_grid(engineers: MixParameters, model: MixParameters, title: str) -> Figure:
    """Return a picture of mixes of one session: engineers above, the model below.

    Each mix is a grid: a row per token, a column per knob, its colour the place of the knob.

    Args:
        engineers: Some engineers' mixes of the session; places not in use stay white.
        model: As many mixes by the model.
        title: Above the picture.
    """
    columns = len(engineers)
    figure = Figure(figsize=(4.2 * columns, 7), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for row, (name, mixes) in enumerate((("engineer", engineers), ("model", model))):
        for column, mix in enumerate(_shown(mixes)):
            axes = figure.add_subplot(2, columns, row * columns + column + 1)
            axes.imshow(mix.numpy(), vmin=0, vmax=1, cmap="viridis", aspect="auto", interpolation="nearest")
            axes.set_title(f"{name} {column + 1}", fontsize=9)
            axes.set_yticks(range(4), ["master", "reverb", "delay", "tracks"], fontsize=7)
            axes.set_xticks(*_knob_ticks(), rotation=90, fontsize=6)
    return figure


def _shown(mixes: MixParameters) -> Tensor:
    return LAYOUT.canonical(mixes).normalized.where(mixes.mask, torch.nan)


def _knob_ticks() -> tuple[list[int], list[str]]:
    """Return where on a track's row the processors begin, and their names."""
    names = [spec.name.rsplit(".", 1)[0] for spec in LAYOUT.specs(TRACK)]
    places = [place for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
    return places, [names[place] for place in places]
