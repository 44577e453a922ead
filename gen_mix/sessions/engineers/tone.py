"""High-pass and equalizer of a virtual engineer: correct the track, then colour it."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK
from gen_mix.measurements import MEASUREMENTS, OCTAVES
from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.folding import fold, fold_log, is_used
from gen_mix.sessions.engineers.prior import Prior
from gen_mix.sessions.engineers.response import FREQS_HZ, eq_power, high_pass_power, loudness_change_db
from gen_mix.sessions.engineers.taste import HABIT_SD, Taste
from gen_mix.sessions.facts import TrackFacts

TONE_COUNTS = {
    "high_pass.on": 1,
    "high_pass.freq": 1,
    "eq.use": 1,
    "eq.on": 6,
    "eq.freq": 6,
    "eq.q": 6,
    "correction": 1,
    "masking": 3,
    "bright": 1,
    "bass": 1,
}
"""What is drawn per track; the gains of the bands come from the copula (`copula.py`)."""

WITHIN_ENGINEER = 0.5
"""How far an engineer's taste wanders from track to track, on every axis."""

_OCTAVE_FIRST = MEASUREMENTS.index(f"octave_{OCTAVES[0]}_db")
_LOW_END = MEASUREMENTS.index("low_end_octave")
_TILT_DB, _SHELF_DB = 0.5, 1.0
_Q_LOG_SD, _Q_GAIN = 0.6, -0.39  # narrow bands cut, broad ones boost
_LEAST_GAIN_DB = 0.8  # nobody switches on a band for less
_MASKED_OCTAVES = slice(3, 9)
_UNMASKED_SHARE = 0.35


@dataclass(frozen=True)
class Tone:
    """Settings of the filters of every track.

    Attributes:
        high_pass_on: Boolean (batch, tracks).
        high_pass_hz: (batch, tracks).
        eq_on: Boolean (batch, tracks, bands).
        freq_hz, gain_db, q: (batch, tracks, bands).
        loudness_change_db: What all of them do to the loudness (batch, tracks), LU.
    """

    high_pass_on: Tensor
    high_pass_hz: Tensor
    eq_on: Tensor
    freq_hz: Tensor
    gain_db: Tensor
    q: Tensor
    loudness_change_db: Tensor


def octaves_of(measurements: Tensor) -> Tensor:
    """Return the power in the octave bands (*, 10), dB."""
    return measurements[..., _OCTAVE_FIRST : _OCTAVE_FIRST + len(OCTAVES)]


def band_range(kind: str, knob: str, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return lowest and highest value of a knob of each band (bands,), on the device of `like`."""
    specs = [LAYOUT.spec(kind, f"eq.{band}.{knob}") for band in EQ_BANDS]
    return like.new_tensor([spec.low for spec in specs]), like.new_tensor([spec.high for spec in specs])


def draw_tone(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, gain_normals: Tensor) -> Tone:
    """Return the filters of every track.

    Args:
        facts: Of the sessions.
        prior: What is usual for these tracks (`Prior.of`).
        taste: Of the engineers.
        dice: Names of `TONE_COUNTS`.
        gain_normals: Standard normal numbers behind the gains (batch, tracks, bands).
    """
    high_pass_on, high_pass_hz = _high_pass(facts, prior, taste, dice)
    eq_on = _bands_in_use(facts, prior, taste, dice)
    freq_hz, gain_db, q = _bands(facts, prior, taste, dice, gain_normals)
    eq_on, freq_hz, gain_db = _unmask(facts, eq_on, freq_hz, gain_db, dice.uniform("masking"))
    freq_hz = fold_log(freq_hz, *band_range(TRACK, "freq_hz", freq_hz))
    gain_db = fold(gain_db, -18.0, 18.0)
    power = eq_power(freq_hz, gain_db, q, eq_on)
    freqs = torch.tensor(FREQS_HZ, device=power.device)
    cut = high_pass_power(freqs / high_pass_hz[..., None])
    power = torch.where(high_pass_on[..., None], power * cut, power)
    change = loudness_change_db(octaves_of(facts.measurements), power)
    return Tone(high_pass_on, high_pass_hz, eq_on, freq_hz, gain_db, q, change)


def _high_pass(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> tuple[Tensor, Tensor]:
    """Return switch and corner of the high-pass; the corner lies between the usual one and the track's own low end."""
    probability, usual_hz, octaves = prior.high_pass.unbind(-1)
    is_on = is_used(probability, taste.habit("high_pass"), HABIT_SD, dice.uniform("high_pass.on"))
    unusual = facts.measurements[..., _LOW_END] - prior.typical[..., _LOW_END]
    corner = torch.log2(usual_hz) + 0.7 * unusual.clamp(-2, 2) + octaves * dice.normal("high_pass.freq")
    return is_on, fold_log(torch.exp2(corner), 20.0, 1000.0)


def _bands_in_use(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Tensor:
    """Return which bands are on (batch, tracks, bands): first if there is an equalizer, then its bands."""
    use = prior.eq_use
    has_eq = is_used(use, taste.habit("eq"), HABIT_SD, dice.uniform("eq.use"))
    probability = prior.eq[..., 0]
    margin = (probability / use[..., None]).clamp(max=0.97) - dice.uniform("eq.on")
    first = torch.nn.functional.one_hot(margin.argmax(-1), margin.shape[-1]).bool()
    return ((margin > 0) | first) & has_eq[..., None]


def _bands(
    facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, gain_normals: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return frequency, gain and Q of each band: usual, plus taste, less what the track has too much of."""
    _, usual_hz, octaves, mean_db, sd_db, usual_q = prior.eq.unbind(-1)
    wandered = usual_hz * torch.exp2(octaves * dice.normal("eq.freq"))
    freq_hz = fold_log(wandered, *band_range(TRACK, "freq_hz", usual_hz))
    bright = taste.axis("bright") + WITHIN_ENGINEER * dice.normal("bright")
    bass = taste.axis("bass") + WITHIN_ENGINEER * dice.normal("bass")
    tilt = _TILT_DB * bright[..., None] * torch.log2(freq_hz / 1000)
    shelf = torch.zeros_like(tilt)
    shelf[..., 0], shelf[..., -1] = _SHELF_DB * bass, _SHELF_DB * bright
    strength = 0.3 + 0.2 * dice.uniform("correction")
    gain_db = mean_db + sd_db * gain_normals + tilt + shelf - strength[..., None] * _excess_db(facts, prior, freq_hz)
    gain_db = torch.sign(gain_db) * torch.sqrt(gain_db.square() + _LEAST_GAIN_DB**2)
    narrow = _Q_LOG_SD * (_Q_GAIN * gain_normals + math.sqrt(1 - _Q_GAIN**2) * dice.normal("eq.q"))
    q = fold_log(usual_q * torch.exp(narrow), *band_range(TRACK, "q", usual_q))
    return freq_hz, gain_db, q


def _excess_db(facts: TrackFacts, prior: Prior, freq_hz: Tensor) -> Tensor:
    """Return what the track has over its class at `freq_hz` (batch, tracks, bands), dB, within ±10."""
    excess = (octaves_of(facts.measurements) - octaves_of(prior.typical)).clamp(-10, 10)
    place = (torch.log2(freq_hz / 1000) + 5).clamp(0, len(OCTAVES) - 1.001)
    below = place.floor().long()
    share = place - below
    return excess.gather(-1, below) * (1 - share) + excess.gather(-1, below + 1) * share


def _unmask(
    facts: TrackFacts, eq_on: Tensor, freq_hz: Tensor, gain_db: Tensor, uniform: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Make room for the lead: some of the other equalizers cut 1 to 3 dB where it is strongest."""
    is_lead = facts.is_lead & facts.is_track
    lead = (octaves_of(facts.measurements) * is_lead[..., None]).sum(1)[..., _MASKED_OCTAVES]
    octave = lead.argmax(-1) + _MASKED_OCTAVES.start
    centre_hz = (1000 * torch.exp2(octave.float() - 5))[:, None] * torch.exp2(0.5 * uniform[..., 2] - 0.25)
    low, high = band_range(TRACK, "freq_hz", freq_hz)
    in_band = (centre_hz[..., None] >= low) & (centre_hz[..., None] < high)
    in_band[..., 0] = in_band[..., -1] = False
    cuts = is_lead.any(-1, keepdim=True) & ~is_lead & (uniform[..., 0] < _UNMASKED_SHARE) & eq_on.any(-1)
    where = in_band & cuts[..., None]
    gain_db = torch.where(where, gain_db - (1 + 2 * uniform[..., 1])[..., None], gain_db)
    return eq_on | where, torch.where(where, centre_hz[..., None], freq_hz), gain_db
