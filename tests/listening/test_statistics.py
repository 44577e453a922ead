"""Facts about the statistics: known effects come back, and where there is none, none is found."""

import itertools

import numpy as np
import pytest
from scipy import stats

from gen_mix.listening.mixed_model import fit
from gen_mix.listening.statistics import comparisons, friedman, holm, means, rank_biserial


def simulated(
    rng: np.random.Generator, effects: list[float], listeners: int = 12, songs: int = 4, taste: float = 4.0
) -> np.ndarray:
    """Return ratings (listeners, songs, systems) of people who use the scale in their own ways."""
    systems = len(effects)
    return (
        50
        + np.array(effects)
        + 8 * rng.standard_normal((listeners, 1, 1))
        + 5 * rng.standard_normal((1, songs, 1))
        + taste * rng.standard_normal((listeners, 1, systems))
        + 6 * rng.standard_normal((listeners, songs, systems))
    )


def test_known_effects_come_back() -> None:
    rng = np.random.default_rng(0)
    effects = [0.0, 6.0, 15.0]
    ratings = simulated(rng, effects, listeners=40, songs=6)
    model = fit(ratings)
    for one, other in itertools.combinations(range(3), 2):
        found = model.means[other] - model.means[one]
        assert abs(found - (effects[other] - effects[one])) < 3 * np.hypot(
            *(model.standard_errors[k] for k in (one, other))
        )
    assert model.p < 1e-6
    assert friedman(ratings.mean(axis=1)).p < 1e-6
    pairs = comparisons(ratings, ["a", "b", "c"], rng)
    assert all(pair.p_holm < 0.05 and pair.low < pair.difference < pair.high < 0 for pair in pairs)
    assert pairs[1].rank_biserial < -0.9


def test_variances_come_back() -> None:
    rng = np.random.default_rng(1)
    fits = [fit(simulated(rng, [0.0, 0.0, 0.0, 0.0], listeners=16, songs=5)) for _ in range(8)]
    wanted = {"listener": 8.0, "song": 5.0, "taste": 4.0, "error": 6.0}
    for name, deviation in wanted.items():
        found = np.sqrt(np.mean([one.deviations[name] ** 2 for one in fits]))
        assert abs(found / deviation - 1) < 0.4, name


def test_a_balanced_fit_is_the_analysis_of_variance() -> None:
    ratings = simulated(np.random.default_rng(2), [0.0, 3.0, -2.0], listeners=9, songs=3, taste=6.0)
    listeners, songs, systems = ratings.shape
    table = ratings.mean(axis=1)
    of_system, of_listener = table.mean(axis=0), table.mean(axis=1)
    interaction = table - of_system[None] - of_listener[:, None] + table.mean()
    between = songs * listeners * ((of_system - table.mean()) ** 2).sum() / (systems - 1)
    within = songs * (interaction**2).sum() / ((listeners - 1) * (systems - 1))
    model = fit(ratings)
    assert model.f == pytest.approx(between / within, rel=1e-3)
    assert model.means == pytest.approx(of_system.tolist(), abs=1e-6)


@pytest.mark.parametrize("test", ["friedman", "wilcoxon", "mixed model"])
def test_where_there_is_no_effect_p_is_uniform(test: str) -> None:
    rng = np.random.default_rng(3)
    repeats = {"friedman": 400, "wilcoxon": 150, "mixed model": 60}[test]
    found = []
    for _ in range(repeats):
        ratings = simulated(rng, [0.0] * 3, listeners=20, songs=2)
        if test == "friedman":
            found.append(friedman(ratings.mean(axis=1)).p)
        elif test == "wilcoxon":
            found.append(comparisons(ratings[:, :, :2], ["a", "b"], rng)[0].p)
        else:
            found.append(fit(ratings).p)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert abs(np.mean(np.array(found) < 0.05) - 0.05) < 0.05


def test_friedman_is_scipys_with_and_without_ties() -> None:
    rng = np.random.default_rng(4)
    for scores in (rng.standard_normal((15, 4)), rng.integers(0, 4, (15, 4)).astype(float)):
        theirs = stats.friedmanchisquare(*scores.T)
        ours = friedman(scores)
        assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_all_agree_and_none_cares() -> None:
    assert friedman(np.tile(np.arange(4.0), (6, 1))).kendall_w == pytest.approx(1.0)
    indifferent = friedman(np.zeros((6, 4)))
    assert (indifferent.statistic, indifferent.p) == (0.0, 1.0)


def test_rank_biserial_is_the_simple_difference() -> None:
    assert rank_biserial(np.array([1.0, 2.0, 3.0])) == 1.0
    assert rank_biserial(np.array([-1.0, -2.0])) == -1.0
    assert rank_biserial(np.array([1.0, -2.0, 3.0, 0.0])) == pytest.approx((4 - 2) / 6)
    assert rank_biserial(np.zeros(3)) == 0.0


def test_holm_multiplies_the_smallest_most_and_never_overtakes() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(60):
        mean = means(simulated(rng, [0.0, 10.0], listeners=15, songs=10), rng)[1]
        hits += mean.low <= 60 <= mean.high
    assert hits >= 50


def test_missing_answers_are_left_out() -> None:
    ratings = simulated(np.random.default_rng(6), [0.0, 10.0], listeners=30, songs=4)
    ratings[3, 1, 0] = np.nan
    model = fit(ratings)
    assert model.means[1] - model.means[0] == pytest.approx(10, abs=4)
    assert not np.isnan([pair.low for pair in comparisons(ratings, ["a", "b"], np.random.default_rng(0))]).any()


def test_one_song_is_enough_for_a_test_and_tells_no_variance_it_cannot_know() -> None:
    ratings = simulated(np.random.default_rng(7), [0.0, 20.0], listeners=20, songs=1)
    model = fit(ratings)
    assert set(model.deviations) == {"listener", "error"}
    paired = stats.ttest_rel(ratings[:, 0, 0], ratings[:, 0, 1])
    assert model.f == pytest.approx(paired.statistic**2, rel=1e-3)
    assert model.p == pytest.approx(paired.pvalue, rel=1e-2)
