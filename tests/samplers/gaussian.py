"""Gaussian data: the one case in which the denoiser and the sampler's walk are known exactly."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """Independent entries with a mean and a standard deviation each.

    Attributes:
        mean, std: (entries,), float64.
    """

    mean: Tensor
    std: Tensor

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the expected clean value: both variances vote."""
        noise = sigma.reshape(-1, *[1] * (x.ndim - 1)) ** 2
        return (self.std**2 * x + noise * self.mean) / (self.std**2 + noise)

    def walked(self, x: Tensor, here: float, there: float) -> Tensor:
        """Return where the probability-flow ODE takes x from one level to another."""
        return self.mean + (x - self.mean) * ((self.std**2 + there**2) / (self.std**2 + here**2)).sqrt()


GAUSSIAN = Gaussian(
    torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), torch.tensor([0.3, 1.0, 2.0], dtype=torch.float64)
)


def start(batch: int, sigma: float) -> Tensor:
    """Return float64 noise (batch, 3) at a level."""
    return sigma * torch.randn(batch, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
