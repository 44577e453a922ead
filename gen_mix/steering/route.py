"""Where a walk through the model's space goes: bounds, a start, a slope, goals."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters
from gen_mix.model.sampling import Journey, Walk, intent_first, plain_walk
from gen_mix.model.space import ModelSpace
from gen_mix.steering.following import followed, reached
from gen_mix.steering.goals import Led
from gen_mix.steering.orders import Orders
from gen_mix.steering.sounds import Pull
from samplers import Around, Bounds, sample_from, tilted


@dataclass(frozen=True)
class Route:
    """Where a walk through the model's space goes.

    Attributes:
        bounds: What is asked of x (1, 1 + tokens, width), or None.
        start: x to start from (1, 1 + tokens, width), or None.
        strength: How far to go from it.
        slope: What mixes are weighted by (1, 1 + tokens, width), or None.
        pull: Where wishes for sound pull, or None.
        goals: What mixes are to measure, or None.
    """

    bounds: Bounds | None = None
    start: Tensor | None = None
    strength: float = 1.0
    slope: Tensor | None = None
    pull: Pull | None = None
    goals: Led | None = None

    @property
    def walk(self) -> Walk:
        """The way; with nothing asked for that of a plain sample, to the last bit."""
        asked = (self.bounds, self.start, self.slope, self.pull, self.goals)
        return plain_walk if all(one is None for one in asked) else self._walk

    def _walk(self, journey: Journey) -> Tensor:
        denoise = journey.denoise if self.slope is None else tilted(journey.denoise, self.slope)
        records = None if self.pull is None else self.pull.of_records
        denoise = denoise if records is None else records.pulled_early(denoise)
        if self.goals is not None:
            denoise = self.goals.guided(denoise, self._free)
        sampler = journey.sampler if self.bounds is None else Around(self.bounds)
        start, strength = (journey.blank, 1.0) if self.start is None else (self.start.to(journey.blank), self.strength)
        start = start.expand_as(journey.blank)
        if self.bounds is not None:
            start = self.bounds.into(start)
        x = sample_from(start, strength, sampler, denoise, journey.sigmas, journey.noise, journey.on_step)
        return x if self.goals is None else self.goals.settled(x, self._free)

    @property
    def whole_walk(self) -> Walk:
        """The way through intent and settings; its end is moved to where records and then words ask for."""
        whole = intent_first(self.walk)
        if self.pull is None:
            return whole
        records, words = self.pull.of_records, self.pull.of_words

        def go(journey: Journey) -> Tensor:
            x = whole(journey)
            x = x if records is None else reached(x, records, self._free)
            x = x if words is None else followed(x, words, journey.denoise_told or journey.denoise, self._free)
            x = x if self.bounds is None else self.bounds.into(x)
            return x if self.goals is None else self.goals.settled(x, self._free)

        return go

    @property
    def _free(self) -> Tensor | None:
        """Which entries of x goals may move: those that no wish holds."""
        return None if self.bounds is None else self.bounds.low != self.bounds.high


def bounds_of(orders: Orders, used: Tensor, space: ModelSpace) -> Bounds | None:
    """Return what orders ask of x, or None if they ask nothing.

    Args:
        orders: For the knobs of one session.
        used: Which places of x are in use (1, 1 + tokens, width), see `ModelSpace.mask`.
        space: The model's.
    """
    if not orders.knobs:
        return None
    mask = used[:, 1:, : LAYOUT.width]
    ends = []
    for end in ("low", "high"):
        free = -math.inf if end == "low" else math.inf
        normalized = torch.full(mask.shape, free)
        for (token, place), order in orders.knobs.items():
            normalized[0, token, place] = getattr(order, end)
        x = space.encode(MixParameters(normalized, mask), normalized.new_full((1, len(space.intent)), free))
        ends.append(x.masked_fill(~used, free))
    return Bounds(*ends)
