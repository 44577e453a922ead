"""What a listening test says: ranks first, because ratings on a scale are not normal.

C. Mendonça and S. Delikaris-Manias, "Statistical Tests with MUSHRA Data", AES Convention 144 (2018), on why: such
ratings break what an analysis of variance assumes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Friedman:
    """A test of whether all systems are rated alike.

    Attributes:
        statistic: χ².
        p: Its probability if they are.
        kendall_w: How far listeners agree, 0 to 1.
        listeners: How many.
    """

    statistic: float
    p: float
    kendall_w: float
    listeners: int


@dataclass(frozen=True)
class Comparison:
    """Two systems, rated by the same listeners.

    Attributes:
        first, second: Their names.
        difference: Mean of first less second.
        low, high: Ends of its bootstrap interval of 95 %, over listeners and songs.
        p: Of Wilcoxon's signed-rank test.
        p_holm: The same, corrected for the number of comparisons after Holm.
        rank_biserial: Effect size -1 to 1: share of favourable less unfavourable rank sums.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    rank_biserial: float


def friedman(scores: Array) -> Friedman:
    """Return Friedman's test of scores (listeners, systems); of two systems it is that of the sign."""
    listeners, systems = scores.shape
    ranks = np.apply_along_axis(stats.rankdata, 1, scores)
    ties = sum(float((counts**3 - counts).sum()) for counts in (_tie_counts(row) for row in scores))
    spread = listeners * systems * (systems + 1) / 12 - ties / (12 * (systems - 1))
    if spread <= 0:
        return Friedman(0.0, 1.0, 0.0, listeners)
    deviation = ranks.sum(axis=0) - listeners * (systems + 1) / 2
    statistic = float((deviation**2).sum() / spread)
    kendall = statistic / (listeners * (systems - 1))
    return Friedman(statistic, float(stats.chi2.sf(statistic, systems - 1)), kendall, listeners)


def _tie_counts(row: Array) -> Array:
    return np.unique(row, return_counts=True)[1].astype(np.float64)


def comparisons(ratings: Array, systems: Sequence[str], rng: np.random.Generator) -> list[Comparison]:
    """Return all pairs of systems.

    Args:
        ratings: (listeners, songs, systems), NaN where there is none.
        systems: Their names.
        rng: Of the bootstrap.
    """
    scores = np.nanmean(ratings, axis=1)
    pairs = list(combinations(range(len(systems)), 2))
    raw = [_wilcoxon(scores[:, one] - scores[:, other]) for one, other in pairs]
    draws = _resampled_means(ratings, rng)
    found = []
    for (one, other), p, p_holm in zip(pairs, raw, holm(raw), strict=True):
        difference = scores[:, one] - scores[:, other]
        low, high = np.nanpercentile(draws[:, one] - draws[:, other], (2.5, 97.5)).tolist()
        mean, effect = float(np.nanmean(difference)), rank_biserial(difference)
        found.append(Comparison(systems[one], systems[other], mean, low, high, p, p_holm, effect))
    return found


def _wilcoxon(differences: Array) -> float:
    differences = differences[~np.isnan(differences)]
    return float(stats.wilcoxon(differences).pvalue) if np.any(differences != 0) else 1.0


def rank_biserial(differences: Array) -> float:
    """Return the matched-pairs rank-biserial correlation of `differences`, 0 if none differs.

    D. S. Kerby, "The Simple Difference Formula", Comprehensive Psychology 3 (2014).
    """
    differences = differences[~np.isnan(differences) & (differences != 0)]
    if not differences.size:
        return 0.0
    ranks = stats.rankdata(np.abs(differences))
    return float((ranks * np.sign(differences)).sum() / ranks.sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """Return `p_values` corrected for their number: S. Holm, Scandinavian Journal of Statistics 6 (1979)."""
    order = np.argsort(p_values)
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


@dataclass(frozen=True)
class Mean:
    """A mean with its bootstrap interval of 95 %, over listeners and songs."""

    value: float
    low: float
    high: float


def means(ratings: Array, rng: np.random.Generator) -> list[Mean]:
    """Return the mean of each system in ratings (listeners, songs, systems)."""
    draws = _resampled_means(ratings, rng)
    low, high = np.nanpercentile(draws, (2.5, 97.5), axis=0)
    middle = np.nanmean(ratings, axis=(0, 1))
    return [Mean(float(a), float(b), float(c)) for a, b, c in zip(middle, low, high, strict=True)]


def _resampled_means(ratings: Array, rng: np.random.Generator, draws: int = 2000) -> Array:
    """Return means (draws, systems) over listeners and songs drawn anew, with replacement."""
    listeners, songs, systems = ratings.shape
    present = ~np.isnan(ratings)
    filled = np.where(present, ratings, 0.0)
    weights = rng.multinomial(listeners, np.full(listeners, 1 / listeners), draws).astype(np.float64)
    song_weights = rng.multinomial(songs, np.full(songs, 1 / songs), draws).astype(np.float64)
    total = np.einsum("dl,ds,lsk->dk", weights, song_weights, filled, optimize=True)
    count = np.einsum("dl,ds,lsk->dk", weights, song_weights, present.astype(np.float64), optimize=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / count).reshape(draws, systems)
