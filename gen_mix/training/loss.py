"""What a training step minimizes."""

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.training.settings import LossSettings

SIGMA_DATA = 1.0
"""Spread of what is diffused: the model's space is standardized."""


def place_weights(clean: Tensor, settings: LossSettings) -> Tensor:
    """Return how much each place of `clean` (batch, tokens, width) counts: (tokens, width)."""
    weights = torch.ones_like(clean[0])
    weights[0] = settings.intent_weight
    weights[1 : 1 + len(BUS_TOKENS)] = settings.bus_weight
    if settings.pan_weight != 1:
        weights[1 + len(BUS_TOKENS) :, LAYOUT.index(TRACK, "pan")] = settings.pan_weight
    return weights


def sigma_weight(sigma: Tensor) -> Tensor:
    """Return λ(σ) = (σ² + σ_data²) / (σ σ_data)² for `sigma` (batch,); table 1 of Karras et al. (2022).

    https://arxiv.org/abs/2206.00364. A denoiser that only knows that its data is standard normal has loss 1 at every σ.
    """
    return (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2


def squared_error(estimate: Tensor, clean: Tensor, mask: Tensor, weights: Tensor) -> Tensor:
    """Return each item's weighted sum of squared errors over used places.

    Args:
        estimate: (batch, tokens, width).
        clean: Same shape; anything, also NaN, where `mask` is false.
        mask: Boolean, same shape.
        weights: (tokens, width), from `place_weights`.

    Returns:
        (batch,).
    """
    error = torch.where(mask, estimate.float() - clean, 0.0)
    return (error**2 * weights).sum(dim=(1, 2))


def used_weight(mask: Tensor, weights: Tensor) -> Tensor:
    """Return the sum of `weights` (tokens, width) over the used places of a batch: a scalar in float64."""
    return (mask * weights).sum(dtype=torch.float64)


def draw_sigmas(items: int, settings: LossSettings, generator: torch.Generator) -> Tensor:
    """Return log-normal noise levels (items,)."""
    normal = torch.randn(items, generator=generator)
    return torch.exp(settings.log_sigma_mean + settings.log_sigma_sd * normal)
