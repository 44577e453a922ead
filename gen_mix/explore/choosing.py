"""New settings for a session: from nothing, or from a mix that is partly kept."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.explore.between import between
from gen_mix.explore.studio import Studio
from gen_mix.mix import MixParameters
from gen_mix.pipeline import Choice


@dataclass(frozen=True)
class Wish:
    """What a new mix is to be.

    Attributes:
        base: The mix it starts from, or None.
        strength: How far it may go from there, 0 to 1.
        locked: Which knobs of `base` stay (tokens, width), tracks in the order of the session.
    """

    base: MixParameters | None = None
    strength: float = 1.0
    locked: Tensor | None = None


def choose(studio: Studio, seed: int, wish: Wish) -> Choice:
    """Return the settings that `seed` stands for, as `wish` has them."""
    fresh = studio.pipeline.choose(studio.session, studio.condition, seed)
    if wish.base is None:
        return fresh
    moved = between([wish.base, fresh.parameters], [1 - wish.strength, wish.strength])
    if wish.locked is not None:
        kept = torch.where(wish.locked[None], wish.base.normalized, moved.normalized)
        moved = MixParameters(kept, moved.mask)
    return Choice(as_written(studio, moved), fresh.intent)


def as_written(studio: Studio, parameters: MixParameters) -> MixParameters:
    """Return parameters as they come back from a mix's file: what is heard is what is kept."""
    return studio.parameters(studio.settings(LAYOUT.canonical(parameters)))
