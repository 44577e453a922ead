"""How much of a mix is done: from flat faders to exaggerated, aspect by aspect."""

import math

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, EQ_BANDS, LAYOUT, MASTER, TRACK
from gen_mix.mix import MixParameters
from gen_mix.wishes import Amounts


def with_amounts(parameters: MixParameters, amounts: Amounts) -> MixParameters:
    """Return mixes in which less or more is done than in `parameters`; with amounts of 1 the same, to the last bit.

    * level: fader × amount, and all faders by what keeps the sum of their powers, so that the master's compressor
      gets what it got; 0 is flat faders.
    * pan: pan × amount, and 1 + (width − 1) × amount.
    * eq: gains × amount; a high-pass below 1 falls in octaves towards its lowest frequency, and is not raised above.
    * dynamics: 1 − 1/ratio, the share of an excess that is taken away, × amount.
    * space: amplitude of the sends × amount.

    An aspect at 0 switches its processors off. Knobs stop at their ends.

    Args:
        parameters: Canonical mixes.
        amounts: Of each aspect.
    """
    values = _Values(parameters)
    if amounts.level != 1:
        values.set(TRACK, "fader_db", _levels(values.get(TRACK, "fader_db"), values.is_track, amounts.level))
    if amounts.pan != 1:
        values.set(TRACK, "pan", values.get(TRACK, "pan") * amounts.pan)
        values.set(TRACK, "width", 1 + (values.get(TRACK, "width") - 1) * amounts.pan)
    for kind in (TRACK, MASTER):
        if amounts.eq != 1:
            _equalize(values, kind, amounts.eq)
        if amounts.dynamics != 1:
            share = (1 - 1 / values.get(kind, "compressor.ratio")) * amounts.dynamics
            values.set(kind, "compressor.ratio", 1 / (1 - share).clamp(min=0.01))
            values.fade(kind, "compressor", amounts.dynamics)
    if amounts.space != 1:
        for send in ("reverb_send", "delay_send"):
            gain_db = 20 * math.log10(max(amounts.space, 1e-6))
            values.set(TRACK, f"{send}.level_db", values.get(TRACK, f"{send}.level_db") + gain_db)
            values.fade(TRACK, send, amounts.space)
    return LAYOUT.canonical(MixParameters(values.normalized, parameters.mask))


class _Values:
    """Knobs of some mixes, read and set in their units."""

    def __init__(self, parameters: MixParameters) -> None:
        self.normalized = parameters.normalized.clone()
        self.is_track = parameters.mask[:, len(BUS_TOKENS) :].any(-1)

    def get(self, kind: str, name: str) -> Tensor:
        """Return values (batch, tokens of the kind), float64."""
        place = LAYOUT.index(kind, name)
        return LAYOUT.spec(kind, name).value(self.normalized[:, LAYOUT.tokens(kind), place].double())

    def set(self, kind: str, name: str, values: Tensor) -> None:
        place = LAYOUT.index(kind, name)
        self.normalized[:, LAYOUT.tokens(kind), place] = LAYOUT.spec(kind, name).normalized(values).float()

    def fade(self, kind: str, processor: str, amount: float) -> None:
        """Switch a processor off if nothing is left of it."""
        if amount == 0:
            self.normalized[:, LAYOUT.tokens(kind), LAYOUT.index(kind, f"{processor}.on")] = 0


def _levels(fader_db: Tensor, is_track: Tensor, amount: float) -> Tensor:
    """Return faders (batch, tracks) with their differences scaled and their summed power kept."""
    return fader_db * amount + _power_db(fader_db, is_track) - _power_db(fader_db * amount, is_track)


def _power_db(level_db: Tensor, is_track: Tensor) -> Tensor:
    power = (10 ** (level_db / 10)).masked_fill(~is_track, 0)
    return 10 * torch.log10(power.sum(-1, keepdim=True))


def _equalize(values: _Values, kind: str, amount: float) -> None:
    for band in EQ_BANDS:
        values.set(kind, f"eq.{band}.gain_db", values.get(kind, f"eq.{band}.gain_db") * amount)
        values.fade(kind, f"eq.{band}", amount)
    if kind == TRACK and amount < 1:
        lowest_hz = LAYOUT.spec(TRACK, "high_pass.freq_hz").low
        freq_hz = values.get(TRACK, "high_pass.freq_hz")
        values.set(TRACK, "high_pass.freq_hz", lowest_hz * (freq_hz / lowest_hz) ** amount)
        values.fade(TRACK, "high_pass", amount)
