"""Noise levels: where a sampler looks."""

from collections.abc import Callable

import torch
from torch import Tensor

Schedule = Callable[[int, float, float], Tensor]
"""From the number of steps, the lowest level above zero and the highest to levels (steps + 1,)."""


def karras_sigmas(steps: int, low: float, high: float, rho: float = 7.0) -> Tensor:
    """Return decreasing noise levels that crowd towards `low`.

    Eq. (5) of Karras et al. (2022), https://arxiv.org/abs/2206.00364.

    Args:
        steps: Number of sampling steps, at least 1; a single step goes from `high` to 0.
        low: Last level above zero, σ_min > 0.
        high: First level, σ_max >= low.
        rho: Exponent ρ; larger crowds more levels near `low`.

    Returns:
        Levels in float64, (steps + 1,); the last is 0.

    Raises:
        ValueError: `steps`, `low` or `high` is out of range.
    """
    _check(steps, low, high)
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
    levels = (high ** (1 / rho) + ramp * (low ** (1 / rho) - high ** (1 / rho))) ** rho
    return torch.cat([levels, levels.new_zeros(1)])


def flow_sigmas(steps: int, low: float, high: float) -> Tensor:
    """Return decreasing noise levels that are evenly spaced in the time of a straight flow.

    The flow x_s = (1 - s) clean + s noise has the signal-to-noise ratio of σ = s / (1 - s); see Lipman et
    al. (2023), https://arxiv.org/abs/2210.02747.

    Args:
        steps: Number of sampling steps, at least 1; a single step goes from `high` to 0.
        low: Last level above zero, > 0.
        high: First level, at least `low`.

    Returns:
        Levels in float64, (steps + 1,); the last is 0.

    Raises:
        ValueError: `steps`, `low` or `high` is out of range.
    """
    _check(steps, low, high)
    times = torch.linspace(high / (1 + high), low / (1 + low), steps, dtype=torch.float64)
    sigmas = times / (1 - times)
    return torch.cat([sigmas, sigmas.new_zeros(1)])


def _check(steps: int, low: float, high: float) -> None:
    if steps < 1:
        raise ValueError(f"expected at least 1 sampling step, got {steps}")
    if not 0 < low <= high:
        raise ValueError(f"expected noise levels 0 < low <= high, got low {low}, high {high}")
