"""What is done to sampled settings before anything sounds."""

import math

import torch

from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters
from gen_mix.steering.amounts import with_amounts
from gen_mix.steering.orders import Orders, spec_of
from gen_mix.wishes import Amounts, Wishes


def finished(sampled: MixParameters, wishes: Wishes, orders: Orders) -> MixParameters:
    """Return what is rendered, canonical: with its amounts, moved, and within what is asked for to the last bit.

    Knobs that are not asked for keep their gradients; switches have none.

    Args:
        sampled: Knobs of some mixes, as the model gave them.
        wishes: As they were said.
        orders: What the wishes for settings come to.
    """
    start = wishes.start
    if start is not None and wishes.strength == 0:
        sampled = MixParameters(start.parameters.normalized.expand_as(sampled.normalized), sampled.mask)
    done = LAYOUT.canonical(sampled)
    if wishes.amounts != Amounts():
        done = with_amounts(done, wishes.amounts)
    moved = done.normalized.clone()
    for (token, place), step in orders.moves.items():
        spec = spec_of((token, place))
        value = spec.value(done.normalized[:, token, place].double()) + step
        moved[:, token, place] = spec.normalized(value).float()
    low, high = (torch.full_like(moved[0], end) for end in (-math.inf, math.inf))
    for (token, place), order in orders.knobs.items():
        low[token, place], high[token, place] = order.low, order.high
    return LAYOUT.canonical(MixParameters(moved.clamp(low, high), sampled.mask))
