"""Euler's steps in the angle between data and noise."""

import math
from dataclasses import dataclass

from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class Angle:
    """First order in the step size, but without error where the data are standard normal.

    With σ = tan θ and z = x cos θ the probability-flow ODE is dz/dθ = (z cos θ - D(x)) / sin θ (TrigFlow, Lu and Song
    2024, https://arxiv.org/abs/2410.11081, for data of unit variance). For standard normal data its right side is 0 at
    every level, so steps pay only for what else the data are; deterministic.

    Attributes:
        schedule: Noise levels that suit the sampler.
    """

    schedule: Schedule = karras_sigmas

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        on_step = on_step or keep
        for step in range(len(sigmas) - 1):
            here, there = sigmas[step].item(), sigmas[step + 1].item()
            x = on_step(step, there, turned(x, denoise(x, batch_level(x, here)), here, there))
        return x


def turned(x: Tensor, clean: Tensor, here: float, there: float) -> Tensor:
    """Return x (batch, *) at the level `there`, from x at the level `here` and the denoiser's answer to it."""
    if there == 0:
        return clean
    angle, next_angle = math.atan(here), math.atan(there)
    slope = (x * math.cos(angle) ** 2 - clean) / math.sin(angle)
    return (x * math.cos(angle) + (next_angle - angle) * slope) / math.cos(next_angle)
