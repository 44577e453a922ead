"""Uniform numbers that are called by name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import torch
from torch import Tensor


@dataclass(frozen=True)
class Dice:
    """All chance of a draw, rolled at once.

    What an engineer does is then a pure function of the tracks and of these numbers: tracks that change places
    together with their numbers change places in the mix.

    Attributes:
        counts: How many numbers each name has, in the order of the last axis.
        rolls: Between 0 and 1, neither included (*, sum of `counts`).
    """

    counts: Mapping[str, int]
    rolls: Tensor

    def uniform(self, name: str) -> Tensor:
        """Return the numbers called `name`, between 0 and 1: (*), or (*, count) if there are several."""
        return self._named(self.rolls, name)

    def normal(self, name: str) -> Tensor:
        """Return the numbers called `name` as standard normal ones."""
        return self._named(self._normals, name)

    @cached_property
    def _ends(self) -> dict[str, int]:
        return dict(zip(self.counts, accumulate(self.counts.values()), strict=True))

    @cached_property
    def _normals(self) -> Tensor:
        return math.sqrt(2) * torch.erfinv(2 * self.rolls - 1)

    def _named(self, numbers: Tensor, name: str) -> Tensor:
        end, count = self._ends[name], self.counts[name]
        return numbers[..., end - 1] if count == 1 else numbers[..., end - count : end]


def roll(counts: Mapping[str, int], shape: tuple[int, ...], generator: torch.Generator) -> Dice:
    """Return fresh numbers for `shape`; the first rows do not depend on how many rows follow."""
    rolls = torch.rand((*shape, sum(counts.values())), generator=generator, device=generator.device)
    return Dice(counts, rolls.clamp(1e-7, 1 - 1e-7))
