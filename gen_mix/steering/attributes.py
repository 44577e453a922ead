"""What words and references are about: attributes of the sound of a mix or of some of its tracks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from gen_mix.measurements import OCTAVES
from gen_mix.steering.alone import SHARES
from gen_mix.steering.estimate import Estimate

ALL = "all"


@dataclass(frozen=True)
class Heard:
    """Some mixes, heard in groups of tracks.

    Attributes:
        mix: What they measure track by track.
        weights: How much each track belongs to each group (groups, tracks), 0 to 1.
        is_all: 1 for groups that are the whole mix, with what its master does, else 0 (groups,).
    """

    mix: Estimate
    weights: Tensor
    is_all: Tensor

    @cached_property
    def power(self) -> Tensor:
        """Power of the dry sound per octave (batch, groups, octaves), of the whole mix behind the master's EQ."""
        return self.weights @ self.mix.power * self.mix.equalized ** self.is_all[:, None]

    @cached_property
    def level_db(self) -> Tensor:
        """K-weighted power of `power` in dB (batch, groups)."""
        return _decibels(self.power @ self.mix.sources.weighting)

    @cached_property
    def loudness(self) -> Tensor:
        """K-weighted power of the dry sound (batch, groups)."""
        return self.share("loudness")

    def share(self, name: str) -> Tensor:
        """Return a number of tracks, weighted by their loudness and added up (batch, groups)."""
        return self._sums[..., _SHARES.index(name)]

    @cached_property
    def _sums(self) -> Tensor:
        shares = torch.cat([self.mix.returned, self.mix.tracks["shares"]], dim=-1)
        return self.weights @ (self.mix.loudness[..., None] * pad(shares, (1, 0), value=1.0))


_SHARES = ("loudness", "reverb", "echo", *SHARES)

Reading = Callable[[Heard], Tensor]
"""From what is heard to values (batch, groups)."""


@dataclass(frozen=True)
class Attribute:
    """One thing one hears.

    Attributes:
        name: One word.
        unit: Of its values.
        spread: Standard deviation between mixes of a session, in `unit`: what a strength of 1 moves it by.
        estimate: See `Reading`.
        meaning: How it is measured, in words.
        of_groups: Whether single tracks have it; else it is one number for the whole mix.
        of_all: Whether the whole mix has it.
    """

    name: str
    unit: str
    spread: float
    estimate: Reading
    meaning: str
    of_groups: bool = True
    of_all: bool = True


def _decibels(power: Tensor) -> Tensor:
    return 10 * power.clamp_min(1e-9).log10()


def _band(octaves: tuple[int, ...]) -> Reading:
    is_in = [float(octave in octaves) for octave in OCTAVES]

    def level_db(heard: Heard) -> Tensor:
        return _decibels(heard.power @ heard.power.new_tensor(is_in)) - heard.level_db

    return level_db


def _width(heard: Heard) -> Tensor:
    wet, apart = heard.share("reverb"), heard.mix.room["apart"][..., 0]
    middle, sides = heard.share("mid") + wet * (1 - apart), heard.share("side") + wet * apart
    return _decibels(1e-3 + sides / middle)


def _position(heard: Heard) -> Tensor:
    some = 1e-2 * heard.loudness
    return _decibels((heard.share("right") + some) / (heard.share("left") + some))


def _density(heard: Heard) -> Tensor:
    mean = (heard.weights @ heard.mix.tracks["density_db"])[..., 0] / heard.weights.sum(-1)
    return mean + heard.is_all * heard.mix.master_reduction_db


def _level(heard: Heard) -> Tensor:
    rest = heard.mix.loudness.sum(-1, keepdim=True) - heard.loudness
    return _decibels(heard.loudness) - _decibels(rest)


def _returned(name: str) -> Reading:
    return lambda heard: _decibels(heard.share(name) / heard.loudness.clamp_min(1e-9))


def _punch(heard: Heard) -> Tensor:
    return heard.share("punch_db") / heard.loudness.clamp_min(1e-9)  # what is loud decides for a sum


def _reverberation(name: str) -> Reading:
    return lambda heard: heard.mix.room[name][..., 0].clamp_min(1e-3).log2().expand(-1, len(heard.weights))


_ATTRIBUTES = (
    Attribute("bass", "dB", 2.0, _band((31, 63, 125)), "power below 180 Hz at equal loudness"),
    Attribute("warmth", "dB", 1.6, _band((250, 500)), "power from 180 to 710 Hz at equal loudness"),
    Attribute("presence", "dB", 1.8, _band((2000, 4000)), "power from 1.4 to 5.7 kHz at equal loudness"),
    Attribute("brightness", "dB", 5.0, _band((8000, 16000)), "power above 5.7 kHz at equal loudness"),
    Attribute("width", "dB", 4.0, _width, "power of the sides over that of the middle"),
    Attribute("position", "dB", 3.0, _position, "power on the right over that on the left", of_all=False),
    Attribute("reverb", "dB", 7.0, _returned("reverb"), "power of the reverberation over that of the dry sound"),
    Attribute("echo", "dB", 10.0, _returned("echo"), "power of the echoes over that of the dry sound"),
    Attribute("density", "dB", 1.6, _density, "mean gain reduction"),
    Attribute("punch", "dB", 1.3, _punch, "how far peaks stand out of the body"),
    Attribute("level", "LU", 2.5, _level, "loudness of some tracks over the rest", of_all=False),
    Attribute("room", "octaves", 0.6, _reverberation("decay_s"), "length of the reverberation", of_groups=False),
    Attribute("air", "octaves", 0.35, _reverberation("damping_hz"), "its brightness", of_groups=False),
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
    weights = {row.group: row.weights for row in rows}
    is_all = torch.tensor([float(name == ALL) for name in weights])
    heard = Heard(estimate, torch.stack(list(weights.values())), is_all)
    names = list(dict.fromkeys(row.attribute for row in rows))
    table = torch.cat([ATTRIBUTES[name].estimate(heard) for name in names], dim=-1)
    places = [names.index(row.attribute) * len(weights) + list(weights).index(row.group) for row in rows]
    return table[:, places] / torch.tensor([ATTRIBUTES[row.attribute].spread for row in rows])
