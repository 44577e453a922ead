"""Settings as strips of a rack: what the inner loops need of every knob."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

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


_AT_ONCE = 16
"""Tokens of a mix are filled up to a multiple of this.

Torch computes what is left over of a row of numbers to other last bits than the row itself. Where nothing is left over,
a mix has the same bits alone and among others.
"""


@dataclass(frozen=True)
class _Table:
    """The knobs of all tracks, or of the master, of some mixes side by side: (mixes · tokens,) each."""

    normalized: Tensor
    kind: str

    def value(self, name: str) -> Tensor:
        places = self.normalized[:, LAYOUT.tokens(self.kind), LAYOUT.index(self.kind, name)]
        return LAYOUT.spec(self.kind, name).value(places.reshape(-1))

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
) -> list[list[Strip]]:
    """Return the strips of each mix, in the order of its tracks; they add to `BUS_ROWS` rows.

    Args:
        parameters: Of some mixes, float64, with the tracks of `is_stereo` and no other.
        is_stereo: Of each track.
        first_row: Row of the input where each track's channels begin.
        sample_rate: In Hz.
    """
    tracks = len(is_stereo)
    if tracks == 0:
        return [[] for _ in range(len(parameters))]
    missing = -tracks % _AT_ONCE
    table = _Table(pad(parameters.normalized, (0, 0, 0, missing)), TRACK)
    gains, sections, compressors = _gains(table), table.sections(sample_rate), table.dynamics(sample_rate)
    return [
        [
            Strip(
                sources=(row, row + 1) if stereo else (row,),
                sections=sections[token],
                dynamics=compressors[token],
                targets=tuple(range(BUS_ROWS)),
                gains=gains[stereo][token],
            )
            for token, stereo, row in zip(range(first, first + tracks), is_stereo, first_row, strict=True)
        ]
        for first in range(0, len(sections), tracks + missing)
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


def master_strips(
    parameters: MixParameters, sources: Sequence[int], targets: Sequence[int], sample_rate: int
) -> list[Strip]:
    """Return the master of each mix: from a row of its input and the next to a row of its output and the next.

    Args:
        parameters: Of some mixes, float64.
        sources: First row of the input, of each mix.
        targets: First row of the output.
        sample_rate: In Hz.
    """
    table = _Table(parameters.normalized.repeat_interleave(_AT_ONCE, dim=0), MASTER)
    sections, compressors = table.sections(sample_rate)[::_AT_ONCE], table.dynamics(sample_rate)[::_AT_ONCE]
    return [
        Strip((source, source + 1), filters, knobs, (target, target + 1), np.eye(2))
        for source, target, filters, knobs in zip(sources, targets, sections, compressors, strict=True)
    ]


def fed_buses(strips: Sequence[Strip]) -> list[str]:
    """Return the effect buses that any strip of a mix sends to."""
    return [bus for bus, rows in SENDS.items() if any(strip.gains[rows].any() for strip in strips)]
