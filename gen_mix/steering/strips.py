"""What strips do to sound, estimated from their knobs: smooth, cheap, and with a gradient for switches too.

Nothing here renders. Filters are their analogue prototypes at the centres of octaves, compressors their static curve
at a few levels of the track. A switch that is not yet decided counts by its probability.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gen_mix.console.compressor import static_gain_db
from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK
from gen_mix.measurements import OCTAVES

FLOOR_DB = -45.0
"""Of a return nobody hears, as in `gen_mix.evaluation.heard`."""

OCTAVES_HZ = tuple(1000.0 * 2.0**octave for octave in range(-5, 5))
"""Centres of `gen_mix.measurements.OCTAVES`."""

_EQ = tuple(f"eq.{band}.{name}" for name in ("on", "freq_hz", "gain_db", "q") for band in EQ_BANDS)
_ENDS = slice(None, None, len(EQ_BANDS) - 1)
"""The first band and the last, which are shelves."""

_SOFT_DB = 4.0
"""Over which a return comes out of its floor: with an edge it would have no slope below."""

_BODY_MS = 10.0
"""Length of the peaks by which levels are told: an attack as slow lets half of a peak through."""


@dataclass(frozen=True)
class Knobs:
    """The knobs of some tokens of a kind, in their units; switches as the probability that they are on.

    Attributes:
        kind: Of the tokens.
        values: (batch, tokens, knobs).
    """

    kind: str
    values: Tensor

    @classmethod
    def at(cls, kind: str, places: Tensor) -> "Knobs":
        """Return the knobs of tokens of `kind` at `places` (batch, tokens, knobs), 0 to 1."""
        low, octaves, span = _ranges(kind, places.dtype).to(places.device)
        return cls(kind, low * torch.exp(places * octaves) + places * span)

    def get(self, name: str) -> Tensor:
        """Return one knob (batch, tokens)."""
        return self.values[..., LAYOUT.index(self.kind, name)]

    def many(self, names: Sequence[str]) -> Tensor:
        """Return some knobs (batch, tokens, names)."""
        return self.values.index_select(-1, _columns(self.kind, tuple(names)).to(self.values.device))


@cache
def _ranges(kind: str, dtype: torch.dtype) -> Tensor:
    """Return l, o and s of knobs (3, knobs): at place p one means l exp(o p) + s p, with s or o 0 for each scale."""
    rows = [
        (spec.low, math.log(spec.high / spec.low), 0.0)
        if spec.scale == "log"
        else (spec.low, 0.0, spec.high - spec.low)
        for spec in LAYOUT.specs(kind)
    ]
    return torch.tensor(rows, dtype=dtype).T


@cache
def _columns(kind: str, names: tuple[str, ...]) -> Tensor:
    return torch.tensor([LAYOUT.index(kind, name) for name in names])


def response_db(knobs: Knobs, freqs_hz: Sequence[float] = OCTAVES_HZ) -> Tensor:
    """Return what EQ, and the high-pass of a track, do at `freqs_hz` (batch, tokens, frequencies), in dB.

    By default these are the centres of `OCTAVES`.

    Magnitudes of the analogue prototypes of R. Bristow-Johnson, https://www.w3.org/TR/audio-eq-cookbook/, with s = jΩ
    and A = 10^(gain / 40).
    """
    on, freq_hz, gain_db, q = knobs.many(_EQ).unflatten(-1, (4, -1)).unbind(-2)
    hz = knobs.values.new_tensor(freqs_hz)
    square = (hz / freq_hz[..., None]).square()
    amount, quality = 10 ** (gain_db[..., None] / 40), q[..., None]
    inner, first, last = slice(1, -1), slice(0, 1), slice(-1, None)
    bell = _bell_db(square[..., inner, :], amount[..., inner, :], quality[..., inner, :])
    shelves = torch.cat([square[..., first, :], 1 / square[..., last, :]], dim=-2)
    low, high = _shelf_db(shelves, amount[..., _ENDS, :], quality[..., _ENDS, :]).split(1, dim=-2)
    curves = torch.cat([low, bell, high], dim=-2)
    total = (on[..., None] * curves).sum(-2)
    if knobs.kind != TRACK:
        return total
    corner = (hz / knobs.get("high_pass.freq_hz")[..., None]).square().square()
    return total + knobs.get("high_pass.on")[..., None] * 10 * (corner / (1 + corner)).clamp_min(1e-4).log10()


def reductions_db(knobs: Knobs, levels_db: Tensor) -> Tensor:
    """Return how far steady levels (batch, tokens, levels), in dB, are turned down, same shape, at least 0."""
    threshold, ratio, knee = (
        knobs.get(f"compressor.{name}")[..., None] for name in ("threshold_db", "ratio", "knee_db")
    )
    return -knobs.get("compressor.on")[..., None] * static_gain_db(levels_db, threshold, ratio, knee)


def grip(knobs: Knobs) -> Tensor:
    """Return which share of a peak's reduction a compressor is in time for (batch, tokens)."""
    return _BODY_MS / (_BODY_MS + knobs.get("compressor.attack_ms"))


def sent_db(knobs: Knobs, send: str, extra_db: Tensor) -> Tensor:
    """Return the level of a return over the dry track in dB (batch, tracks), at least `FLOOR_DB`.

    Args:
        knobs: Of tracks.
        send: ``reverb_send`` or ``delay_send``.
        extra_db: What the bus adds at a send of 0 dB, broadcasting with (batch, tracks).
    """
    return returned_db(knobs.get(f"{send}.on"), knobs.get(f"{send}.level_db") + extra_db)


def returned_db(on: Tensor, level_db: Tensor) -> Tensor:
    """Return the level of a return over the dry track in dB, at least `FLOOR_DB`.

    Between on and off it goes with the probability: that is the mean of what is heard.

    Args:
        on: Probability that something is sent.
        level_db: Of the return, if so; of one shape with `on`.
    """
    return FLOOR_DB + on * softplus(level_db - FLOOR_DB, beta=1 / _SOFT_DB)


def placed(knobs: Knobs, side_share: Tensor) -> Mapping[str, Tensor]:
    """Return the shares of power of a track in ``left``, ``right``, ``mid`` and ``side`` (batch, tracks) each.

    Args:
        knobs: Of tracks.
        side_share: Power of the difference of the channels over that of both, as it came in (batch, tracks).
    """
    pan = knobs.get("pan").clamp(-1, 1)
    side = side_share * knobs.get("width").square()
    mid = 1 - side_share
    stays = (1 + torch.cos(pan * (math.pi / 2))) / 2
    right = (1 + torch.sin(pan * (math.pi / 2))) / 2
    total = mid + side
    return {
        "left": total * (1 - right),
        "right": total * right,
        "mid": stays * mid + (1 - stays) * side,
        "side": (1 - stays) * mid + stays * side,
    }


def _bell_db(square: Tensor, amount: Tensor, quality: Tensor) -> Tensor:
    """Return the gain of a bell at Ω² = `square`."""
    real = (1 - square).square()
    above, below = (amount / quality).square(), (amount * quality).square().reciprocal()
    return 10 * ((real + above * square) / (real + below * square)).clamp_min(1e-6).log10()


def _shelf_db(square: Tensor, amount: Tensor, quality: Tensor) -> Tensor:
    """Return the gain of a low shelf at Ω² = `square`; at 1 / Ω² that of a high shelf."""
    cross = amount / quality.square() * square
    above = (amount - square).square() + cross
    below = (1 - amount * square).square() + cross
    return 10 * (amount.square() * above / below).clamp_min(1e-6).log10()


assert len(OCTAVES_HZ) == len(OCTAVES)
