"""Facts about guidance, known entries, starts and inversion."""

import pytest
import torch
from torch import Tensor

from samplers import (
    SAMPLERS,
    Guide,
    Heun,
    Known,
    SeededNoise,
    guided,
    invert,
    karras_sigmas,
    noisy_start,
    sample_around,
    sample_from,
    slerp,
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


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("resamplings", [1, 3])
def test_known_entries_come_out_exactly(name: str, resamplings: int) -> None:
    known = Known(torch.full((4, 3), 1.23456789), torch.tensor([True, False, True]).expand(4, 3))
    x = start(4, 80.0).float()
    sampler = SAMPLERS[name]()
    end = sample_around(known, sampler, GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)), resamplings)
    assert torch.equal(end[:, [0, 2]], known.clean[:, [0, 2]].to(end))


def test_independent_entries_do_not_notice_what_is_known() -> None:
    known = Known(torch.ones(4, 3, dtype=torch.float64), torch.tensor([True, False, False]).expand(4, 3))
    x = start(4, 80.0)
    free = Heun()(GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)))
    end = sample_around(known, Heun(), GAUSSIAN.denoise, x, SIGMAS, SeededNoise(range(4)))
    assert torch.equal(end[:, 1:], free[:, 1:])


def test_resampling_brings_unknown_entries_to_agree_with_known_ones() -> None:
    covariance = torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        noise = sigma[0] ** 2 * torch.eye(2, dtype=torch.float64)
        return x @ torch.linalg.solve(covariance + noise, covariance)

    known = Known(torch.full((1, 2000, 2), 2.0, dtype=torch.float64), torch.tensor([True, False]).expand(1, 2000, 2))
    sigmas, seeds = karras_sigmas(48, 0.005, 80.0), SeededNoise([0])
    x = noisy_start(known.clean, 80.0, seeds)
    means = [
        sample_around(known, Heun(), denoise, x, sigmas, seeds, resamplings)[..., 1].mean().item()
        for resamplings in (1, 16)
    ]
    assert abs(means[1] - 1.8) < abs(means[0] - 1.8)
    assert means[1] == pytest.approx(1.8, abs=0.08)


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
