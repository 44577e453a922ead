"""What each token of a mix does by itself, estimated from its own knobs: all that further estimates need of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.measurements import OCTAVES
from gen_mix.steering.strips import OCTAVES_HZ, Knobs, grip, placed, reductions_db, response_db

SHARES = ("punch_db", "left", "right", "mid", "side")
"""Numbers of tracks that go into a mix by how loud the track is."""

_FLOOR = 1e-6
_SENDS = ("reverb_send", "delay_send")
_COMPRESSOR = ("compressor.on", "compressor.threshold_db", "compressor.ratio", "compressor.knee_db")

_LENGTHS: Mapping[str, Mapping[str, int]] = {
    TRACK: {"power": len(OCTAVES), "density_db": 1, "shares": len(SHARES), "is_sent": 2, "sent_db": 2},
    MASTER: {"response_db": len(OCTAVES), "compressor": len(_COMPRESSOR)},
    REVERB: {"kept": len(OCTAVES), "apart": 1, "decay_s": 1, "damping_hz": 1},
    DELAY: {"kept": len(OCTAVES)},
}
"""Which numbers there are of a token of each kind, and how many of a name."""

_NUMBERS = max(sum(lengths.values()) for lengths in _LENGTHS.values())


@dataclass(frozen=True)
class Sources:
    """What the tracks of a session measure before anything is done to them.

    Attributes:
        power: Per octave, scaled so that K-weighted each track comes to 1 (tracks, octaves).
        weighting: K-weighting of the octaves, a factor of power (octaves,).
        levels_db: Percentiles of the level of 10-ms peaks, staged (tracks, len(LEVELS)).
        side_share: Power of the difference of the channels over that of both (tracks,).
        active_share: Share of the time in which a track plays (tracks,).
    """

    power: Tensor
    weighting: Tensor
    levels_db: Tensor
    side_share: Tensor
    active_share: Tensor


def numbers_of(sources: Sources, places: Tensor) -> Tensor:
    """Return what each token does by itself (batch, tokens, numbers), knobs at `places` (batch, tokens, knobs), 0 to 1.

    Of a token only its own knobs are looked at, so the derivative by all knobs falls apart into one by token.

    * track: ``power`` after the fader per octave, over all of the song; mean gain reduction ``density_db``; ``shares``:
      by how much peaks come out further above the body than they came in, and how much of the power is left, right,
      mid and side; whether reverb and delay are sent to, and the level.
    * master: gain of the EQ per octave; compressor.
    * reverb: share of the power that is ``kept`` per octave; share of it that is ``apart``, left minus right; length
      and damping. delay: power of all echoes over what is sent, per octave.
    """
    buses = [Knobs.at(kind, places[:, [token], : len(LAYOUT.specs(kind))]) for token, kind in enumerate(BUS_TOKENS)]
    found = [of_bus(knobs) for of_bus, knobs in zip((_of_master, _of_reverb, _of_delay), buses, strict=True)]
    tracks = Knobs.at(TRACK, places[:, len(BUS_TOKENS) :, : len(LAYOUT.track)])
    return torch.cat([pad(one, (0, _NUMBERS - one.shape[-1])) for one in (*found, _of_tracks(sources, tracks))], dim=1)


def by_name(numbers: Tensor, kind: str) -> Mapping[str, Tensor]:
    """Return the numbers of all tokens of a kind, (batch, tokens, length) each."""
    lengths = _LENGTHS[kind]
    own = numbers[:, LAYOUT.tokens(kind), : sum(lengths.values())]
    return dict(zip(lengths, own.split(list(lengths.values()), dim=-1), strict=True))


def _of_tracks(sources: Sources, knobs: Knobs) -> Tensor:
    response = response_db(knobs)
    louder = (sources.power * sources.weighting * 10 ** (response / 10)).sum(-1)
    reductions = reductions_db(knobs, sources.levels_db + 10 * louder.clamp_min(_FLOOR).log10()[..., None])
    density, body, peak = reductions.mean(-1), reductions[..., 0], reductions[..., -1]
    gain_db = response + (knobs.get("fader_db") - density)[..., None]
    power = sources.power * sources.active_share[:, None] * 10 ** (gain_db / 10)
    sides = placed(knobs, sources.side_share)
    single = [density, (body - peak) * grip(knobs), *(sides[side] for side in SHARES[1:])]
    sends = [knobs.many([f"{send}.{name}" for send in _SENDS]) for name in ("on", "level_db")]
    return torch.cat([power, torch.stack(single, dim=-1), *sends], dim=-1)


def _of_master(knobs: Knobs) -> Tensor:
    return torch.cat([response_db(knobs), knobs.many(_COMPRESSOR)], dim=-1)


def _of_reverb(knobs: Knobs) -> Tensor:
    octaves = knobs.values.new_tensor(OCTAVES_HZ)
    damped = (1 + (octaves.clamp_min(500) / knobs.get("damping_hz")[..., None]) ** 4).rsqrt()
    cut = (octaves / knobs.get("low_cut_hz")[..., None]) ** 4
    apart = torch.sin(knobs.get("width") * (math.pi / 4)).square()
    return torch.cat([damped * cut / (1 + cut), apart[..., None], knobs.many(("decay_s", "damping_hz"))], dim=-1)


def _of_delay(knobs: Knobs) -> Tensor:
    octaves = knobs.values.new_tensor(OCTAVES_HZ)
    kept = 1 / (1 + (octaves / knobs.get("high_cut_hz")[..., None]) ** 4)
    return kept / (1 - knobs.get("feedback")[..., None].square() * kept)
