"""Sampling when part of the answer is asked for: exactly, or within ends."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from samplers.bounds import Bounds
from samplers.gauss import between, onward
from samplers.noise import NoiseSource
from samplers.schedule import Schedule, karras_sigmas
from samplers.types import Denoise, OnStep, batch_level, keep

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

    The steps are those of `Gauss`, but for those that are walked again: noise that was put back is not what the level
    before was answered for, so they are of first order. The data are taken to have about unit variance, and are known
    to be within the bounds afterwards.

    Attributes:
        bounds: What is asked for.
        resamplings: How often a step is walked, at least 1.
        again_low: Lowest level from which a step is walked again.
        again_high: Highest such level.
        schedule: Noise levels that suit the sampler.

    Raises:
        ValueError: `resamplings` is below 1.
    """

    bounds: Bounds
    resamplings: int = 2
    again_low: float = 0.5
    again_high: float = 3.0
    schedule: Schedule = karras_sigmas

    def __post_init__(self) -> None:
        if self.resamplings < 1:
            raise ValueError(f"expected at least 1 resampling, got {self.resamplings}")

    def __call__(
        self, denoise: Denoise, x: Tensor, sigmas: Tensor, noise: NoiseSource, on_step: OnStep | None = None
    ) -> Tensor:
        """Return the value that `x` (batch, *) becomes; see `Sampler`."""
        asked = _Asked(denoise, self.bounds.to(x), torch.zeros_like(x))
        on_step = on_step or keep
        before, above = torch.zeros_like(x), math.inf
        for step, (here, there) in enumerate(pairwise(sigmas.tolist())):
            clean = asked(x, batch_level(x, here))
            ahead = between(clean, here, before, above, there)
            for again in range(1, self._walks(here)):
                back = math.sqrt(here**2 - there**2) * noise(x, 1 + step * self.resamplings + again)
                x = onward(x, ahead, here, there) + back
                ahead = clean = asked(x, batch_level(x, here))
            x = on_step(step, there, onward(x, ahead, here, there))
            before, above = clean, here
        return self.bounds.into(x)

    def _walks(self, level: float) -> int:
        return self.resamplings if self.again_low <= level <= self.again_high else 1


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
