"""The knobs of one token, read in their units."""

from dataclasses import dataclass

from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters


@dataclass(frozen=True)
class Knobs:
    """One token of one mix.

    Attributes:
        kind: ``master``, ``reverb``, ``delay`` or ``track``.
        normalized: Places of its knobs (width,), float64: filters are designed from them.
    """

    kind: str
    normalized: Tensor

    def value(self, name: str) -> Tensor:
        """Return knob `name` in its unit, a tensor of no axes, clipped to its range."""
        normalized = self.normalized[LAYOUT.index(self.kind, name)].clamp(0, 1)
        return LAYOUT.spec(self.kind, name).value(normalized)

    def is_on(self, name: str) -> bool:
        """Return whether switch `name`, such as ``compressor``, is on: at 0.5 or above."""
        return bool(self.normalized[LAYOUT.index(self.kind, f"{name}.on")] >= 0.5)


def bus_knobs(parameters: MixParameters, kind: str) -> Knobs:
    """Return the knobs of the master, the reverb or the delay of the first mix of `parameters`."""
    return Knobs(kind, parameters.normalized[0, BUS_TOKENS.index(kind)].double())


def track_knobs(parameters: MixParameters, track: int) -> Knobs:
    """Return the knobs of track number `track` of the first mix of `parameters`."""
    return Knobs(TRACK, parameters.normalized[0, len(BUS_TOKENS) + track].double())
