"""What part of the answer must be: exactly this, or within these ends."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

_NARROW = 1e-3  # in standard deviations; below, the mean of a truncated normal is that of its ends


@dataclass(frozen=True)
class Bounds:
    """Ends between which the entries of the clean value must be; where both are the same, the entry is known.

    Attributes:
        low: (batch, *), or 1 for a batch that has one wish; minus infinity where nothing is asked.
        high: The same shape; infinity where nothing is asked.

    Raises:
        ValueError: The shapes differ, or a low end is above its high end.
    """

    low: Tensor
    high: Tensor

    def __post_init__(self) -> None:
        if self.low.shape != self.high.shape:
            raise ValueError(f"expected equal shapes, got {tuple(self.low.shape)} and {tuple(self.high.shape)}")
        if not bool((self.low <= self.high).all()):
            raise ValueError("expected every low end to be at most its high end")

    @classmethod
    def known(cls, clean: Tensor, is_known: Tensor) -> "Bounds":
        """Return bounds that hold `clean` (batch, *) where `is_known`, and nothing elsewhere."""
        return cls(clean.masked_fill(~is_known, -math.inf), clean.masked_fill(~is_known, math.inf))

    @cached_property
    def is_asked(self) -> Tensor:
        """Where there is an end, boolean, of the shape of `low`."""
        return self.low.isfinite() | self.high.isfinite()

    def to(self, like: Tensor) -> "Bounds":
        """Return the same bounds with the type and device of `like`."""
        return Bounds(self.low.to(like), self.high.to(like))

    def into(self, x: Tensor) -> Tensor:
        """Return x with every entry moved between its ends; a known entry becomes its value to the last bit."""
        return x.clamp(self.low.to(x), self.high.to(x))

    def expected(self, mean: Tensor, std: float) -> Tensor:
        """Return the mean of a normal distribution once it is known to lie between the ends.

        μ + s (φ(α) − φ(β)) / (Φ(β) − Φ(α)) with α, β the ends in standard deviations; Johnson, Kotz and Balakrishnan
        (1994), Continuous Univariate Distributions, volume 1, section 13.10.1.

        Args:
            mean: μ (batch, *).
            std: s, above 0.
        """
        low, high = ((end.to(mean).double() - mean.double()) / std for end in (self.low, self.high))
        is_above = low > 0  # mirrored there, for the lower tail is the one that keeps its digits
        low, high = torch.where(is_above, -high, low), torch.where(is_above, -low, high)
        below_high = torch.special.log_ndtr(high)
        below_low = torch.minimum(torch.special.log_ndtr(low), below_high - 1e-12)
        inside = below_high + torch.log1p(-torch.exp(below_low - below_high))
        shift = torch.exp(_log_density(low) - inside) - torch.exp(_log_density(high) - inside)
        shift = torch.where(high - low < _NARROW, (low + high) / 2, shift)
        moved = mean + (std * torch.where(is_above, -shift, shift)).to(mean)
        return torch.where(self.is_asked.to(mean.device), self.into(moved), mean)


def _log_density(x: Tensor) -> Tensor:
    """Return the logarithm of the standard normal density; minus infinity at both ends."""
    return -x.square() / 2 - math.log(2 * math.pi) / 2
