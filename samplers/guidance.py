"""Classifier-free guidance by any number of conditions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from samplers.types import Denoise


@dataclass(frozen=True)
class Guide:
    """A condition that pulls.

    Attributes:
        denoise: The denoiser under this condition.
        weight: How strongly it counts; 1 as often as in the data, 0 not at all.
    """

    denoise: Denoise
    weight: float = 1.0


def guided(
    unconditional: Denoise, guides: Sequence[Guide], sigma_low: float = 0.0, sigma_high: float = math.inf
) -> Denoise:
    """Return the denoiser D₀ + Σ wᵢ (Dᵢ - D₀).

    Ho and Salimans (2022), https://arxiv.org/abs/2207.12598; composed as in Liu et al. (2022),
    https://arxiv.org/abs/2206.01714. Outside the interval of levels every condition with a weight counts
    once, as in Kynkäänniemi et al. (2024), https://arxiv.org/abs/2404.07724. A denoiser whose factor is 0 is not
    evaluated, so one guide of weight 1 gives exactly its own answer.

    Args:
        unconditional: D₀, the denoiser without conditions.
        guides: The conditions; at least one.
        sigma_low: Lowest level at which the weights hold.
        sigma_high: Highest level at which the weights hold.

    Raises:
        ValueError: There are no guides.
    """
    if not guides:
        raise ValueError("expected at least one guide, got none")

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        is_inside = bool(((sigma >= sigma_low) & (sigma <= sigma_high)).all())
        weights = [guide.weight if is_inside else float(guide.weight != 0) for guide in guides]
        terms = [(1 - sum(weights), unconditional)]
        terms += [(weight, guide.denoise) for weight, guide in zip(weights, guides, strict=True)]
        answers = [_scaled(factor, term(x, sigma)) for factor, term in terms if factor != 0]
        return answers[0] if len(answers) == 1 else torch.stack(answers).sum(0)

    return denoise


def tilted(denoise: Denoise, slope: Tensor) -> Denoise:
    """Return the denoiser of data weighted by exp(slope · x): their mean moves by `slope`, their spread stays.

    D(x + σ² slope), see `samplers.replacement`, to first order in the slope: D + s² slope with s² = σ² / (1 + σ²),
    the variance that is left of data of unit variance. That is exact for Gaussian data and asks the denoiser nothing
    it has not seen.

    Args:
        denoise: The denoiser of the data as they are.
        slope: (batch, *), or 1 for a batch with one slope.
    """

    def tilt(x: Tensor, sigma: Tensor) -> Tensor:
        level = sigma.reshape(-1, *[1] * (x.ndim - 1)).to(x)
        return denoise(x, sigma) + level**2 / (1 + level**2) * slope.to(x)

    return tilt


def _scaled(factor: float, answer: Tensor) -> Tensor:
    return answer if factor == 1 else factor * answer
