"""Sampling that starts from something: how far to go back, and going on from there."""

import math

from torch import Tensor

from samplers.noise import NoiseSource
from samplers.types import Denoise, OnStep, Sampler


def noisy_start(like: Tensor, sigma: float, noise: NoiseSource) -> Tensor:
    """Return x at level `sigma` that knows nothing: noise alone, with the shape of `like` (batch, *)."""
    return sigma * noise(like, 0)


def start_sigma(strength: float, low: float, high: float) -> float:
    """Return the level to start from so that the distance walked grows evenly with `strength`.

    For Gaussian data of unit variance the walk back from σ shrinks clean + σ n by √(1 + σ²), so its mean squared
    distance from the start is 2 (1 − 1/√(1 + σ²)), and 2 from infinity. The share of the distance is `strength` at
    σ = √(1 / (1 − strength²)² − 1).

    Args:
        strength: 0 to 1.
        low: Lowest level, for strength 0.
        high: Highest level, for strength 1.

    Raises:
        ValueError: `strength` is not between 0 and 1.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"expected a strength between 0 and 1, got {strength}")
    if strength == 1:
        return high
    return min(max(math.sqrt((1 - strength**2) ** -2 - 1), low), high)


def sample_from(
    clean: Tensor,
    strength: float,
    sampler: Sampler,
    denoise: Denoise,
    sigmas: Tensor,
    noise: NoiseSource,
    on_step: OnStep | None = None,
) -> Tensor:
    """Return a variation of `clean`: noise it to a level, then walk down again.

    Meng et al. (2022), https://arxiv.org/abs/2108.01073.

    Args:
        clean: What to start from (batch, *).
        strength: 0 returns `clean`, 1 forgets it: the result is that of noise alone.
        sampler: How to walk.
        denoise: The denoiser.
        sigmas: Levels of the whole walk (steps + 1,); the variation takes as many steps from its own level.
        noise: Where noise comes from.
        on_step: See `OnStep`.

    Raises:
        ValueError: `strength` is not between 0 and 1.
    """
    low, high = sigmas[-2].item(), sigmas[0].item()
    first = start_sigma(strength, low, high)
    if strength == 0:
        return clean
    start = noisy_start(clean, first, noise)
    if strength == 1:
        return sampler(denoise, start, sigmas, noise, on_step)
    return sampler(denoise, clean + start, sampler.schedule(len(sigmas) - 1, low, first), noise, on_step)
