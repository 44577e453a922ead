"""Mixes that wishes point at, as places in the model's space."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.sampling import Journey, Sampling, answer_once, sample_settings
from gen_mix.model.space import ModelSpace
from gen_mix.steering.orders import switches_of
from gen_mix.wishes import Example
from samplers import Around, Bounds, noisy_start

_MOST_SHIFT = 0.75
"""Length of the longest slope, in standard deviations per place: three quarters of how far a mix is from the usual."""

_FIRMNESS = 1.5
"""What slopes are multiplied by: so firm, a single liked mix draws the mean of the knobs rather more than half way."""


def encoded(example: Example, space: ModelSpace) -> Tensor:
    """Return a mix as x (1, 1 + tokens, width); an intent that is not known is 0, which is usual."""
    intent = [example.intent.get(name, math.nan) for name in space.intent]
    x = space.encode(example.parameters, torch.tensor([intent]))
    return torch.where(x.isnan(), 0.0, x)


def told_of(example: Example, space: ModelSpace) -> Tensor:
    """Return which places of x a mix tells, boolean (1, 1 + tokens, width): not the knobs of what is off."""
    mask = example.parameters.mask
    told = torch.zeros(1, 1 + mask.shape[1], space.width, dtype=torch.bool)
    told[:, 0, : len(space.intent)] = torch.tensor([name in example.intent for name in space.intent])
    told[:, 1:, : LAYOUT.width] = mask & ~_unheard(example.parameters)
    return told


def completed(
    example: Example, denoiser: Denoiser, space: ModelSpace, condition: MixCondition, how: Sampling
) -> Tensor:
    """Return a mix as x (1, 1 + tokens, width), with what it does not tell sampled as it would go with the rest.

    The file of a mix has nothing but defaults for what is off, and a mix that was made by hand has no intent. A
    walk that starts there starts from something no engineer does.

    Args:
        example: The mix.
        denoiser: The model.
        space: Between its values and knobs.
        condition: The session's tracks (batch 1), on the model's device.
        how: Steps, guidance and sampler.
    """
    x, told = encoded(example, space), told_of(example, space)
    bounds = Bounds.known(x, told)

    def fill(journey: Journey) -> Tensor:
        start = noisy_start(journey.blank, journey.sigmas[0].item(), journey.noise)
        return Around(bounds, 1)(journey.denoise, start, journey.sigmas, journey.noise)

    filled = sample_settings(denoiser, space, condition, [0], how, walk=fill)
    return torch.where(told, x, space.encode(filled.parameters, filled.intent))


def preference(
    liked: Sequence[Example],
    disliked: Sequence[Example],
    denoiser: Denoiser,
    space: ModelSpace,
    condition: MixCondition,
) -> Tensor | None:
    """Return what mixes are weighted by (1, 1 + tokens, width), or None if nobody said what they like.

    Liking is taken to be linear in x: the ridge regression of the ratings, 1 and -1, on the offsets X of the rated
    mixes from the usual mix is Xᵀ (X Xᵀ / d + I)⁻¹ r, d the number of places. Weighting by its exponential moves
    the mean of the mixes along it (`samplers.tilted`). The intent is not rated: a few numbers of it decide on the
    style of a whole mix, and leaning on them leaves hardly any but one style.

    Args:
        liked: Mixes of the session to come nearer to.
        disliked: Mixes to keep away from.
        denoiser: The model, whose answer to noise alone is the usual mix.
        space: Between its values and knobs.
        condition: The session's tracks (batch 1), on the model's device.
    """
    rated = [*liked, *disliked]
    if not rated:
        return None
    usual = answer_once(denoiser, space, condition)
    centre = space.encode(usual.parameters, usual.intent)
    is_rated = [told_of(one, space).index_fill(1, torch.tensor([0]), False) for one in rated]
    offsets = (
        torch.cat([(encoded(one, space) - centre) * told for one, told in zip(rated, is_rated, strict=True)])
        .flatten(1)
        .double()
    )
    places = int(is_rated[0].sum())
    ratings = torch.tensor([1.0] * len(liked) + [-1.0] * len(disliked), dtype=torch.float64)
    alike = offsets @ offsets.T / places + torch.eye(len(rated), dtype=torch.float64)
    slope = _FIRMNESS * offsets.T @ torch.linalg.solve(alike, ratings)
    longest = _MOST_SHIFT * math.sqrt(places)
    slope = slope * (longest / slope.norm().clamp_min(longest))
    return slope.reshape(centre.shape).to(centre)


def _unheard(parameters: MixParameters) -> Tensor:
    """Return where knobs mean nothing because their processor is off, boolean, of the shape of `parameters`."""
    unheard = torch.zeros_like(parameters.mask)
    for token in range(parameters.mask.shape[1]):
        for place in range(len(LAYOUT.specs(LAYOUT.kind(token)))):
            for _, switch in switches_of((token, place)):
                unheard[:, token, place] = parameters.normalized[:, token, switch] < 0.5
    return unheard
