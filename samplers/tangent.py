"""Straight lines along measurements of clean values: what a small change of the value changes of what it measures."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Measure = Callable[[Tensor], Tensor]
"""From clean values (batch, *) to what they measure (batch, rows), differentiable, item by item."""

_STEP = 1e-6


@dataclass(frozen=True)
class Tangent:
    """Measurements near a place: value + J (clean - place).

    Attributes:
        level: Noise level at which it was taken.
        place: Clean value (batch, entries).
        value: What it measures (batch, rows).
        jacobian: J (batch, rows, entries).
    """

    level: float
    place: Tensor
    value: Tensor
    jacobian: Tensor

    def at(self, clean: Tensor) -> Tensor:
        """Return what `clean` (batch, *) measures on the line (batch, rows)."""
        return self.value + torch.einsum("brn,bn->br", self.jacobian, clean.flatten(1) - self.place)

    def turned(self, clean: Tensor, value: Tensor) -> "Tangent":
        """Return the line through what `clean` (batch, *) measures, `value` (batch, rows), and through the old place.

        Of all such lines it is the one whose J has changed least, J + (y - J s) sᵀ / sᵀs where y was gained on a way s:
        equation (4.5) of Broyden (1965), https://doi.org/10.1090/S0025-5718-1965-0198670-6.
        """
        way = clean.flatten(1) - self.place
        turn = (value - self.at(clean)) / way.square().sum(-1, keepdim=True).clamp_min(_STEP)
        return Tangent(self.level, clean.flatten(1), value, self.jacobian + turn[..., None] * way[:, None])

    def where(self, is_kept: Tensor, other: "Tangent") -> "Tangent":
        """Return this tangent for the items that `is_kept` (batch,) says, `other` for the rest."""
        parts = ((self.place, other.place), (self.value, other.value), (self.jacobian, other.jacobian))
        chosen = [torch.where(is_kept.reshape(-1, *[1] * (own.ndim - 1)), own, its) for own, its in parts]
        return Tangent(self.level, *chosen)

    def serves(self, level: float, refresh: float) -> bool:
        """Return whether `level` is within a factor of `refresh` of the level at which it was taken."""
        return 1 / refresh < level / self.level < refresh


Lines = Callable[[Tensor, float], Tangent]
"""From clean values (batch, *) and a noise level to the tangent there."""


def tangent_of(measure: Measure, rows: int, clean: Tensor, level: float) -> Tangent:
    """Return the tangent of `rows` measurements at `clean` (batch, *), all at once: for measures of plain formulas."""
    with torch.enable_grad():
        # A copy for each row: one backward pass then has every row's own derivative.
        place = clean.detach().repeat_interleave(rows, dim=0).requires_grad_()
        value = measure(place)
        which = torch.eye(rows, dtype=value.dtype, device=value.device).repeat(len(clean), 1)
        (slopes,) = torch.autograd.grad(value, place, which)
    return Tangent(level, clean.flatten(1), value.detach()[::rows], slopes.flatten(1).unflatten(0, (-1, rows)))


def tangent_by_items(
    own: Callable[[Tensor], Tensor], whole: Measure, rows: int, clean: Tensor, level: float
) -> Tangent:
    """Return the tangent of whole(own(clean)) at `clean` (batch, items, width), where `own` looks at items one by one.

    The derivative of `own` falls apart into one by item, so moving an entry of all items at once finds it: by
    differences of a millionth, in double precision, which is much quicker than exact slopes and as good.

    Args:
        own: From (batch, items, width) to numbers of each item (batch, items, numbers), in the precision it is given.
        whole: See `Measure`; of the numbers, differentiable.
        rows: How many measurements there are.
        clean: Where.
        level: Noise level.
    """
    batch, _, width = clean.shape
    exact = clean.double()
    moved = exact[None] + _STEP * torch.eye(width, dtype=exact.dtype, device=exact.device)[:, None, None]
    numbers = own(torch.cat([exact[None], moved]).flatten(0, 1)).unflatten(0, (-1, batch))
    slopes = ((numbers[1:] - numbers[0]) / _STEP).to(clean)
    outer = tangent_of(whole, rows, numbers[0].to(clean), level)
    by_item = outer.jacobian.unflatten(-1, numbers.shape[2:])
    jacobian = torch.einsum("brin,wbin->briw", by_item, slopes)
    return Tangent(level, clean.flatten(1), outer.value, jacobian.flatten(2))


def tangent_by_rows(
    measure: Measure, clean: Tensor, level: float, is_needed: Callable[[Tensor], bool] = lambda value: True
) -> Tangent:
    """Return the tangent at `clean` (batch, *), one row after the other: for measures that are long computations.

    What a row does not depend on has a derivative of 0.

    Args:
        measure: See `Measure`.
        clean: Where.
        level: Noise level.
        is_needed: Asked with the measurements (batch, rows) whether they are to be differentiated; else J is 0.
    """
    with torch.enable_grad():
        place = clean.detach().clone().requires_grad_()
        value = measure(place)
        told = value.detach().to(clean)
        is_asked = is_needed(told)
        rows = [_slope(row, place) if is_asked else torch.zeros_like(place) for row in value.sum(0)]
    return Tangent(level, clean.flatten(1), told, torch.stack([row.flatten(1) for row in rows], dim=1))


def least_change(jacobian: Tensor, wanted: Tensor, slack: Tensor) -> Tensor:
    """Return Jᵀ (J Jᵀ + S)⁻¹ r (batch, entries), the shortest change that brings r about as far as slack asks.

    Args:
        jacobian: J (batch, rows, entries).
        wanted: r (batch, rows).
        slack: Diagonal of S (rows,) or (batch, rows), above 0.
    """
    exact = jacobian.double()
    alike = exact @ exact.mT + torch.diag_embed(slack.double().expand(wanted.shape))
    weights = torch.linalg.solve(alike, wanted.double())
    return (exact.mT @ weights[..., None])[..., 0].to(jacobian)


def _slope(row: Tensor, place: Tensor) -> Tensor:
    if not row.requires_grad:
        return torch.zeros_like(place)
    (slope,) = torch.autograd.grad(row, place, retain_graph=True, allow_unused=True)
    return torch.zeros_like(place) if slope is None else slope
