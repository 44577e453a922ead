"""What a knob is: its name, unit, range and scale."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Scale = Literal["linear", "log", "gate"]


@dataclass(frozen=True)
class ParameterSpec:
    """One knob of the console.

    A knob has a place between 0 and 1 (`normalized`) and a meaning there (`value`, in `unit`). A gate is
    a switch: its value is its place, and it is on from 0.5 upwards.

    Attributes:
        name: Dotted path inside its token, for example ``compressor.attack_ms``.
        unit: ``dB``, ``Hz``, ``ms``, ``s`` or empty.
        low: Value at place 0.
        high: Value at place 1, larger than `low`.
        default: Value of the neutral console, within the range.
        scale: ``linear``, ``log`` (equal ratios are equal distances; `low` > 0) or ``gate``.

    Raises:
        ValueError: The range is empty, the default outside it, or a log range touches zero.
    """

    name: str
    unit: str
    low: float
    high: float
    default: float
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        if not self.low < self.high or not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name}: expected low <= default <= high, low < high, got {self}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: expected low > 0 on a log scale, got {self.low}")
        if self.scale == "gate" and (self.low, self.high) != (0.0, 1.0):
            raise ValueError(f"{self.name}: expected a gate to range over 0 to 1, got {self.low} to {self.high}")

    @property
    def is_gate(self) -> bool:
        """True for a switch."""
        return self.scale == "gate"

    def value(self, normalized: Tensor) -> Tensor:
        """Return what the knob means at the place `normalized` (*), 0 to 1, in `unit`."""
        if self.scale == "log":
            return self.low * torch.exp(normalized * math.log(self.high / self.low))
        return self.low + normalized * (self.high - self.low)

    def normalized(self, value: Tensor) -> Tensor:
        """Return the place (*) of `value` (*), clipped to 0..1; the inverse of `value`."""
        value = value.clamp(self.low, self.high)
        if self.scale == "log":
            return torch.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def gate(name: str) -> ParameterSpec:
    """Return a switch called `name` that is off in the neutral console."""
    return ParameterSpec(name, "", 0.0, 1.0, 0.0, "gate")
