"""Settings as strips of a rack: what the inner loops need of every knob, a mix at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.console.compressor import SMALLEST_KNEE_DB, decibels_to_gain, smoothing
from gen_mix.console.filters import band_filters, high_pass
from gen_mix.console.layout import DELAY, EQ_BANDS, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.console.rack import Strip, dynamics
from gen_mix.console.stereo import pan_gains
from gen_mix.mix import MixParameters

DRY = slice(0, 2)
"""Rows, among those of the buses of one mix, that go to the master: left and right."""

SENDS = {REVERB: slice(2, 4), DELAY: slice(4, 6)}
"""Rows that go to the effect buses."""

BUS_ROWS = 6


@dataclass(frozen=True)
class _Table:
    """The knobs of all tracks, or of the master, of one mix: (tokens,) each.

    One mix at a time, since torch computes a row of many numbers to other last bits than a row of few.
    """

    parameters: MixParameters
    kind: str

    def value(self, name: str) -> Tensor:
        return LAYOUT.value(self.parameters, self.kind, name).reshape(-1)

    def is_on(self, name: str) -> NDArray[np.bool_]:
        return (self.value(f"{name}.on") >= 0.5).numpy()

    def sections(self, sample_rate: int) -> list[NDArray[np.float64]]:
        """Return the filters of each token that are on, in their order, (filters, 6)."""
        filters = [band_filters(band, self.value, sample_rate) for band in EQ_BANDS]
        is_on = [self.is_on(f"eq.{band}") for band in EQ_BANDS]
        if self.kind == TRACK:
            filters.insert(0, high_pass(self.value("high_pass.freq_hz"), sample_rate))
            is_on.insert(0, self.is_on("high_pass"))
        every, chosen = torch.stack(filters, dim=-2).numpy(), np.stack(is_on, axis=-1)
        return [sections[some] for sections, some in zip(every, chosen, strict=True)]

    def dynamics(self, sample_rate: int) -> list[NDArray[np.float64] | None]:
        """Return the compressor of each token as `Strip` has it."""
        knobs = dynamics(
            threshold_db=self.value("compressor.threshold_db").numpy(),
            ratio=self.value("compressor.ratio").numpy(),
            knee_db=self.value("compressor.knee_db").clamp(min=SMALLEST_KNEE_DB).numpy(),
            attack=smoothing(self.value("compressor.attack_ms"), sample_rate).numpy(),
            release=smoothing(self.value("compressor.release_ms"), sample_rate).numpy(),
        )
        return [knobs[:, token] if on else None for token, on in enumerate(self.is_on("compressor"))]


def track_strips(
    parameters: MixParameters, is_stereo: Sequence[bool], first_row: Sequence[int], sample_rate: int
) -> list[Strip]:
    """Return the strips of one mix, in the order of its tracks; they add to `BUS_ROWS` rows.

    Args:
        parameters: Of one mix, float64, with the tracks of `is_stereo` and no other.
        is_stereo: Of each track.
        first_row: Row of the input where each track's channels begin.
        sample_rate: In Hz.
    """
    if not is_stereo:
        return []
    table = _Table(parameters, TRACK)
    gains = _gains(table)
    rows = zip(is_stereo, first_row, table.sections(sample_rate), table.dynamics(sample_rate), strict=True)
    return [
        Strip((row, row + 1) if stereo else (row,), sections, knobs, tuple(range(BUS_ROWS)), gains[stereo][track])
        for track, (stereo, row, sections, knobs) in enumerate(rows)
    ]


def _gains(table: _Table) -> dict[bool, NDArray[np.float64]]:
    """Return the gains from channels to `BUS_ROWS` as (tracks, rows, channels), as if all were mono or stereo."""
    pan = pan_gains(table.value("pan"))
    straight, crossed = (1 + table.value("width")) / 2, (1 - table.value("width")) / 2
    spread = torch.stack([torch.stack([straight, crossed], -1), torch.stack([crossed, straight], -1)], -2)
    sends = [
        decibels_to_gain(table.value(f"{send}.level_db")) * torch.from_numpy(table.is_on(send))
        for send in ("reverb_send", "delay_send")
    ]
    fader = decibels_to_gain(table.value("fader_db"))
    levels = torch.stack([fader, *(fader * send for send in sends)], -1)
    return {
        is_stereo: (levels[..., None, None] * placed[..., None, :, :]).flatten(-3, -2).numpy()
        for is_stereo, placed in ((False, pan[..., None]), (True, math.sqrt(2) * pan[..., None] * spread))
    }


def master_strip(parameters: MixParameters, source: int, target: int, sample_rate: int) -> Strip:
    """Return the master of one mix: from row `source` of its input and the next to row `target` and the next."""
    table = _Table(parameters, MASTER)
    (sections,), (knobs,) = table.sections(sample_rate), table.dynamics(sample_rate)
    return Strip((source, source + 1), sections, knobs, (target, target + 1), np.eye(2))


def fed_buses(strips: Sequence[Strip]) -> list[str]:
    """Return the effect buses that any strip of a mix sends to."""
    return [bus for bus, rows in SENDS.items() if any(strip.gains[rows].any() for strip in strips)]
