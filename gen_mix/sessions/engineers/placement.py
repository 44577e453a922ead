"""Pan and width of a virtual engineer."""

import torch
from torch import Tensor

from gen_mix.measurements import MEASUREMENTS
from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.folding import fold
from gen_mix.sessions.engineers.prior import Prior
from gen_mix.sessions.engineers.taste import Taste, coarse_members, is_class
from gen_mix.sessions.engineers.tone import WITHIN_ENGINEER
from gen_mix.sessions.facts import TrackFacts

PLACEMENT_COUNTS = {"pan.mode": 1, "pan.size": 1, "pan.side": 1, "pan.whim": 1, "pan.rest": 1, "width": 1, "wide": 1}
"""What is drawn per track."""

_LOW_END = MEASUREMENTS.index("low_end_octave")
_CENTROID = MEASUREMENTS.index("centroid_octave")
_SIDED = ("hihat", "toms")
_WHIM_SHARE = 0.15


def draw_placement(
    facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, level_lufs: Tensor
) -> tuple[Tensor, Tensor]:
    """Return pan (batch, tracks), -1 to 1, and width (batch, tracks), 0 to 2, of every track.

    Two takes of one part go to opposite sides, equally far out. Other tracks go, loudest first, where there is
    less; the kit is seen by all from the same seat.
    """
    size = _share_pairs(_sizes(facts, prior, taste, dice), facts, dice.uniform("pan.side"))
    size = torch.where(taste.mode("lcr"), _left_centre_right(size, dice), size)
    pan = size * _sides(facts, taste, dice, size, level_lufs)
    width_mean, width_sd = prior.width[facts.instrument].unbind(-1)
    width = width_mean + width_sd * dice.normal("width") + 0.1 * taste.axis("width").clamp(-3, 3)
    return pan, fold(width, 0.0, 2.0)


def _sizes(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Tensor:
    """Return |pan| (batch, tracks), 0 to 1: from register, density and taste; a stereo track stays near the centre."""
    weights, means, sds = prior.pan[facts.instrument].unbind(-1)
    weights = weights * torch.exp(_outward(facts, taste)[..., None] * (means - 0.4) * 2)
    edges = (weights / weights.sum(-1, keepdim=True)).cumsum(-1)[..., :-1]
    mode = (dice.uniform("pan.mode")[..., None] > edges).sum(-1, keepdim=True)
    mean, sd = means.gather(-1, mode)[..., 0], sds.gather(-1, mode)[..., 0]
    is_off_centre = mean > 0.05
    wide = taste.axis("width") + WITHIN_ENGINEER * dice.normal("wide")
    scale = torch.where(is_off_centre, (1 + 0.25 * wide).clamp(0.3, 2.0), 1.0)
    size = fold((mean + sd * dice.normal("pan.size")).abs() * scale, 0.0, 1.0)
    is_low = torch.sigmoid(4 * (facts.measurements[..., _LOW_END] - 6.0))
    size = torch.where(is_off_centre, size * is_low, size)
    return torch.where(facts.is_stereo, 0.04 * dice.normal("pan.rest").abs(), size)


def _outward(facts: TrackFacts, taste: Taste) -> Tensor:
    """Return how strongly a track is drawn outwards (batch, tracks): crowded registers, hard guitars, keys at the side."""
    centroid = facts.measurements[..., _CENTROID]
    near = ((centroid[:, :, None] - centroid[:, None, :]).abs() < 0.75) & facts.is_track[:, None, :]
    crowd = 0.15 * (near.sum(-1) - 3.0).clamp(-3, 6)
    guitars = torch.where(taste.mode("guitars_hard"), 1.5, -1.5)
    keys = torch.where(taste.mode("keys_side"), 1.5, -1.5)
    is_guitar = is_class(facts.instrument, ("egtr_rhythm", "acgtr"))
    is_keys = is_class(facts.instrument, coarse_members("keys"))
    return crowd + torch.where(is_guitar, guitars, 0.0) + torch.where(is_keys, keys, 0.0)


def _share_pairs(size: Tensor, facts: TrackFacts, uniform: Tensor) -> Tensor:
    """Return `size` with one value for both of a pair: that of the one with the larger number, kept off the centre."""
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    partner = facts.double_of.clamp(min=0)
    other_size, other_uniform = size.gather(1, partner), uniform.gather(1, partner)
    shared = torch.where(uniform >= other_uniform, size, other_size)
    return torch.where(has_double, fold(0.25 + 0.85 * shared, 0.0, 1.0), size)


def _left_centre_right(size: Tensor, dice: Dice) -> Tensor:
    """Return sizes (batch, tracks) next to 0 or 1; exact ends would be a peak that no one hears."""
    near = 0.01 * dice.normal("pan.rest").abs().clamp(max=3)
    return torch.where(size > 0.3, 1 - near, near)


def _sides(facts: TrackFacts, taste: Taste, dice: Dice, size: Tensor, level_lufs: Tensor) -> Tensor:
    """Return -1 or 1 for every track (batch, tracks)."""
    uniform = dice.uniform("pan.side")
    chance = torch.where(uniform < 0.5, -1.0, 1.0)
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    other = uniform.gather(1, facts.double_of.clamp(min=0))
    side = torch.where(has_double, torch.where(uniform >= other, chance, -torch.where(other < 0.5, -1.0, 1.0)), chance)
    seat = torch.where(taste.mode("drummer_view"), -1.0, 1.0)
    is_sided = is_class(facts.instrument, _SIDED)
    side = torch.where(is_sided & ~has_double, torch.where(is_class(facts.instrument, ("hihat",)), seat, side), side)
    is_free = ~has_double & ~is_sided & facts.is_track & (dice.uniform("pan.whim") > _WHIM_SHARE)
    return _balanced(side, is_free, torch.where(facts.is_track, size * torch.pow(10, level_lufs / 10), 0.0))


def _balanced(side: Tensor, is_free: Tensor, weight: Tensor) -> Tensor:
    """Return sides in which free tracks, heaviest first, went to the lighter side.

    Args:
        side: -1 or 1 (batch, tracks).
        is_free: Boolean (batch, tracks): may change sides.
        weight: Power times |pan| (batch, tracks).
    """
    balance = torch.where(is_free, 0.0, side * weight).sum(-1)
    order = torch.where(is_free, weight, -1.0).argsort(dim=-1, descending=True)
    weight, free, old = weight.gather(1, order), is_free.gather(1, order), side.gather(1, order)
    sides: list[Tensor] = []
    for place in range(side.shape[1]):
        lighter = torch.where(balance == 0, old[:, place], -torch.sign(balance))
        new = torch.where(free[:, place], lighter, old[:, place])
        balance = balance + torch.where(free[:, place], new * weight[:, place], 0.0)
        sides.append(new)
    return torch.zeros_like(side).scatter(1, order, torch.stack(sides, dim=1))
