"""Facts about guidance, known entries, starts and inversion."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import truncnorm
from torch import Tensor

from samplers import (
    Around,
    Bounds,
    Gauss,
    Guide,
    Heun,
    SeededNoise,
    guided,
    invert,
    karras_sigmas,
    noisy_start,
    sample_from,
    slerp,
    tilted,
)
from tests.samplers.gaussian import GAUSSIAN, Gaussian, start

SIGMAS = karras_sigmas(16, 0.005, 80.0)


def shifted(mean: float) -> Gaussian:
    """Return unit-variance data around a mean."""
    return Gaussian(torch.full((3,), mean, dtype=torch.float64), torch.ones(3, dtype=torch.float64))


def test_weight_one_is_the_conditional_answer_and_zero_the_unconditional() -> None:
    x, sigma = start(4, 3.0), torch.full((4,), 3.0, dtype=torch.float64)
    zero, one = shifted(0.0), shifted(1.0)
    assert torch.equal(guided(zero.denoise, [Guide(one.denoise, 1.0)])(x, sigma), one.denoise(x, sigma))
    assert torch.equal(guided(zero.denoise, [Guide(one.denoise, 0.0)])(x, sigma), zero.denoise(x, sigma))


def test_guidance_of_gaussians_moves_the_mean_by_its_weights() -> None:
    guides = [Guide(shifted(1.0).denoise, 2.0), Guide(shifted(-0.5).denoise, 3.0)]
    x = start(4, 80.0)
    end = Heun()(guided(shifted(0.0).denoise, guides), x, SIGMAS, SeededNoise(range(4)))
    plain = Heun()(shifted(2.0 - 1.5).denoise, x, SIGMAS, SeededNoise(range(4)))
    assert torch.allclose(end, plain, atol=1e-9)


def test_outside_the_interval_each_condition_counts_once() -> None:
    zero, one = shifted(0.0), shifted(1.0)
    denoise = guided(zero.denoise, [Guide(one.denoise, 4.0)], sigma_low=0.5, sigma_high=2.0)
    x = start(4, 1.0)
    for level, weight in [(0.4, 1.0), (1.0, 4.0), (3.0, 1.0)]:
        sigma = torch.full((4,), level, dtype=torch.float64)
        assert torch.allclose(denoise(x, sigma), shifted(weight).denoise(x, sigma))


def test_guidance_without_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        guided(GAUSSIAN.denoise, [])


PAIR = torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)
"""Covariance of two entries that go together."""

FEW_SIGMAS = karras_sigmas(16, 0.02, 20.0)


def denoise_pair(x: Tensor, sigma: Tensor) -> Tensor:
    """Return the expected clean pair (batch, draws, 2)."""
    noise = sigma[0] ** 2 * torch.eye(2, dtype=torch.float64)
    return x @ torch.linalg.solve(PAIR + noise, PAIR)


def pairs(low: float, high: float, resamplings: int = 3) -> Tensor:
    """Return 10,000 pairs (draws, 2) whose first entry is asked to be between two ends."""
    like = torch.zeros(1, 10_000, 2, dtype=torch.float64)
    ends = [torch.tensor([end, free], dtype=torch.float64) for end, free in ((low, -math.inf), (high, math.inf))]
    around = Around(Bounds(*(end.expand_as(like) for end in ends)), resamplings)
    noise = SeededNoise([0])
    return around(denoise_pair, noisy_start(like, 20.0, noise), FEW_SIGMAS, noise)[0]


@pytest.mark.parametrize("resamplings", [1, 3])
def test_known_entries_come_out_exactly(resamplings: int) -> None:
    bounds = Bounds.known(torch.full((4, 3), 1.23456789), torch.tensor([True, False, True]).expand(4, 3))
    x = start(4, 80.0).float()
    end = Around(bounds, resamplings)(GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)))
    assert torch.equal(end[:, [0, 2]], bounds.low[:, [0, 2]].to(end))


def test_independent_entries_do_not_notice_what_is_known() -> None:
    known = Bounds.known(torch.ones(4, 3, dtype=torch.float64), torch.tensor([True, False, False]).expand(4, 3))
    x = start(4, 80.0)
    free = Gauss()(GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)))
    end = Around(known, 1)(GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)))
    assert torch.allclose(end[:, 1:], free[:, 1:], rtol=0, atol=1e-12)


def test_the_free_entry_follows_the_known_one_as_the_data_do() -> None:
    free = pairs(2.0, 2.0)[:, 1]
    assert free.mean() == pytest.approx(0.9 * 2.0, abs=0.06)
    assert free.std() == pytest.approx(math.sqrt(1 - 0.9**2), abs=0.05)


def test_walking_again_brings_the_free_entry_nearer() -> None:
    errors = [abs(pairs(2.0, 2.0, resamplings)[:, 1].mean().item() - 1.8) for resamplings in (1, 2, 3)]
    assert errors[0] > errors[1] > errors[2]


def test_a_range_leaves_the_distribution_inside_it() -> None:
    drawn = pairs(0.5, 1.5)
    generator = torch.Generator().manual_seed(3)
    all_pairs = torch.randn(2_000_000, 2, dtype=torch.float64, generator=generator) @ torch.linalg.cholesky(PAIR).T
    true = all_pairs[(all_pairs[:, 0] >= 0.5) & (all_pairs[:, 0] <= 1.5)]
    assert drawn[:, 0].min() >= 0.5
    assert drawn[:, 0].max() <= 1.5
    assert torch.allclose(drawn.mean(0), true.mean(0), atol=0.04)
    assert torch.allclose(drawn.std(0), true.std(0), atol=0.04)


@given(st.floats(-30, 30), st.floats(0, 8), st.floats(-30, 30), st.floats(0.01, 3))
def test_the_mean_between_ends_is_scipys(low: float, width: float, mean: float, std: float) -> None:
    tensor = [torch.tensor([value], dtype=torch.float64) for value in (low, low + width, mean)]
    got = Bounds(tensor[0], tensor[1]).expected(tensor[2], std).item()
    alpha, beta = (low - mean) / std, (low + width - mean) / std
    assert low <= got <= low + width
    if width / std > 0.01 and min(abs(alpha), abs(beta)) < 20:
        assert got == pytest.approx(truncnorm.mean(alpha, beta, mean, std), abs=1e-5 * max(1.0, abs(mean)))


def test_ends_that_cross_are_refused() -> None:
    with pytest.raises(ValueError, match="low end"):
        Bounds(torch.ones(1), torch.zeros(1))


def test_a_tilt_moves_the_mean_of_unit_gaussians_and_keeps_their_spread() -> None:
    like, slope = torch.zeros(1, 20_000, 1, dtype=torch.float64), torch.full((1, 1, 1), 0.8, dtype=torch.float64)

    def unit(x: Tensor, sigma: Tensor) -> Tensor:
        return x / (1 + sigma[0] ** 2)

    end = Heun()(tilted(unit, slope), noisy_start(like, 80.0, SeededNoise([0])), SIGMAS, SeededNoise([0]))
    plain = Heun()(unit, noisy_start(like, 80.0, SeededNoise([0])), SIGMAS, SeededNoise([0]))
    assert torch.allclose(end - plain, slope.expand_as(end), atol=0.02)


def test_distance_grows_evenly_with_strength() -> None:
    like = torch.zeros(1, 20_000, dtype=torch.float64)
    clean, seeds = SeededNoise([1])(like, 0), SeededNoise([0])

    def unit(x: Tensor, sigma: Tensor) -> Tensor:
        return x / (1 + sigma[0] ** 2)

    for strength in (0.1, 0.3, 0.5, 0.7, 0.9):
        end = sample_from(clean, strength, Heun(), unit, karras_sigmas(32, 0.002, 80.0), seeds)
        assert (end - clean).square().mean().sqrt() == pytest.approx(strength * math.sqrt(2), abs=0.02)


def test_strength_zero_returns_the_start_and_one_forgets_it() -> None:
    clean, seeds = start(4, 1.0), SeededNoise(range(4))
    assert torch.equal(sample_from(clean, 0.0, Heun(), GAUSSIAN.denoise, SIGMAS, seeds), clean)
    fresh = Heun()(GAUSSIAN.denoise, noisy_start(clean, 80.0, seeds), SIGMAS, seeds)
    assert torch.equal(sample_from(clean, 1.0, Heun(), GAUSSIAN.denoise, SIGMAS, seeds), fresh)


def test_distance_from_the_start_grows_with_strength() -> None:
    clean, seeds = GAUSSIAN.mean + GAUSSIAN.std * start(200, 1.0), SeededNoise(range(200))
    ends = [sample_from(clean, strength, Heun(), GAUSSIAN.denoise, SIGMAS, seeds) for strength in (0.1, 0.3, 0.6)]
    distances = [(end - clean).square().mean().item() for end in ends]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_strength_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="strength"):
        sample_from(start(1, 1.0), 1.2, Heun(), GAUSSIAN.denoise, SIGMAS, SeededNoise([0]))


def test_sampling_undoes_inversion() -> None:
    clean = GAUSSIAN.mean + GAUSSIAN.std * start(4, 1.0)
    sigmas = karras_sigmas(200, 0.001, 80.0)
    back = Heun()(GAUSSIAN.denoise, 80 * invert(GAUSSIAN.denoise, clean, sigmas), sigmas, SeededNoise(range(4)))
    assert torch.allclose(back, clean, atol=2e-3)


def test_slerp_keeps_the_variance_of_noise() -> None:
    first, second = (SeededNoise([seed])(torch.zeros(1, 50, 40), 0) for seed in (1, 2))
    for weight in (0.0, 0.3, 0.5, 1.0):
        assert slerp(first, second, weight).std() == pytest.approx(1, abs=0.03)
    assert torch.allclose(slerp(first, second, 0.0), first, atol=1e-6)
    assert torch.allclose(slerp(first, second, 1.0), second, atol=1e-6)
    assert torch.allclose(slerp(first, first, 0.4), first, atol=1e-6)
