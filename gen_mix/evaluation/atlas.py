"""The map of a session's mixes: near in sound is near on the map, and what was there stays where it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.evaluation.heard import HEARD

Array = NDArray[np.float64]

_JUST_NOTICEABLE = {"level_lu": 1.0, "pan": 0.15, "gain_reduction_db": 1.5, "reverb_db": 4.0, "delay_db": 4.0}
_INAUDIBLE_DB = -30.0  # a return this far below the dry sound is as good as none
_RESPONSE_DB = 2.5
_MOST_DIRECTIONS = 4
_CLEAREST = 0.45

_PAN = HEARD.index("pan")
_SIDE_WEIGHT = 0.25  # left and right exchanged, a mix sounds much the same
_RETURNS = [HEARD.index("reverb_db"), HEARD.index("delay_db")]
_RESPONSES = [place for place, name in enumerate(HEARD) if name.startswith("response_")]


@dataclass(frozen=True)
class Direction:
    """A word on the map and where it points.

    Attributes:
        word: What there is more of that way.
        opposite: What there is more of the other way.
        x, y: Correlation with the axes, -1 to 1.
    """

    word: str
    opposite: str
    x: float
    y: float


@dataclass(frozen=True)
class Atlas:
    """Axes that were fixed once, from many samples of the model.

    Attributes:
        mean: Of the features (features,).
        axes: Unit vectors (2, features).
        scale: What one unit of the map is along each axis (2,): most samples lie within ±1.
        background: Where the samples are (samples, 2).
        seeds: Of the samples.
        directions: Words, the clearest first.
    """

    mean: Array
    axes: Array
    scale: Array
    background: Array
    seeds: tuple[int, ...]
    directions: tuple[Direction, ...]

    def place(self, heard: Tensor) -> Array:
        """Return where mixes are (mixes, 2), from what is heard of them (mixes, tracks, len(HEARD))."""
        return (features_of(heard) - self.mean) @ self.axes.T / self.scale


def features_of(heard: Tensor) -> Array:
    """Return what is heard of mixes in one vector each (mixes, features), every number in just noticeable steps."""
    steps = [_RESPONSE_DB if place in _RESPONSES else _JUST_NOTICEABLE[name] for place, name in enumerate(HEARD)]
    weights = 1 / torch.tensor(steps, dtype=torch.float64)
    weights[_RESPONSES] /= len(_RESPONSES) ** 0.5  # nine numbers that say one thing: the tone
    audible = heard.double().clone()
    audible[..., _RETURNS] = audible[..., _RETURNS].clamp_min(_INAUDIBLE_DB)
    side = audible[..., _PAN : _PAN + 1] * _SIDE_WEIGHT
    audible[..., _PAN].abs_()
    return np.asarray(
        torch.cat([audible, side], dim=-1).mul(torch.cat([weights, weights[_PAN : _PAN + 1]])).flatten(1).numpy()
    )


def draw_atlas(heard: Tensor, seeds: Sequence[int], track_names: Sequence[str]) -> Atlas:
    """Return the map on which samples of a session spread most: their first two principal components.

    Args:
        heard: Of the samples (samples, tracks, len(HEARD)).
        seeds: Of the samples.
        track_names: Of the session, for the words.
    """
    features = features_of(heard)
    mean = features.mean(0)
    _, _, components = np.linalg.svd(features - mean, full_matrices=False)
    axes = components[:2]
    axes = axes * np.where(np.abs(axes).max(1) == axes.max(1), 1.0, -1.0)[:, None]  # SVD leaves the sign open
    places = (features - mean) @ axes.T
    scale = np.maximum(np.quantile(np.abs(places), 0.95, axis=0), 1e-9)
    background = places / scale
    return Atlas(mean, axes, scale, background, tuple(seeds), _directions(heard, background, track_names))


def _directions(heard: Tensor, places: Array, track_names: Sequence[str]) -> tuple[Direction, ...]:
    found = []
    for word, opposite, values in _words(heard, track_names):
        if values.std() < 1e-6:
            continue
        x, y = (float(np.corrcoef(values, places[:, axis])[0, 1]) for axis in (0, 1))
        found.append(Direction(word, opposite, x, y))
    found.sort(key=lambda direction: -(direction.x**2 + direction.y**2))
    chosen: list[Direction] = []
    for direction in found:
        is_clear = direction.x**2 + direction.y**2 > _CLEAREST**2
        if is_clear and len(chosen) < _MOST_DIRECTIONS and not any(_overlap(direction, other) for other in chosen):
            chosen.append(direction)
    return tuple(chosen)


def _overlap(first: Direction, second: Direction) -> bool:
    """Return whether two words point almost the same way, or exactly apart, so that one says enough."""
    lengths = np.hypot(first.x, first.y) * np.hypot(second.x, second.y)
    return bool(abs(first.x * second.x + first.y * second.y) / lengths > np.cos(np.radians(33)))


def _words(heard: Tensor, track_names: Sequence[str]) -> list[tuple[str, str, Array]]:
    """Return words with the number of each sample that they name."""
    column = {name: heard[..., place].double().numpy() for place, name in enumerate(HEARD)}
    for name in ("reverb_db", "delay_db"):
        column[name] = np.maximum(column[name], _INAUDIBLE_DB)
    low, high = (column[f"response_{hertz}_db"] for hertz in (125, 8000))
    overall = [
        ("wider", "narrower", np.abs(column["pan"]).mean(1)),
        ("more reverb", "drier", column["reverb_db"].mean(1)),
        ("more echo", "less echo", column["delay_db"].mean(1)),
        ("more compressed", "more dynamic", column["gain_reduction_db"].mean(1)),
        ("brighter", "darker", (high - low).mean(1)),
    ]
    levels = column["level_lu"]
    return overall + [(f"{name} up", f"{name} down", levels[:, place]) for place, name in enumerate(track_names)]


def atlas_to_json(atlas: Atlas) -> dict[str, Any]:
    """Return the map as plain values."""
    return {
        "features": len(HEARD),
        "mean": atlas.mean.tolist(),
        "axes": atlas.axes.tolist(),
        "scale": atlas.scale.tolist(),
        "background": np.round(atlas.background, 4).tolist(),
        "seeds": list(atlas.seeds),
        "directions": [[d.word, d.opposite, round(d.x, 3), round(d.y, 3)] for d in atlas.directions],
    }


def atlas_from_json(stored: dict[str, Any]) -> Atlas:
    """Return what `atlas_to_json` made plain.

    Raises:
        ValueError, KeyError, TypeError: It is something else, or made for other features.
    """
    if stored["features"] != len(HEARD):
        raise ValueError("made for other features")
    mean, axes, scale, background = (
        np.array(stored[key], dtype=np.float64) for key in ("mean", "axes", "scale", "background")
    )
    directions = tuple(Direction(str(w), str(o), float(x), float(y)) for w, o, x, y in stored["directions"])
    seeds = tuple(int(seed) for seed in stored["seeds"])
    return Atlas(mean, axes, scale, background, seeds, directions)
