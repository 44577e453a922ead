"""Guidance to goals: each sample is led to where a measurement of its clean value is within limits."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from samplers.tangent import Measure, Tangent, least_change, tangent_by_rows
from samplers.types import Denoise

_FURTHEST = 2.0
"""How many standard deviations an entry may be moved at once; further out no denoiser has been."""


@dataclass(frozen=True)
class Limits:
    """Between which ends some measurements (rows,) are to be.

    Attributes:
        low, high: Ends; infinite where there is none, equal where one value is asked for.
        slack: How far each may miss, standard deviation, above 0.
        share: Which share of the way to them is gone, above 0 to 1.

    Raises:
        ValueError: The lengths differ, an end is above the other, or slack or share is out of range.
    """

    low: Tensor
    high: Tensor
    slack: Tensor
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self.low.shape == self.high.shape == self.slack.shape or self.low.ndim != 1:
            raise ValueError(
                "expected low, high and slack (rows,), got "
                f"{tuple(self.low.shape)}, {tuple(self.high.shape)} and {tuple(self.slack.shape)}"
            )
        if not bool((self.low <= self.high).all() and (self.slack > 0).all()):
            raise ValueError("expected low ends at most the high ones, and slack above 0")
        if not 0 < self.share <= 1:
            raise ValueError(f"expected a share above 0 to 1, got {self.share}")


@dataclass(frozen=True)
class Guidance:
    """Where on the way samples are led.

    Attributes:
        first: Noise level below which they are; above, what they measure is not yet decided.
        refresh: Factor between levels at which measurement and derivative are taken anew, above 1.
    """

    first: float = 0.5
    refresh: float = 3.0


def limited(
    denoise: Denoise, measure: Measure, limits: Limits, free: Tensor | None = None, how: Guidance | None = None
) -> Denoise:
    """Return the denoiser of data of which `measure` is within `limits`, for one walk.

    With J the derivative of the measurements at the denoiser's answer D, r what is missing to the nearest end, and v =
    σ² / (1 + σ²) the variance that is left of data of unit variance, the answer becomes D + Jᵀ (J Jᵀ + S)⁻¹ r with
    S = τ² / v: for Gaussian data and a linear measurement the expected value once it was measured to be at the end with
    an error of τ (as in pseudoinverse-guided diffusion, Song et al. 2023, https://openreview.net/forum?id=9_gsMA8MRKQ).
    It is the shortest change that does it, so what need not move stays. Rows within their ends ask nothing. A share w
    below 1 is an error as large as what is still open where guidance begins allows: τ² = v₁ J Jᵀ (1 - w) / w.

    Only `measure` is differentiated, not the network, and that where the level has fallen by a factor. The denoiser
    remembers where it was last, so there is one for each walk.

    Args:
        denoise: The denoiser of the data as they are.
        measure: See `Measure`.
        limits: What is wanted.
        free: Boolean, broadcasting with x: which entries may be moved for it; all by default.
        how: See `Guidance`.
    """
    return _Limited(denoise, measure, limits, free, how or Guidance())


def settled(x: Tensor, measure: Measure, limits: Limits, free: Tensor | None = None, rounds: int = 4) -> Tensor:
    """Return the end of a walk, x (batch, *), moved the shortest way to where it is within `limits`.

    Newton's steps, for what the straight lines of the walk left over; none where everything is within its ends.

    Args:
        x: Clean values.
        measure: See `Measure`.
        limits: What is wanted; its share is not looked at.
        free: See `limited`.
        rounds: Most steps, each one measurement and, where something is missing, its derivative.
    """

    def is_outside(value: Tensor) -> bool:
        return bool((_missing(value, limits).abs() > limits.slack.to(value)).any())

    for _ in range(rounds):
        tangent = tangent_by_rows(measure, x, 0.0, is_outside)
        if not is_outside(tangent.value):
            return x
        missing, jacobian = _asked(tangent, x, limits, free)
        change = least_change(jacobian, missing, limits.slack.to(missing).square()).clamp(-_FURTHEST, _FURTHEST)
        x = x + change.reshape(x.shape)
    return x


def _missing(value: Tensor, limits: Limits) -> Tensor:
    """Return what measurements (batch, rows) miss to the nearest end."""
    return value.clamp(limits.low.to(value), limits.high.to(value)) - value


def _asked(tangent: Tangent, clean: Tensor, limits: Limits, free: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return what is missing (batch, rows), and the slopes (batch, rows, entries) of those rows that ask for it."""
    missing = _missing(tangent.at(clean), limits)
    jacobian = tangent.jacobian * (missing != 0)[..., None]
    if free is not None:
        jacobian = jacobian * free.to(jacobian).expand_as(clean).flatten(1)[:, None]
    return missing, jacobian


@dataclass
class _Limited:
    """The denoiser of one walk."""

    denoise: Denoise
    measure: Measure
    limits: Limits
    free: Tensor | None
    how: Guidance
    tangent: Tangent | None = field(default=None)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        clean = self.denoise(x, sigma)
        level = float(sigma[0])
        if level > self.how.first:
            return clean
        if self.tangent is None or not self.tangent.serves(level, self.how.refresh):
            self.tangent = tangent_by_rows(self.measure, clean, level)
        missing, jacobian = _asked(self.tangent, clean, self.limits, self.free)
        slack = self.limits.slack.to(missing)
        open_variance = jacobian.square().sum(-1) * _variance(self.how.first) * (1 - self.limits.share)
        allowed = torch.maximum(slack.square(), open_variance / self.limits.share) / _variance(level)
        change = least_change(jacobian, missing, allowed).clamp(-_FURTHEST, _FURTHEST)
        return clean + change.reshape(clean.shape)


def _variance(level: float) -> float:
    """Return what is left at a noise level of the variance of data of unit variance."""
    return 1.0 if math.isinf(level) else level**2 / (1 + level**2)
