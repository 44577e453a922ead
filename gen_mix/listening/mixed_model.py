"""A linear mixed model of ratings: systems are what is asked; listeners and songs are drawn from many.

rating = mean + system + song + listener + listener's own taste in systems + error, all but mean and system random:
``rating ~ system + (1 | song) + (1 | listener) + (1 | listener:system)``. Without the last term a test of the systems
takes every listener's taste for a fact about all listeners. Fitted by restricted maximum likelihood.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes:
        means: Of the systems, on an average song by an average listener.
        standard_errors: Of these.
        f: Statistic of the test that all systems are alike.
        degrees: Of freedom, of the systems and of their error.
        p: Of that test.
        deviations: Standard deviations of listener, song, taste and error by name; with one song, listener and error.
    """

    means: tuple[float, ...]
    standard_errors: tuple[float, ...]
    f: float
    degrees: tuple[int, int]
    p: float
    deviations: dict[str, float]


def fit(ratings: Array) -> Fit:
    """Return the model fitted to ratings (listeners, songs, systems), NaN where there is none.

    The test divides by (listeners - 1)(systems - 1) degrees of freedom, which is exact where nothing is missing.

    Raises:
        ValueError: There are fewer than two listeners or systems.
    """
    listeners, songs, systems = ratings.shape
    if listeners < 2 or systems < 2:
        raise ValueError(f"expected at least two listeners and systems, got {listeners} and {systems}")
    listener, song, system = np.nonzero(~np.isnan(ratings))
    values = ratings[listener, song, system]
    fixed = _indicators(system)
    random = {"listener": _indicators(listener)}
    if songs > 1:  # with one song, song is part of the mean, and taste cannot be told from error
        random |= {"song": _indicators(song), "taste": _indicators(listener * systems + system)}
    relations = [groups @ groups.T for groups in random.values()]
    scale = float(values.var()) or 1.0
    start = np.full(len(relations), math.log(0.3))
    found = optimize.minimize(
        _deviance, start, (values, fixed, relations), method="L-BFGS-B", bounds=[(-12.0, 6.0)] * len(start)
    )
    solved = _solve(found.x, values, fixed, relations)
    variance = solved.residual / (len(values) - systems)
    if variance < 1e-12 * scale:
        variance = 1e-12 * scale
    covariance = np.linalg.inv(solved.information) * variance
    contrasts = np.eye(systems)[:-1] - np.eye(systems)[1:]
    difference = contrasts @ solved.means
    f = float(difference @ np.linalg.solve(contrasts @ covariance @ contrasts.T, difference)) / (systems - 1)
    degrees = (systems - 1, (listeners - 1) * (systems - 1))
    deviations = {
        name: math.sqrt(variance * math.exp(ratio)) for name, ratio in zip(random, found.x.tolist(), strict=True)
    }
    return Fit(
        tuple(solved.means.tolist()),
        tuple(np.sqrt(np.diag(covariance)).tolist()),
        f,
        degrees,
        float(stats.f.sf(f, *degrees)),
        {**deviations, "error": math.sqrt(variance)},
    )


def _indicators(labels: NDArray[np.int64]) -> Array:
    return np.asarray(labels[:, None] == np.unique(labels)[None, :], dtype=np.float64)


@dataclass(frozen=True)
class _Solution:
    """The best means for given variances, and what the likelihood needs."""

    means: Array
    information: Array
    residual: float
    log_determinant: float


def _solve(log_ratios: Array, values: Array, fixed: Array, relations: list[Array]) -> _Solution:
    covariance = np.eye(len(values))
    for ratio, relation in zip(np.exp(log_ratios), relations, strict=True):
        covariance += ratio * relation
    factor = np.linalg.cholesky(covariance)
    whitened = np.linalg.solve(factor, np.column_stack([fixed, values]))
    design, target = whitened[:, :-1], whitened[:, -1]
    information = design.T @ design
    means = np.linalg.solve(information, design.T @ target)
    residual = float(np.square(target - design @ means).sum())
    return _Solution(means, information, residual, 2 * float(np.log(np.diag(factor)).sum()))


def _deviance(log_ratios: Array, values: Array, fixed: Array, relations: list[Array]) -> float:
    """Return minus twice the restricted log likelihood, less a constant; the error's variance is profiled out."""
    solved = _solve(log_ratios, values, fixed, relations)
    degrees = len(values) - fixed.shape[1]
    information = float(np.linalg.slogdet(solved.information)[1])
    return solved.log_determinant + information + degrees * math.log(max(solved.residual, 1e-300))
