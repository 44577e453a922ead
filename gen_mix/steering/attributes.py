"""What words and references are about: attributes of the sound of a mix or of some of its tracks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.measurements import OCTAVES
from gen_mix.steering.estimate import Estimate

Weights = Tensor
"""How much each track belongs to a group (tracks,), 0 to 1."""

ALL = "all"


@dataclass(frozen=True)
class Attribute:
    """One thing one hears.

    Attributes:
        name: One word.
        unit: Of its values.
        spread: Standard deviation between mixes of a session, in `unit`: what a strength of 1 moves it by.
        estimate: From an `Estimate` and a group to values (batch,).
        meaning: How it is measured, in words.
        of_groups: Whether single tracks have it; else it is one number for the whole mix.
        of_all: Whether the whole mix has it.
    """

    name: str
    unit: str
    spread: float
    estimate: Callable[[Estimate, Weights, bool], Tensor]
    meaning: str
    of_groups: bool = True
    of_all: bool = True


def _decibels(power: Tensor) -> Tensor:
    return 10 * power.clamp_min(1e-9).log10()


def _band(octaves: tuple[int, ...]) -> Callable[[Estimate, Weights, bool], Tensor]:
    places = [OCTAVES.index(octave) for octave in octaves]

    def level_db(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
        power = (weights[:, None] * mix.power).sum(-2)
        if is_all:
            power = power * 10 ** (mix.master_db / 10)
        return _decibels(power[:, places].sum(-1)) - _decibels((power * mix.sources.weighting).sum(-1))

    return level_db


def _sides(mix: Estimate, weights: Weights) -> tuple[Tensor, Tensor]:
    """Return the power of middle and sides (batch,), reverberation included."""
    dry = weights * mix.loudness
    wet = (dry * 10 ** (mix.reverb_db / 10)).sum(-1)
    apart = torch.sin(mix.buses["reverb"].get("width")[:, 0] * (math.pi / 4)).square()
    middle = (dry * mix.placed["mid"]).sum(-1) + wet * (1 - apart)
    return middle, (dry * mix.placed["side"]).sum(-1) + wet * apart


def _width(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
    middle, sides = _sides(mix, weights)
    return _decibels(sides + 1e-3 * middle) - _decibels(middle)


def _position(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
    dry = weights * mix.loudness
    left, right = ((dry * mix.placed[side]).sum(-1) for side in ("left", "right"))
    some = 1e-2 * dry.sum(-1)
    return _decibels(right + some) - _decibels(left + some)


def _return(name: str) -> Callable[[Estimate, Weights, bool], Tensor]:
    def level_db(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
        dry = weights * mix.loudness
        wet = (dry * 10 ** (getattr(mix, name) / 10)).sum(-1)
        return _decibels(wet / dry.sum(-1).clamp_min(1e-9))

    return level_db


def _density(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
    mean = (weights * mix.density_db).sum(-1) / weights.sum()
    return mean + mix.master_reduction_db if is_all else mean


def _punch(mix: Estimate, weights: Tensor, is_all: bool) -> Tensor:
    share = weights * mix.loudness  # what is loud decides how far the peaks of a sum stand out
    return (share * mix.punch_db).sum(-1) / share.sum(-1).clamp_min(1e-9)


def _level(mix: Estimate, weights: Weights, is_all: bool) -> Tensor:
    share = weights * mix.loudness
    rest = mix.loudness.sum(-1) - share.sum(-1)
    return _decibels(share.sum(-1)) - _decibels(rest)


def _bus(bus: str, knob: str) -> Callable[[Estimate, Weights, bool], Tensor]:
    return lambda mix, weights, is_all: mix.buses[bus].get(knob)[:, 0].clamp_min(1e-3).log2()


_ATTRIBUTES = (
    Attribute("bass", "dB", 2.0, _band((31, 63, 125)), "power below 180 Hz at equal loudness"),
    Attribute("warmth", "dB", 1.6, _band((250, 500)), "power from 180 to 710 Hz at equal loudness"),
    Attribute("presence", "dB", 1.8, _band((2000, 4000)), "power from 1.4 to 5.7 kHz at equal loudness"),
    Attribute("brightness", "dB", 5.0, _band((8000, 16000)), "power above 5.7 kHz at equal loudness"),
    Attribute("width", "dB", 4.0, _width, "power of the sides over that of the middle"),
    Attribute("position", "dB", 3.0, _position, "power on the right over that on the left", of_all=False),
    Attribute("reverb", "dB", 7.0, _return("reverb_db"), "power of the reverberation over that of the dry sound"),
    Attribute("echo", "dB", 10.0, _return("echo_db"), "power of the echoes over that of the dry sound"),
    Attribute("density", "dB", 1.6, _density, "mean gain reduction"),
    Attribute("punch", "dB", 1.3, _punch, "how far peaks stand out of the body"),
    Attribute("level", "LU", 2.5, _level, "loudness of some tracks over the rest", of_all=False),
    Attribute("room", "octaves", 0.6, _bus("reverb", "decay_s"), "length of the reverberation", of_groups=False),
    Attribute("air", "octaves", 0.35, _bus("reverb", "damping_hz"), "its brightness", of_groups=False),
)

ATTRIBUTES = {one.name: one for one in _ATTRIBUTES}
"""All attributes by name."""


@dataclass(frozen=True)
class Row:
    """One attribute of one group.

    Attributes:
        attribute: A name of `ATTRIBUTES`.
        group: A name of `gen_mix.steering.cast.GROUPS`.
        weights: How much each track belongs to it (tracks,).
    """

    attribute: str
    group: str
    weights: Tensor


def measured(estimate: Estimate, rows: Sequence[Row]) -> Tensor:
    """Return the attributes of some mixes, in spreads (batch, rows)."""
    values = []
    for row in rows:
        one = ATTRIBUTES[row.attribute]
        values.append(one.estimate(estimate, row.weights, row.group == ALL) / one.spread)
    return torch.stack(values, dim=-1)
