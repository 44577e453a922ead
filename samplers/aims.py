"""Guidance by what a clean value measures: moving the mean of a measurement, or pulling it to a target."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from samplers.tangent import Lines, Measure, Tangent, least_change
from samplers.types import Denoise

_FURTHEST = 2.0
"""How many standard deviations an entry may be moved; further out no denoiser has been."""

_FURTHEST_AT_ONCE = 1.0
"""How many it may be moved by one of several steps: the measurements are not straight for much longer."""

_NEAR = 0.25
"""Share of its slack at which a row is where it is to be."""


@dataclass(frozen=True)
class Aims:
    """What is wanted of some measurements (rows,).

    Attributes:
        moves: By how much the mean of each is to move; 0 asks that it stays. Not read where there is a target.
        targets: What each is to be; NaN where there is no target.
        slack: How far each may miss, standard deviation, above 0.

    Raises:
        ValueError: The lengths differ, or a slack is not above 0.
    """

    moves: Tensor
    targets: Tensor
    slack: Tensor

    def __post_init__(self) -> None:
        if not self.moves.shape == self.targets.shape == self.slack.shape or self.moves.ndim != 1:
            raise ValueError(
                "expected moves, targets and slack (rows,), got "
                f"{tuple(self.moves.shape)}, {tuple(self.targets.shape)} and {tuple(self.slack.shape)}"
            )
        if not bool((self.slack > 0).all()):
            raise ValueError("expected slack above 0")


def aimed(denoise: Denoise, lines: Lines, aims: Aims, refresh: float = 3.0) -> Denoise:
    """Return the denoiser of data that measure as `aims` say, and which are otherwise as they were.

    With J the derivative of the measurements at the denoiser's answer D, and v = σ² / (1 + σ²) the variance that is
    left of data of unit variance, the answer becomes D + Jᵀ (J Jᵀ + S)⁻¹ r.

    * A target t with slack τ: r = t - measure(D), S = τ² / v. For Gaussian data and a linear measurement that is their
      expected value given that it was measured to be t with an error of τ: it is exact.
    * A move m: r = v m, S = τ². That is `tilted` by the shortest slope with J slope = m. All rows are solved for
      together, so what is to stay (m = 0) is left alone where it need not move; the spread stays.

    Only the measurement is differentiated, and that again only where the level has changed by `refresh`.
    The denoiser remembers where it was last, so there is one for each walk.

    Args:
        denoise: The denoiser of the data as they are.
        lines: Of what is measured.
        aims: What is wanted.
        refresh: Factor between levels at which the derivative is taken anew, at least 1.
    """
    return _Aimed(denoise, lines, aims, refresh)


@dataclass
class _Aimed:
    """The denoiser of one walk."""

    denoise: Denoise
    lines: Lines
    aims: Aims
    refresh: float
    tangent: Tangent | None = field(default=None)

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        clean = self.denoise(x, sigma)
        level = float(sigma[0])
        tangent = self._tangent_at(clean, level)
        variance = level**2 / (1 + level**2)
        value = tangent.at(clean)
        targets, moves, slack = (part.to(value) for part in (self.aims.targets, self.aims.moves, self.aims.slack))
        is_target = ~targets.isnan()
        wanted = torch.where(is_target, targets - value, variance * moves)
        slack = torch.where(is_target, slack.square() / variance, slack.square())
        change = least_change(tangent.jacobian, wanted, slack).clamp(-_FURTHEST, _FURTHEST)
        return clean + change.reshape(clean.shape)

    def _tangent_at(self, clean: Tensor, level: float) -> Tangent:
        if self.tangent is None or not self.tangent.serves(level, self.refresh):
            self.tangent = self.lines(clean, level)
        return self.tangent


def brought(
    x: Tensor,
    line: Tangent,
    measure: Measure,
    goal: Tensor,
    slack: Tensor,
    free: Tensor | None = None,
    rounds: int = 3,
) -> tuple[Tensor, Tangent]:
    """Return clean values x (batch, *) moved the shortest way to where they measure `goal`, and the line there.

    Quasi-Newton steps: x moves by Jᵀ (J Jᵀ + S)⁻¹ r with r what is missing and S = τ², then the line is turned to go
    through what is measured there (`Tangent.turned`). So what is asked for is met item by item, where Gaussian data
    would be needed to meet it on the way (see `aimed`), and the derivative is taken once.

    Args:
        x: Ends of walks.
        line: The tangent at x.
        measure: What the line is of.
        goal: (batch, rows).
        slack: τ, how far each may miss (rows,), above 0.
        free: Boolean, broadcasting with x: which entries may be moved; all by default.
        rounds: Most steps; none once every row is near its goal.
    """
    movable = None if free is None else free.to(x.device).expand_as(x).flatten(1)[:, None]
    goal, slack = goal.to(line.value), slack.to(line.value)
    for _ in range(rounds):
        missing = goal - line.value
        if bool((missing.abs() <= _NEAR * slack).all()):
            break
        jacobian = line.jacobian if movable is None else line.jacobian * movable
        change = least_change(jacobian, missing, slack.square()).clamp(-_FURTHEST_AT_ONCE, _FURTHEST_AT_ONCE)
        x = x + change.reshape(x.shape)
        line = line.turned(x, measure(x).to(line.value))
    return x, line
