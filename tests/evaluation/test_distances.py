import math

import pytest
import torch
from torch import Tensor

from gen_mix.evaluation.distances import (
    Distances,
    energy_distance,
    pooled_mean,
    pooled_ratio,
    reference_distances,
    session_distances,
    summarize_tracks,
    worst_tenth,
)
from gen_mix.evaluation.two_sample import two_sample_test

DRAWS, TRACKS, FEATURES = 64, 6, 8


def draws(seed: int, shift: float = 0.0, spread: float = 1.0, count: int = DRAWS) -> Tensor:
    """Mixes whose tracks share half of their variance, as those of one engineer do."""
    generator = torch.Generator().manual_seed(seed)
    own = torch.randn(count, TRACKS, FEATURES, generator=generator)
    shared = torch.randn(count, 1, FEATURES, generator=generator)
    return shift + spread * (own + shared) / math.sqrt(2)


def ratio(system: Tensor, references: int = 4) -> float:
    return float(session_distances(system, [draws(1000 + seed) for seed in range(references)]).together.ratio)


def test_energy_distance_is_the_area_between_distributions_on_a_line() -> None:
    # In one dimension it is twice the integral of (F - G)²: Székely & Rizzo (2013).
    first, second = torch.rand(7, 1, generator=torch.Generator().manual_seed(0)), torch.tensor([[0.2], [0.9], [0.5]])
    line = torch.linspace(-0.5, 1.5, 200001)
    below = (first <= line).double().mean(0) - (second <= line).double().mean(0)
    area = 2 * torch.trapezoid(below.square(), line.double())
    assert float(energy_distance(first, second)) == pytest.approx(float(area), abs=1e-4)


def test_energy_distance_of_a_set_from_itself_is_zero_and_order_means_nothing() -> None:
    mixes = draws(0).flatten(1)
    assert float(energy_distance(mixes, mixes.flip(0))) == pytest.approx(0, abs=1e-5)


def test_repeating_an_answer_is_the_answer_alone() -> None:
    mixes, one = draws(0).flatten(1), draws(1)[:1].flatten(1)
    alone, repeated = energy_distance(one, mixes), energy_distance(one.expand(64, -1), mixes)
    assert float(alone) == pytest.approx(float(repeated), rel=1e-5)


def test_fresh_draws_have_a_ratio_of_one() -> None:
    ratios = torch.tensor([ratio(draws(seed)) for seed in range(12)])
    assert float(ratios.mean()) == pytest.approx(1, abs=0.05)
    assert float(ratios.std()) < 0.15


@pytest.mark.parametrize("shift", [-0.3, 0.3])
def test_a_shift_raises_the_ratio_and_a_larger_one_more(shift: float) -> None:
    assert 1.2 < ratio(draws(5, shift=shift)) < ratio(draws(5, shift=2 * shift))


@pytest.mark.parametrize("spread", [0.6, 1.5])
def test_a_wrong_spread_raises_the_ratio(spread: float) -> None:
    assert ratio(draws(5, spread=spread)) > 1.3


def test_one_answer_is_much_worse_than_any_variety() -> None:
    answer = draws(1, count=1).mul(0).expand(DRAWS, -1, -1)
    assert ratio(answer) > 10


def test_summaries_see_a_shift_of_all_tracks_before_tracks_do() -> None:
    distances = session_distances(draws(5, shift=0.3), [draws(1000), draws(1001)])
    assert float(distances.mix.ratio) > float(distances.together.ratio)


def test_summaries_are_the_same_in_any_order_of_tracks() -> None:
    mixes = draws(0)
    torch.testing.assert_close(summarize_tracks(mixes.flip(1)), summarize_tracks(mixes))


def test_one_reference_set_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two sets of engineers, got 1"):
        reference_distances(draws(0), [draws(1)])


def test_interval_holds_the_value_and_narrows_with_sessions() -> None:
    generator = torch.Generator().manual_seed(0)
    many = [Distances(2 + torch.randn((), generator=generator) / 4, torch.tensor(1.0)) for _ in range(64)]
    wide, narrow = pooled_ratio(many[:8], seed=0), pooled_ratio(many, seed=0)
    assert wide.low < wide.value < wide.high
    assert narrow.high - narrow.low < wide.high - wide.low
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 * 0.25 / math.sqrt(64), rel=0.3)
    assert pooled_mean([3.0] * 5, seed=0).high == 3.0


def test_worst_tenth_is_the_mean_of_the_largest() -> None:
    assert worst_tenth([*range(20)]) == 18.5
    assert worst_tenth([1.0, 5.0]) == 5.0


def test_classifier_is_at_chance_on_fresh_draws_and_sees_a_shift() -> None:
    labels = [torch.arange(TRACKS)] * 4
    engineers = [draws(seed) for seed in range(4)]
    fresh = two_sample_test([draws(50 + seed) for seed in range(4)], engineers, labels)
    shifted = two_sample_test([draws(50 + seed, shift=0.7) for seed in range(4)], engineers, labels)
    assert sum(fresh.accuracy) / 4 == pytest.approx(0.5, abs=0.05)
    assert sum(shifted.accuracy) / 4 > 0.65
    assert shifted.auc > fresh.auc


def test_classifier_uses_the_true_label() -> None:
    """Only the combination of label and feature tells: with one label for all tracks nothing is left to see."""
    sign = torch.tensor([1.0, -1, 1, -1, 1, -1])[:, None]
    engineers = [sign + 0.5 * draws(seed) for seed in range(4)]
    swapped = [-sign + 0.5 * draws(50 + seed) for seed in range(4)]
    told = two_sample_test(swapped, engineers, [torch.arange(TRACKS)] * 4)
    untold = two_sample_test(swapped, engineers, [torch.zeros(TRACKS, dtype=torch.int64)] * 4)
    assert sum(told.accuracy) / 4 > 0.9
    assert sum(untold.accuracy) / 4 < 0.6
