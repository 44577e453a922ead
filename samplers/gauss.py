"""A multistep sampler for standardized data: without error where they are normal, or a point."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class Gauss:
    """Second order at one evaluation a step, with a step rule that is made for standardized data.

    From σ to τ the probability-flow ODE, eq. (1) of Karras et al. (2022), https://arxiv.org/abs/2206.00364, leads to

        x(τ) = τ/σ x(σ) + τ ∫ D(x(s), s) / s² ds  over s from τ to σ.

    What D does on the way is taken from its last two answers, as in DPM-Solver++(2M), Lu et al. (2022),
    https://arxiv.org/abs/2211.01095, but by the line through them in 1/√(1 + s²) instead of log s. For standard normal
    data D grows with just that, from D(∞) = 0, their mean; for a point mass it is constant: no step of any size has an
    error on the former, none but the first on the latter. Deterministic.

    Attributes:
        schedule: Noise levels that suit the sampler.
    """

    schedule: Schedule = karras_sigmas

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        on_step = on_step or keep
        before, above = torch.zeros_like(x), math.inf
        for step, (here, there) in enumerate(pairwise(sigmas.tolist())):
            clean = denoise(x, batch_level(x, here))
            x = on_step(step, there, onward(x, between(clean, here, before, above, there), here, there))
            before, above = clean, here
        return x


def between(clean: Tensor, here: float, before: Tensor, above: float, there: float) -> Tensor:
    """Return the constant answer that leads as far as those on the way do, weighted by 1 / s².

    Args:
        clean: The denoiser's answer (batch, *) at the level `here`.
        here: σ.
        before: Its answer (batch, *) one level up.
        above: That level.
        there: τ, the next level.
    """
    if there == 0:
        return clean
    share = there / here
    mean = (math.hypot(1, there) - share * math.hypot(1, here)) / (1 - share)  # of 1/√(1 + s²) on the way
    reached = (mean - 1 / math.hypot(1, here)) / (1 / math.hypot(1, above) - 1 / math.hypot(1, here))
    return clean + reached * (before - clean)


def onward(x: Tensor, clean: Tensor, here: float, there: float) -> Tensor:
    """Return x (batch, *) at the level `there`, on the straight way from `here` to a clean value."""
    share = there / here
    return share * x + (1 - share) * clean
