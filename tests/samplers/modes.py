"""Standardized data with modes on a line, where the right end of every walk is known: quantiles go to quantiles."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Modes:
    """A mixture of normal distributions of one number.

    Attributes:
        shares, means, stds: (modes,), float64; shares add up to 1.
    """

    shares: Tensor
    means: Tensor
    stds: Tensor

    @classmethod
    def standardized(cls, shares: list[float], means: list[float], stds: list[float]) -> "Modes":
        """Return the mixture, moved and scaled to mean 0 and variance 1."""
        share, mean, std = (torch.tensor(one, dtype=torch.float64) for one in (shares, means, stds))
        centre = (share * mean).sum()
        scale = (share * (std**2 + (mean - centre) ** 2)).sum().sqrt()
        return cls(share, (mean - centre) / scale, std / scale)

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the expected clean value (batch,)."""
        variance = self.stds**2 + sigma[:, None] ** 2
        weights = torch.softmax(
            self.shares.log() - variance.log() / 2 - (x[:, None] - self.means) ** 2 / variance / 2, -1
        )
        return (weights * (self.means + self.stds**2 / variance * (x[:, None] - self.means))).sum(-1)

    def quantiles(self, levels: Tensor) -> Tensor:
        """Return the values below which these shares of the data are, by bisection."""
        low, high = torch.full_like(levels, -10), torch.full_like(levels, 10)
        for _ in range(60):
            middle = (low + high) / 2
            below = (self.shares * torch.special.ndtr((middle[:, None] - self.means) / self.stds)).sum(-1)
            low, high = torch.where(below < levels, middle, low), torch.where(below < levels, high, middle)
        return (low + high) / 2
