"""How processors come and go on the way between two mixes: they fade, for a switch that is thrown is heard."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.console.spec import ParameterSpec
from gen_mix.steering.orders import switches_of

_SILENT = {"gain_db": 0.0, "ratio": 1.0, "level_db": -60.0, "freq_hz": 20.0}
"""Values at which a processor that is on does nothing, or next to it."""

_INAUDIBLE = 0.005
"""Of a knob's range: a processor whose strength is nearer than this to doing nothing is as good as off."""


@dataclass(frozen=True)
class Fading:
    """What fades a processor, for every knob of some tokens.

    Attributes:
        switch: Place of the switch that a knob hangs on; the knob's own if there is none (tokens, knobs).
        silent: Where it does nothing; NaN if it is not the knob that gives a processor its strength (tokens, knobs).
        is_switch: Which knobs are switches (tokens, knobs).
    """

    switch: Tensor
    silent: Tensor
    is_switch: Tensor

    def faded(self, knobs: Tensor, on: Tensor, rest: Tensor) -> Tensor:
        """Return knobs of which the one that gives a processor its strength is as far up as the processor is on.

        Args:
            knobs: Places (batch, tokens, knobs).
            on: How far each processor is on, 0 to 1, at the places of the switches; same shape.
            rest: Where the other knobs of a processor are when it is off; same shape.
        """
        asleep = torch.where(self.silent.isnan(), rest, self.silent)
        awake = torch.lerp(asleep, knobs, on.gather(-1, self.switch.expand_as(on)))
        is_free = self.switch == torch.arange(self.switch.shape[-1])
        return torch.where(is_free, knobs, awake)

    def switched(self, knobs: Tensor) -> Tensor:
        """Return knobs (batch, tokens, knobs) with those processors on that can be heard."""
        is_heard = ((knobs - self.silent).abs() > _INAUDIBLE).to(knobs)  # false where it is NaN
        on = torch.zeros_like(knobs).scatter_add(-1, self.switch.expand_as(knobs), is_heard)
        return torch.where(self.is_switch, on, knobs)


def fading_of(tokens: int) -> Fading:
    """Return what fades the processors of master, buses and tracks, `tokens` in all."""
    switch = torch.arange(LAYOUT.width).repeat(tokens, 1)
    silent = torch.full((tokens, LAYOUT.width), math.nan)
    is_switch = torch.zeros(tokens, LAYOUT.width, dtype=torch.bool)
    for token in range(tokens):
        for place, spec in enumerate(LAYOUT.specs(LAYOUT.kind(token))):
            is_switch[token, place] = spec.is_gate
            for _, found in switches_of((token, place)):
                switch[token, place] = found
                silent[token, place] = _silent_place(spec)
    return Fading(switch, silent, is_switch)


def _silent_place(spec: ParameterSpec) -> float:
    """Return where a knob leaves the sound alone; NaN if it is not the one that gives a processor its strength."""
    processor, _, knob = spec.name.rpartition(".")
    if knob not in _SILENT or (knob == "freq_hz" and processor != "high_pass"):
        return math.nan
    return float(spec.normalized(torch.tensor(_SILENT[knob], dtype=torch.float64)))
