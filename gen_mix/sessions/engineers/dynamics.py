"""Compressors of a virtual engineer: the threshold is whatever gives the wanted gain reduction."""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from gen_mix.console.compressor import static_gain_db
from gen_mix.measurements import LEVELS, MEASUREMENTS
from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.folding import fold, fold_log, is_used, spearman_to_pearson
from gen_mix.sessions.engineers.prior import Prior
from gen_mix.sessions.engineers.taste import HABIT_SD, Taste, coarse_members, is_class
from gen_mix.sessions.engineers.tone import WITHIN_ENGINEER
from gen_mix.sessions.facts import TrackFacts

DYNAMICS_COUNTS = {"compressor.on": 1, "copula": 11, "density": 1, "parallel": 1}
"""What is drawn per track."""

COPULA = (
    "attack",
    "release",
    "ratio",
    "reduction",
    "knee",
    "low_shelf",
    "bell_1",
    "bell_2",
    "bell_3",
    "bell_4",
    "high_shelf",
)
"""Knobs whose ranks correlate: compressor, then gains of the equalizer."""

_RANK_CORRELATIONS = {
    ("attack", "reduction"): -0.39,
    ("attack", "high_shelf"): -0.35,
    ("release", "ratio"): 0.4,
    ("ratio", "reduction"): 0.46,
    ("reduction", "high_shelf"): 0.3,
    ("bell_4", "high_shelf"): 0.26,
}

SHARES = tuple((place + 0.5) / 12 for place in range(12))
"""Parts of the active time, quietest first, that stand for the whole of it."""

_CREST = MEASUREMENTS.index("crest_db")
_LEVEL_FIRST = MEASUREMENTS.index(f"level_{LEVELS[0]}_db")
_REDUCTION_PER_CREST = 0.25
_STEPS = 5


@dataclass(frozen=True)
class Dynamics:
    """Settings of the compressor of every track; all (batch, tracks).

    Attributes:
        is_on: Boolean.
        threshold_db, ratio, attack_ms, release_ms, knee_db: As on the console.
        reduction_db: Gain reduction that was aimed at while the track is loud, dB, positive.
        loudness_change_db: What the compressor does to the loudness, LU; 0 where off.
    """

    is_on: Tensor
    threshold_db: Tensor
    ratio: Tensor
    attack_ms: Tensor
    release_ms: Tensor
    knee_db: Tensor
    reduction_db: Tensor
    loudness_change_db: Tensor


@cache
def _copula_root() -> Tensor:
    """Return the lower Cholesky factor of the correlations of `COPULA`."""
    matrix = torch.eye(len(COPULA), dtype=torch.float64)
    for (first, second), correlation in _RANK_CORRELATIONS.items():
        row, column = COPULA.index(first), COPULA.index(second)
        matrix[row, column] = matrix[column, row] = spearman_to_pearson(correlation)
    return torch.linalg.cholesky(matrix).float()


def correlated_normals(dice: Dice) -> Tensor:
    """Return standard normal numbers in the order of `COPULA` (batch, tracks, 11), correlated as engineers' knobs are.

    The rank correlations are those of vocal chains of professionals (Yu et al., DiffVox, https://arxiv.org/abs/2504.14735).
    """
    normals = dice.normal("copula")
    return normals @ _copula_root().to(normals).T


def levels_over_time(measurements: Tensor) -> Tensor:
    """Return the level (*, len(SHARES)), dBFS, that a staged track has in each part of its time, quietest first.

    Percentiles are joined by straight lines; the lower half mirrors the step from the 50th to the 75th.
    """
    middle, upper, high, top = measurements[..., _LEVEL_FIRST : _LEVEL_FIRST + len(LEVELS)].unbind(-1)
    knots = [0.0, *(level / 100 for level in LEVELS), 1.0]
    values = torch.stack([middle - 2 * (upper - middle), middle, upper, high, top, top + (top - high) / 2], dim=-1)
    share = torch.tensor(SHARES, device=values.device)
    above = torch.bucketize(share, torch.tensor(knots, device=values.device)).clamp(1, len(knots) - 1)
    edges = torch.tensor(knots, device=values.device)
    weight = (share - edges[above - 1]) / (edges[above] - edges[above - 1])
    return values[..., above - 1] * (1 - weight) + values[..., above] * weight


def solve_threshold_db(levels_db: Tensor, reduction_db: Tensor, ratio: Tensor, knee_db: Tensor) -> Tensor:
    """Return the threshold (*), -60 to 0 dB, at which the mean gain reduction is `reduction_db` (*).

    The mean is weighted by power: what a meter shows while the track is loud. A mean over time would ask of a drum that
    its silence be compressed too. Bisection, all tracks at once; at the end of the range if it cannot be reached.

    Args:
        levels_db: Level in equally long parts of the time (*, parts).
        reduction_db: Wanted mean reduction, dB, positive.
        ratio: Of the compressor (*).
        knee_db: Of the compressor (*).
    """
    weights = torch.softmax(levels_db * (math.log(10) / 10), dim=-1)
    ratio, knee_db = ratio[..., None], knee_db[..., None]

    def excess(threshold_db: Tensor) -> Tensor:
        gain_db = static_gain_db(levels_db, threshold_db[..., None], ratio, knee_db)
        return -(gain_db * weights).sum(-1) - reduction_db

    low, high = torch.full_like(reduction_db, -60.0), torch.zeros_like(reduction_db)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        is_too_much = excess(middle) > 0
        low, high = torch.where(is_too_much, middle, low), torch.where(is_too_much, high, middle)
    above, below = excess(low), excess(high)  # within two decibels it is nearly straight
    return low + (high - low) * (above / (above - below).clamp(min=1e-6)).clamp(0, 1)


def draw_dynamics(
    facts: TrackFacts, prior: Prior, taste: Taste, dice: Dice, normals: Tensor, eq_change_db: Tensor
) -> Dynamics:
    """Return the compressors of every track.

    Gain reduction grows by a quarter of a dB with every dB of crest above the usual, and with density.

    Args:
        facts: Of the sessions.
        prior: What is usual for these tracks (`Prior.of`).
        taste: Of the engineers.
        dice: Names of `DYNAMICS_COUNTS`.
        normals: Of `correlated_normals`.
        eq_change_db: Loudness change that the filters before the compressor made (batch, tracks).
    """
    probability, ratio, ratio_sd, mean, sd, attack, release, time_sd = prior.compressor.unbind(-1)
    number = dict(zip(COPULA, normals.unbind(-1), strict=True))
    is_kit = is_class(facts.instrument, coarse_members("kick", "snare", "drums", "cymbals"))
    is_parallel = is_kit & taste.mode("parallel_drums") & (dice.uniform("parallel") < 0.8)
    is_on = is_used(probability, taste.habit("compressor"), HABIT_SD, dice.uniform("compressor.on"))
    density = (taste.axis("density") + WITHIN_ENGINEER * dice.normal("density")).clamp(-3, 3)
    unusual = facts.measurements[..., _CREST] - prior.typical[..., _CREST]
    spread = torch.exp(sd / mean * number["reduction"] + 0.35 * density)
    reduction = (mean * spread + _REDUCTION_PER_CREST * unusual + 4.0 * is_parallel).clamp(0.3, 20)
    ratio = fold_log(
        ratio * torch.exp(ratio_sd * number["ratio"] + 0.2 * density + math.log(2) * is_parallel), 1.15, 20.0
    )
    reduction = torch.minimum(reduction, 14 * (1 - 1 / ratio))
    knee = fold(6 + 3.5 * number["knee"], 0.0, 18.0)
    levels = levels_over_time(facts.measurements) + eq_change_db[..., None]
    threshold = solve_threshold_db(levels, reduction, ratio, knee)
    change = _loudness_change_db(
        levels, static_gain_db(levels, threshold[..., None], ratio[..., None], knee[..., None])
    )
    return Dynamics(
        is_on=is_on | is_parallel,
        threshold_db=threshold,
        ratio=ratio,
        attack_ms=attack * torch.exp(time_sd * number["attack"] - 0.7 * is_parallel),
        release_ms=release * torch.exp(time_sd * number["release"]),
        knee_db=knee,
        reduction_db=reduction,
        loudness_change_db=torch.where(is_on | is_parallel, change, 0.0),
    )


def _loudness_change_db(levels_db: Tensor, gain_db: Tensor) -> Tensor:
    """Return how much quieter a level-dependent gain makes a track (*), LU, from levels and gains over time."""
    return 10 * (
        torch.log10(torch.pow(10, (levels_db + gain_db) / 10).sum(-1))
        - torch.log10(torch.pow(10, levels_db / 10).sum(-1))
    )
