"""Sampling when part of the answer is asked for: exactly, or within ends."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from samplers.bounds import Bounds
from samplers.noise import NoiseSource
from samplers.schedule import Schedule
from samplers.types import Denoise, OnStep, Sampler, keep

_FURTHEST = 3.5
"""How many standard deviations a noisy entry may be moved from 0; further out no denoiser has been."""


@dataclass(frozen=True)
class Around:
    """A sampler whose answer keeps within bounds, and whose free entries answer to them.

    Replacement, Song et al. (2021), https://arxiv.org/abs/2011.13456, appendix I.2: the denoiser's answer is put
    between the bounds, so a known entry walks straight from its noise to its value. The free entries would meet it
    only through that noise and hardly notice; two things make them agree.

    * Steps between `again_low` and `again_high` are walked several times with the noise put back between: Lugmayr et
      al. (2022), https://arxiv.org/abs/2201.09865, algorithm 1.
    * The denoiser is shown x + σ²w in the entries that are asked for, with w such that its own answer there is what
      is asked for. D(x + σ²w) is the denoiser of the data weighted by exp(w·x) (both sides are p(x₀) exp(-|x - x₀|²
      / 2σ² + w·x₀), normalized), and for Gaussian data the other entries' answer is then exactly their mean
      given that value. w is followed from one evaluation to the next by Newton's steps, at no evaluation more.

    The data are taken to have about unit variance, and are known to be within the bounds afterwards.

    Attributes:
        sampler: How to walk.
        bounds: What is asked for.
        resamplings: How often a step is walked, at least 1.
        again_low: Lowest level from which a step is walked again.
        again_high: Highest such level.

    Raises:
        ValueError: `resamplings` is below 1.
    """

    sampler: Sampler
    bounds: Bounds
    resamplings: int = 3
    again_low: float = 0.1
    again_high: float = 3.0

    def __post_init__(self) -> None:
        if self.resamplings < 1:
            raise ValueError(f"expected at least 1 resampling, got {self.resamplings}")

    @property
    def schedule(self) -> Schedule:
        """Noise levels that suit the sampler."""
        return self.sampler.schedule

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        asked = _Asked(denoise, self.bounds.to(x), torch.zeros_like(x))
        on_step = on_step or keep
        for step in range(len(sigmas) - 1):
            here, there = sigmas[step].item(), sigmas[step + 1].item()
            walks = self.resamplings if self.again_low <= here <= self.again_high else 1
            for again in range(walks):
                place = 2 * (step * self.resamplings + again) + 1  # one draw to go back, one for the sampler
                if again:
                    x = x + math.sqrt(here**2 - there**2) * noise(x, place)
                x = self.sampler(asked, x, sigmas[step : step + 2], _Later(noise, place))
            x = on_step(step, there, x)
        return self.bounds.into(x)


@dataclass
class _Asked:
    """The denoiser of one walk, answering within bounds.

    Attributes:
        weight: w, what the entries that are asked for are weighted by so far (batch, *).
    """

    denoise: Denoise
    bounds: Bounds
    weight: Tensor

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        level = float(sigma[0])
        variance = level**2 / (1 + level**2)
        reach = _FURTHEST * math.sqrt(1 + level**2)
        shown = torch.where(self.bounds.is_asked, (x + level**2 * self.weight).clamp(-reach, reach), x)
        weight = (shown - x) / level**2
        answer = self.denoise(shown, sigma)
        wanted = self.bounds.expected(answer - variance * weight, math.sqrt(variance))
        self.weight = torch.where(self.bounds.is_asked, weight + (wanted - answer) / variance, 0.0)
        return torch.where(self.bounds.is_asked, wanted, answer)


@dataclass(frozen=True)
class _Later:
    """A noise source at later places, so that no walk of a single step repeats the noise of another."""

    noise: NoiseSource
    by: int

    def __call__(self, like: Tensor, place: int) -> Tensor:
        return self.noise(like, place + self.by)
