"""How far one set of mixes is from another: energy distance, its ratio, and bootstrap intervals over sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Estimate:
    """A number with the interval that 95 % of bootstrap resamples of the sessions fall into.

    Attributes:
        value: The number itself.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Distances:
    """Energy distances of one or several sessions; what an energy ratio is made from.

    Attributes:
        system: From the system's mixes to the engineers' (*), averaged over the reference sets.
        engineers: Between two independent sets of engineers (*), averaged over the pairs of reference sets.
    """

    system: Tensor
    engineers: Tensor

    @property
    def ratio(self) -> Tensor:
        """The energy ratio (*): 1 where the system cannot be told from another set of engineers."""
        return self.system / self.engineers


def energy_distance(first: Tensor, second: Tensor) -> Tensor:
    """Return the energy distance between two samples, as a V-statistic.

    2 E|X − Y| − E|X − X'| − E|Y − Y'|, every mean over all pairs, an element with itself included
    (Székely & Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018, eq. 6.1). It is never negative; between
    two independent samples of one distribution it is positive and falls as 1 / draws.

    Args:
        first: X, (*, draws, features).
        second: Y, (*, other draws, features).

    Returns:
        Distances (*), in the unit of the features.
    """
    return 2 * _mean_distance(first, second) - _mean_distance(first, first) - _mean_distance(second, second)


def _mean_distance(first: Tensor, second: Tensor) -> Tensor:
    # The quick matrix form loses the small distances between nearly equal mixes.
    return torch.cdist(first, second, compute_mode="donot_use_mm_for_euclid_dist").mean((-2, -1))


def reference_distances(system: Tensor, references: Sequence[Tensor]) -> Distances:
    """Return how far a system is from engineers, and engineers from each other.

    Args:
        system: (*, draws, features).
        references: At least two independent sets of engineers, each (*, draws, features).

    Raises:
        ValueError: There are fewer than two reference sets.
    """
    if len(references) < 2:
        raise ValueError(f"expected at least two sets of engineers, got {len(references)}")
    to_engineers = [energy_distance(system, reference) for reference in references]
    among_engineers = [energy_distance(first, second) for first, second in combinations(references, 2)]
    return Distances(torch.stack(to_engineers).mean(0), torch.stack(among_engineers).mean(0))


def summarize_tracks(heard: Tensor) -> Tensor:
    """Return the mean and the standard deviation over tracks of each feature: (*, tracks, f) to (*, 2 f)."""
    return torch.cat([heard.mean(-2), heard.std(-2, correction=0)], dim=-1)


@dataclass(frozen=True)
class SessionDistances:
    """Energy distances of one session, three ways of looking at a set of its mixes.

    Attributes:
        together: All tracks of a mix side by side in one vector.
        per_track: Each track alone, averaged over tracks.
        mix: Mean and standard deviation over tracks of each feature.
    """

    together: Distances
    per_track: Distances
    mix: Distances


def session_distances(system: Tensor, references: Sequence[Tensor]) -> SessionDistances:
    """Return the distances of a system's mixes of one session from engineers' mixes of it.

    Args:
        system: Heard features (draws, tracks, features), each divided by its spread.
        references: At least two independent sets of engineers, each of the same shape.
    """
    by_track = reference_distances(system.transpose(0, 1), [one.transpose(0, 1) for one in references])
    return SessionDistances(
        together=reference_distances(system.flatten(1), [one.flatten(1) for one in references]),
        per_track=Distances(by_track.system.mean(), by_track.engineers.mean()),
        mix=reference_distances(summarize_tracks(system), [summarize_tracks(one) for one in references]),
    )


def pooled_ratio(distances: Sequence[Distances], seed: int, resamples: int = 1000) -> Estimate:
    """Return the ratio of the means over sessions, with its interval when sessions are drawn again."""
    system = np.array([float(one.system) for one in distances])
    engineers = np.array([float(one.engineers) for one in distances])
    picks = _resample(len(distances), resamples, seed)
    draws = system[picks].mean(1) / engineers[picks].mean(1)
    return _estimate(system.mean() / engineers.mean(), draws)


def pooled_mean(values: Sequence[float], seed: int, resamples: int = 1000) -> Estimate:
    """Return the mean over sessions, with its interval when sessions are drawn again."""
    array = np.asarray(values, dtype=np.float64)
    return _estimate(array.mean(), array[_resample(len(array), resamples, seed)].mean(1))


def worst_tenth(values: Sequence[float]) -> float:
    """Return the mean of the largest tenth of `values`, of one value at least."""
    ordered = sorted(values, reverse=True)
    count = max(1, round(len(ordered) / 10))
    return sum(ordered[:count]) / count


def _resample(count: int, resamples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, (resamples, count))


def _estimate(value: float, draws: np.ndarray) -> Estimate:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))
