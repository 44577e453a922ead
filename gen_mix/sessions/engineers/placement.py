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
_WHIM_SHARE = 0.15
_SEATING = 4.0  # as an orchestra sits: what is higher than its like goes to the hi-hat's side
_FAR = 0.6
_LOPSIDED = 0.7
_LEAD_OUTWARD, _DOUBLE_OUTWARD, _HIGHER_OUTWARD = -5.0, 1.5, 4.0
_DOUBLE_CENTRE = 0.05


def draw_placement(
    facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, level_lufs: Tensor
) -> tuple[Tensor, Tensor]:
    """Return pan (batch, tracks), -1 to 1, and width (batch, tracks), 0 to 2, of every track.

    Two takes of one part go to opposite sides, equally far out. Other tracks go, loudest first, where there is
    less; the kit is seen by all from the same seat.
    """
    size = _sizes(facts, prior, taste, dice)
    size = torch.where(taste.mode("lcr"), _left_centre_right(size, dice), size)
    size = _share_pairs(size, facts, dice.uniform("pan.side"))
    pan = size * _sides(facts, prior, taste, dice, size, level_lufs)
    width_mean, width_sd = prior.width.unbind(-1)
    width = width_mean + width_sd * dice.normal("width") + 0.1 * taste.axis("width").clamp(-3, 3)
    return pan, width


def _sizes(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice) -> Tensor:
    """Return |pan| (batch, tracks), 0 to 1: from register, density and taste; a stereo track stays near the centre."""
    weights, means, sds = prior.pan.unbind(-1)
    weights = weights * torch.exp(_outward(facts, prior, taste)[..., None] * (means - 0.4) * 2)
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    weights = torch.where(has_double[..., None] & (means < 0.05), _DOUBLE_CENTRE * weights, weights)
    edges = (weights / weights.sum(-1, keepdim=True)).cumsum(-1)[..., :-1]
    mode = (dice.uniform("pan.mode")[..., None] > edges).sum(-1, keepdim=True)
    mean, sd = means.gather(-1, mode)[..., 0], sds.gather(-1, mode)[..., 0]
    is_half = (mean > 0.05) & (mean < 0.95)
    wide = taste.axis("width") + WITHIN_ENGINEER * dice.normal("wide")
    scale = torch.where(is_half, (1 + 0.25 * wide).clamp(0.3, 2.0), 1.0)
    size = fold((mean + sd * dice.normal("pan.size")).abs() * scale, 0.0, 1.0)
    deeper = prior.typical[..., _LOW_END] - facts.measurements[..., _LOW_END]
    size = torch.where(mean > 0.05, size * torch.sigmoid(4 * (2 - deeper)), size)
    return torch.where(facts.is_stereo, 0.04 * dice.normal("pan.rest").abs(), size)


def _outward(facts: TrackFacts, prior: Prior, taste: Taste) -> Tensor:
    """Return how strongly a track is drawn outwards (batch, tracks): crowded and high registers, doubles, hard guitars,
    keys at the side; a lead is drawn inwards.
    """
    centroid = facts.measurements[..., _CENTROID]
    near = ((centroid[:, :, None] - centroid[:, None, :]).abs() < 0.75) & facts.is_track[:, None, :]
    crowd = 0.15 * (near.sum(-1) - 3.0).clamp(-3, 6)
    higher = _HIGHER_OUTWARD * (centroid - prior.typical[..., _CENTROID]).clamp(-_FAR, _FAR)
    guitars = torch.where(taste.mode("guitars_hard"), 2.0, -2.0)
    keys = torch.where(taste.mode("keys_side"), 1.5, -1.5)
    is_guitar = is_class(facts.instrument, ("egtr_rhythm", "acgtr"))
    is_keys = is_class(facts.instrument, coarse_members("keys"))
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    roles = torch.where(facts.is_lead, _LEAD_OUTWARD, 0.0) + torch.where(has_double, _DOUBLE_OUTWARD, 0.0)
    return (
        crowd
        + higher
        + roles
        + 0.4 * taste.axis("width").clamp(-3, 3)
        + torch.where(is_guitar, guitars, 0.0)
        + torch.where(is_keys, keys, 0.0)
    )


def _share_pairs(size: Tensor, facts: TrackFacts, uniform: Tensor) -> Tensor:
    """Return `size` with one value for both of a pair: that of the one with the larger number."""
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    partner = facts.double_of.clamp(min=0)
    other_size, other_uniform = size.gather(1, partner), uniform.gather(1, partner)
    shared = torch.where(uniform >= other_uniform, size, other_size)
    return torch.where(has_double, shared, size)


def _left_centre_right(size: Tensor, dice: Dice) -> Tensor:
    """Return sizes (batch, tracks) next to 0 or 1; exact ends would be a peak that no one hears."""
    near = 0.01 * dice.normal("pan.rest").abs().clamp(max=3)
    return torch.where(size > 0.3, 1 - near, near)


def _sides(facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, size: Tensor, level_lufs: Tensor) -> Tensor:
    """Return -1 or 1 for every track (batch, tracks)."""
    uniform = dice.uniform("pan.side")
    chance = torch.where(uniform < 0.5, -1.0, 1.0)
    high = facts.measurements[..., _CENTROID] - prior.typical[..., _CENTROID]
    seated = torch.where(uniform < torch.sigmoid(_SEATING * high.clamp(-_FAR, _FAR)), 1.0, -1.0)
    has_double = (facts.double_of >= 0) & ~facts.is_stereo
    other = uniform.gather(1, facts.double_of.clamp(min=0))
    side = torch.where(has_double, torch.where(uniform >= other, chance, -torch.where(other < 0.5, -1.0, 1.0)), seated)
    hat_side = torch.where(taste.mode("drummer_view"), -1.0, 1.0)
    sided = _side_in_kit(facts) * hat_side
    has_whim = dice.uniform("pan.whim") < _WHIM_SHARE
    side = torch.where((sided == 0) | (has_whim & ~has_double), side, sided)
    is_free = ~has_double & (sided == 0) & facts.is_track & ~has_whim
    return _balanced(side, is_free, torch.where(facts.is_track, size * torch.pow(10, level_lufs / 10), 0.0))


def _side_in_kit(facts: TrackFacts) -> Tensor:
    """Return where a track of the kit lies (batch, tracks): 1 on the side of the hi-hat, -1 opposite, 0 if unknown.

    High toms are near the hi-hat, and so is the brighter half of a pair of overheads or room microphones.
    """
    is_tom = is_class(facts.instrument, ("toms",)) & facts.is_track
    low_end = facts.measurements[..., _LOW_END]
    middle = (low_end * is_tom).sum(-1, keepdim=True) / is_tom.sum(-1, keepdim=True).clamp(min=1)
    is_half = is_class(facts.instrument, ("overheads", "room")) & (facts.double_of >= 0)
    centroid = facts.measurements[..., _CENTROID]
    brighter = torch.sign(centroid - centroid.gather(1, facts.double_of.clamp(min=0)))
    side = torch.where(is_tom, torch.sign(low_end - middle), torch.where(is_half, brighter, 0.0))
    return torch.where(is_class(facts.instrument, ("hihat",)), 1.0, side)


def _balanced(side: Tensor, is_free: Tensor, weight: Tensor) -> Tensor:
    """Return sides in which free tracks, heaviest first, went to the lighter side if one was much lighter.

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
        is_lopsided = free[:, place] & (balance.abs() > _LOPSIDED * weight[:, place])
        new = torch.where(is_lopsided, -torch.sign(balance), old[:, place])
        balance = balance + torch.where(free[:, place], new * weight[:, place], 0.0)
        sides.append(new)
    return torch.zeros_like(side).scatter(1, order, torch.stack(sides, dim=1))
