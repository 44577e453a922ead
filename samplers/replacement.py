"""Sampling when part of the answer is already known."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from samplers.noise import NoiseSource
from samplers.types import Denoise, OnStep, Sampler, keep


@dataclass(frozen=True)
class Known:
    """Entries of the clean value that are given.

    Attributes:
        clean: The given values (batch, *); read where `is_known` only.
        is_known: Boolean, same shape.

    Raises:
        ValueError: The shapes differ.
    """

    clean: Tensor
    is_known: Tensor

    def __post_init__(self) -> None:
        if self.clean.shape != self.is_known.shape:
            raise ValueError(f"expected equal shapes, got {tuple(self.clean.shape)} and {tuple(self.is_known.shape)}")

    def into(self, x: Tensor) -> Tensor:
        """Return x with the known entries in their places."""
        return torch.where(self.is_known, self.clean, x)

    def denoiser(self, denoise: Denoise) -> Denoise:
        """Return `denoise`, answering with the known values where they are known.

        The known entries of x then follow the straight path between their noise and their value, so at every
        level the other entries see them with the noise of that level, whatever the sampler.
        """
        return lambda x, sigma: self.into(denoise(x, sigma))


def sample_around(
    known: Known,
    sampler: Sampler,
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource,
    resamplings: int = 1,
    on_step: OnStep | None = None,
) -> Tensor:
    """Return what `x` becomes while the known entries stay what they are.

    Replacement, Song et al. (2021), https://arxiv.org/abs/2011.13456, appendix I.2. The unknown entries meet the
    known ones only through noise; walking every step several times, with the noise put back between,
    lets them agree: Lugmayr et al. (2022), https://arxiv.org/abs/2201.09865, algorithm 1.

    Args:
        known: What is given.
        sampler: How to walk.
        denoise: The denoiser.
        x: Noise (batch, *) at level ``sigmas[0]``.
        sigmas: Decreasing noise levels (steps + 1,).
        noise: Where fresh noise comes from.
        resamplings: How often every step is walked, at least 1.
        on_step: See `OnStep`.

    Raises:
        ValueError: `resamplings` is below 1.
    """
    if resamplings < 1:
        raise ValueError(f"expected at least 1 resampling, got {resamplings}")
    high = sigmas[0].item()
    x = torch.where(known.is_known, known.clean + x, x) if high > 0 else x
    locked = known.denoiser(denoise)
    if resamplings == 1:
        return known.into(sampler(locked, x, sigmas, noise, on_step))
    on_step = on_step or keep
    for step in range(len(sigmas) - 1):
        here, there = sigmas[step].item(), sigmas[step + 1].item()
        for again in range(resamplings):
            place = 2 * (step * resamplings + again) + 1  # one draw to go back, one for the sampler
            if again:
                x = x + math.sqrt(here**2 - there**2) * noise(x, place)
            x = sampler(locked, x, sigmas[step : step + 2], _Later(noise, place))
        x = on_step(step, there, x)
    return known.into(x)


@dataclass(frozen=True)
class _Later:
    """A noise source at later places, so that no walk of a single step repeats the noise of another."""

    noise: NoiseSource
    by: int

    def __call__(self, like: Tensor, place: int) -> Tensor:
        return self.noise(like, place + self.by)
