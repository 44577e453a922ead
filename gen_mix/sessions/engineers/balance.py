"""Faders of a virtual engineer: a wanted loudness, less what the strip already did to it."""

import torch
from torch import Tensor

from gen_mix.loudness import REFERENCE_LUFS
from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.prior import Prior
from gen_mix.sessions.engineers.taste import Taste, coarse_members, group_of, is_class
from gen_mix.sessions.facts import TrackFacts

BALANCE_COUNTS = {"level": 1, "level.tail": 1}
"""What is drawn per track."""

_BASS_DB, _LED_DB = 1.5, 1.5
_STACK_SHARE = 0.5
_USUAL_TRACKS = 25  # beside the lead, in the mixes by people
_LEAD_PER_TRACKS = 1.5  # bridges those and published figures for few stems, where the lead is about as loud as the rest
_TAIL_SHARE, _TAIL_SCALE = 0.08, 2.5


def draw_levels_lufs(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Tensor:
    """Return the loudness that each track shall have in the mix (batch, tracks), LUFS.

    The accompaniment is balanced first; then all of it moves by one constant, so that the lead stands above it as
    the style and the engineer want; then everything moves so that the sum of all tracks has the engineer's level.
    """
    level = _accompaniment_db(facts, prior, taste, dice)
    is_lead = facts.is_lead & facts.is_track
    has_lead = is_lead.any(-1)
    is_rest = facts.is_track & ~is_lead
    fewer = _USUAL_TRACKS / is_rest.sum(-1).clamp(min=1).float()
    wanted = taste.lead_to_rest_db + _LEAD_PER_TRACKS * 10 * torch.log10(fewer)
    lead = (level * is_lead).sum(-1)
    shift = torch.where(has_lead, lead - wanted - _power_sum_db(level, is_rest), 0.0)
    level = torch.where(is_lead, level, level + shift[:, None])
    return level - _power_sum_db(level, facts.is_track)[:, None] + taste.mix_level_lufs[:, None]


def fader_db(level_lufs: Tensor, strip_change_db: Tensor) -> Tensor:
    """Return the fader (*) for a loudness of `level_lufs` of a staged track that the strip changed."""
    return level_lufs - (REFERENCE_LUFS + strip_change_db)


def _accompaniment_db(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Tensor:
    """Return the level of each track re the lead element (batch, tracks), before the lead is set against the rest."""
    mean, sd = prior.level_db.unbind(-1)
    style = prior.style_level_db[taste.style].gather(1, facts.instrument)
    is_kick, is_bass = is_class(facts.instrument, ("kick",)), is_class(facts.instrument, coarse_members("bass"))
    led = torch.where(taste.mode("kick_led"), _LED_DB, -_LED_DB)
    low_end = torch.where(is_kick, led, torch.where(is_bass, -led, 0.0))
    low_end = low_end + torch.where(is_kick | is_bass, _BASS_DB * taste.axis("bass"), 0.0)
    group = torch.where(facts.is_lead, 0.0, taste.groups_db.gather(1, group_of(facts.instrument)))
    is_wild = dice.uniform("level.tail") < _TAIL_SHARE
    noise = sd * dice.normal("level") * torch.where(is_wild, _TAIL_SCALE, 1.0)
    return mean + style + low_end + group + noise - _stack_db(facts)


def _stack_db(facts: TrackFacts) -> Tensor:
    """Return how much quieter each track is because others of its class play too (batch, tracks), dB."""
    same = (facts.instrument[:, :, None] == facts.instrument[:, None, :]) & facts.is_track[:, None, :]
    return _STACK_SHARE * 10 * torch.log10(same.sum(-1).clamp(min=1).float())


def _power_sum_db(level_db: Tensor, where: Tensor) -> Tensor:
    """Return the level of some tracks together (batch,), dB; -100 where there are none."""
    power = torch.where(where, torch.pow(10, level_db / 10), 0.0)
    return 10 * torch.log10(power.sum(-1).clamp(min=1e-10))
