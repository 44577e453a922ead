"""The two things a network can be trained for: to denoise, or to give the one best answer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gen_mix.model.denoiser import SIGMA_HIGH, token_levels
from gen_mix.training.batches import Batch
from gen_mix.training.loss import sigma_weight, squared_error
from gen_mix.training.settings import DIFFUSION, REGRESSION


def denoising_error(model: nn.Module, batch: Batch, weights: Tensor) -> Tensor:
    """Return Σ λ(σ) w (D(x + σn; σ) − x)², a scalar; eq. (8) of Karras et al. (2022), https://arxiv.org/abs/2206.00364.

    Where the intent is told, it has no noise, and no error.
    """
    levels = token_levels(batch.sigma, batch.is_intent_told, batch.clean.shape[1])
    estimate = model(batch.clean + levels * batch.noise, batch.sigma, batch.condition, batch.is_intent_told)
    return (sigma_weight(batch.sigma) * squared_error(estimate, batch.clean, batch.mask, weights)).sum()


def regression_error(model: nn.Module, batch: Batch, weights: Tensor) -> Tensor:
    """Return Σ w (D(0; σ) − x)², a scalar: the supervised twin, whose best answer is the mean of all mixes.

    σ is the highest there is, so that the noisy value, which is 0, tells nothing.
    """
    sigma = torch.full_like(batch.sigma, SIGMA_HIGH)
    estimate = model(torch.zeros_like(batch.clean), sigma, batch.condition)
    return squared_error(estimate, batch.clean, batch.mask, weights).sum()


OBJECTIVES: dict[str, Callable[[nn.Module, Batch, Tensor], Tensor]] = {
    DIFFUSION: denoising_error,
    REGRESSION: regression_error,
}
"""By the name that `TrainingSettings.objective` has for it."""
