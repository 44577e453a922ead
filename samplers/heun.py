"""The sampler of Karras et al.: Heun's method with optional churn."""

import math
from dataclasses import dataclass

from torch import Tensor

from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep


@dataclass(frozen=True)
class Heun:
    """Second order in the step size, at two evaluations a step (one for the last).

    Algorithm 2 of Karras et al. (2022), https://arxiv.org/abs/2206.00364; without churn, Algorithm 1.

    Attributes:
        churn: S_churn, how much fresh noise a whole walk adds; 0 is deterministic.
        churn_low: S_tmin, no noise is added below this level.
        churn_high: S_tmax, no noise is added above this level.
        churn_scale: S_noise, standard deviation of the added noise.
        schedule: Noise levels that suit the sampler.
    """

    churn: float = 0.0
    churn_low: float = 0.0
    churn_high: float = math.inf
    churn_scale: float = 1.0
    schedule: Schedule = karras_sigmas

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        steps = len(sigmas) - 1
        on_step = on_step or keep
        for step in range(steps):
            here, there = sigmas[step].item(), sigmas[step + 1].item()
            raised = here * (1 + self._gamma(here, steps))
            if raised > here:
                x = x + math.sqrt(raised**2 - here**2) * self.churn_scale * noise(x, step + 1)
            x = on_step(step, there, _heun_step(denoise, x, raised, there))
        return x

    def _gamma(self, sigma: float, steps: int) -> float:
        """Return γ_i, by how much of itself the level is raised before the step."""
        if not self.churn_low <= sigma <= self.churn_high:
            return 0.0
        return min(self.churn / steps, math.sqrt(2) - 1)


def _heun_step(denoise: Denoise, x: Tensor, here: float, there: float) -> Tensor:
    clean = denoise(x, batch_level(x, here))
    if there == 0:  # the slope is undefined at σ = 0, and Euler's step ends at the clean value
        return clean
    slope = (x - clean) / here
    guess = x + (there - here) * slope
    slope_there = (guess - denoise(guess, batch_level(x, there))) / there
    return x + (there - here) * (slope + slope_there) / 2
