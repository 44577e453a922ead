"""Sends, reverb, delay and master of a virtual engineer."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import EQ_BANDS
from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.dynamics import SHARES, solve_threshold_db
from gen_mix.sessions.engineers.folding import fold, fold_log, is_used
from gen_mix.sessions.engineers.prior import Prior
from gen_mix.sessions.engineers.taste import BEATS, HABIT_SD, Taste, coarse_members, is_class
from gen_mix.sessions.engineers.tone import WITHIN_ENGINEER
from gen_mix.sessions.facts import TrackFacts

SEND_COUNTS = {"reverb.on": 1, "reverb.level": 1, "delay.on": 1, "delay.level": 1, "dry": 1}
"""What is drawn per track."""

_DRY_DB, _WET_DB = 3.0, 2.0
_MASTER_GATES = (0.3, 0.12, 0.3, 0.2, 0.25, 0.4)
_MASTER_HZ = (100.0, 65.0, 300.0, 1100.0, 4000.0, 9000.0)
_MIX_LEVELS_DB = (-14.0, -12.0, -10.5, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -1.5, 1.0)


@dataclass(frozen=True)
class Sends:
    """Sends of every track, all (batch, tracks); levels in dB, switches Boolean."""

    reverb_on: Tensor
    reverb_db: Tensor
    delay_on: Tensor
    delay_db: Tensor


def draw_sends(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Sends:
    """Return the sends: wet or dry engineers, and vocals with a slap instead of a hall."""
    reverb_p, reverb_mean, reverb_sd = prior.reverb.unbind(-1)
    delay_p, delay_mean, delay_sd = prior.delay.unbind(-1)
    dry = (taste.axis("dry") + WITHIN_ENGINEER * dice.normal("dry")).clamp(-3, 3)
    is_slapped = is_class(facts.instrument, coarse_members("vocal")) & taste.mode("slap")
    shift = torch.where(taste.mode("wet"), _WET_DB, -_WET_DB) - _DRY_DB * dry
    reverb_shift = taste.habit("reverb") - 0.2 * dry - 1.5 * is_slapped
    delay_shift = taste.habit("delay") - 0.2 * dry + 2.0 * is_slapped
    return Sends(
        reverb_on=is_used(reverb_p, reverb_shift, HABIT_SD, dice.uniform("reverb.on")),
        reverb_db=reverb_mean + reverb_sd * dice.normal("reverb.level") + shift,
        delay_on=is_used(delay_p, delay_shift, HABIT_SD, dice.uniform("delay.on")),
        delay_db=delay_mean + delay_sd * dice.normal("delay.level") + shift + 4.0 * is_slapped,
    )


def draw_reverb(taste: Taste, dice: Dice) -> Mapping[str, Tensor]:
    """Return the knobs of the reverb, each (batch,): slow songs and wet engineers ring longer."""
    decay, damping, low_cut, pre_delay, width = dice.normal("reverb").unbind(-1)
    slow = torch.log2(112 / taste.tempo_bpm)
    dry = taste.axis("dry")[:, 0].clamp(-3, 3)
    wet = torch.where(taste.mode("wet")[:, 0], 0.15, -0.15)
    notes = torch.exp2(-5.5 + 0.5 * pre_delay)
    return {
        "pre_delay_ms": 4 * 60_000 / taste.tempo_bpm * notes,
        "decay_s": 1.6 * torch.exp2(0.5 * slow + wet - 0.25 * dry + 0.55 * decay),
        "damping_hz": 6000 * torch.exp2(0.5 * damping),
        "low_cut_hz": 190 * torch.exp2(0.6 * low_cut),
        "width": 0.9 + 0.15 * width,
    }


def draw_delay(taste: Taste, dice: Dice) -> Mapping[str, Tensor]:
    """Return the knobs of the delay, each (batch,): a note value of the tempo, or a slap of 80 to 140 ms."""
    feedback, high_cut, ping_pong = dice.normal("delay").unbind(-1)
    beats = torch.tensor([beats for _, beats in BEATS.values()], device=feedback.device)[taste.beat]
    is_slap = taste.mode("slap")[:, 0]
    time_ms = torch.where(is_slap, 80 + 60 * dice.uniform("slap"), 60_000 / taste.tempo_bpm * beats)
    return {
        "time_ms": time_ms,
        "feedback": torch.where(is_slap, 0.12, 0.38) + torch.where(is_slap, 0.05, 0.13) * feedback,
        "high_cut_hz": 4200 * torch.exp2(0.6 * high_cut),
        "ping_pong": torch.where(is_slap, 0.1, 0.6) + torch.where(is_slap, 0.08, 0.2) * ping_pong,
    }


def draw_master(taste: Taste, dice: Dice) -> Mapping[str, Tensor]:
    """Return the knobs of the master, each (batch,): a gentle equalizer and, for most, a bus compressor."""
    is_on = dice.uniform("master.gate") < torch.tensor(_MASTER_GATES, device=taste.axes.device)
    freq = torch.tensor(_MASTER_HZ, device=taste.axes.device) * torch.exp2(0.5 * dice.normal("master.freq"))
    bright, bass = taste.axis("bright"), taste.axis("bass")
    lean = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.3, 0.6], device=bright.device) * bright
    lean = lean + torch.tensor([0.6, 0.3, 0.0, 0.0, 0.0, 0.0], device=bright.device) * bass
    gain = lean + 1.2 * dice.normal("master.gain")
    q = 0.7 * torch.exp(0.3 * dice.normal("master.q"))
    knobs: dict[str, Tensor] = {}
    for place, band in enumerate(EQ_BANDS):
        knobs[f"eq.{band}.on"] = is_on[:, place]
        knobs[f"eq.{band}.freq_hz"] = freq[:, place]
        knobs[f"eq.{band}.gain_db"] = gain[:, place]
        knobs[f"eq.{band}.q"] = q[:, place]
    return knobs | _bus_compressor(taste, dice)


def _bus_compressor(taste: Taste, dice: Dice) -> dict[str, Tensor]:
    """Return the bus compressor: 1 to 3 dB of reduction on a mix that peaks about 14 dB above its loudness."""
    normals = dice.normal("master.compressor")
    density = taste.axis("density")[:, 0].clamp(-3, 3)
    ratio = fold_log(2.2 * torch.exp(0.3 * normals[:, 1] + 0.1 * density), 1.15, 20.0)
    knee = fold(7 + 3 * normals[:, 2], 0.0, 18.0)
    reduction = 1.3 * torch.exp(0.5 * normals[:, 3] + 0.35 * density)
    reduction = torch.minimum(reduction, 6 * (1 - 1 / ratio))
    assert len(_MIX_LEVELS_DB) == len(SHARES)
    levels = taste.mix_level_lufs[:, None] + 12 + torch.tensor(_MIX_LEVELS_DB, device=ratio.device)
    is_on = dice.uniform("master.compressor")[:, 0] < (0.55 + 0.15 * density).clamp(0.1, 0.95)
    return {
        "compressor.on": is_on.float(),
        "compressor.threshold_db": solve_threshold_db(levels, reduction, ratio, knee),
        "compressor.ratio": ratio,
        "compressor.attack_ms": 25 * torch.exp(0.6 * normals[:, 4]),
        "compressor.release_ms": 180 * torch.exp(0.6 * normals[:, 5]),
        "compressor.knee_db": knee,
    }
