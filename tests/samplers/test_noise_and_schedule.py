"""Facts about seeds and noise levels."""

import pytest
import torch
from diffusers import EDMEulerScheduler

from samplers import SeededNoise, flow_sigmas, karras_sigmas


def test_noise_of_an_item_depends_on_its_seed_and_place_alone() -> None:
    like = torch.zeros(3, 5, 2)
    noise = SeededNoise([5, 6, 7])(like, 2)
    assert torch.equal(noise[1:2], SeededNoise([6])(like[:1], 2))
    assert torch.equal(noise, SeededNoise([5, 6, 7])(like, 2))
    assert not torch.equal(noise, SeededNoise([5, 6, 7])(like, 3))


def test_noise_of_neighbouring_seeds_and_places_is_unrelated() -> None:
    like = torch.zeros(1, 20000)
    draws = torch.cat([SeededNoise([seed])(like, place) for seed in range(4) for place in range(4)])
    assert torch.allclose(torch.corrcoef(draws), torch.eye(16), atol=0.04)
    assert draws.mean().abs() < 0.01
    assert draws.std() == pytest.approx(1, abs=0.01)


def test_padding_does_not_change_the_noise_of_an_item() -> None:
    padded = SeededNoise([5, 6], lengths=[3, 5])(torch.zeros(2, 5, 2), 0)
    alone = SeededNoise([5])(torch.zeros(1, 3, 2), 0)
    assert torch.equal(padded[:1, :3], alone)
    assert not padded[0, 3:].any()


def test_wrong_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        SeededNoise([-1])
    with pytest.raises(ValueError, match="batch of 2"):
        SeededNoise([1, 2])(torch.zeros(3, 1), 0)
    with pytest.raises(ValueError, match="2 lengths"):
        SeededNoise([1, 2], lengths=[1])


def test_karras_levels_are_those_of_diffusers() -> None:
    scheduler = EDMEulerScheduler(sigma_min=0.01, sigma_max=40.0)
    scheduler.set_timesteps(9)
    assert torch.allclose(karras_sigmas(9, 0.01, 40.0).float(), scheduler.sigmas)


@pytest.mark.parametrize("schedule", [karras_sigmas, flow_sigmas])
@pytest.mark.parametrize("steps", [1, 2, 8, 100])
def test_levels_fall_from_high_to_zero(schedule, steps: int) -> None:
    sigmas = schedule(steps, 0.01, 40.0)
    assert len(sigmas) == steps + 1
    assert sigmas[0].item() == pytest.approx(40.0)
    assert sigmas[-1] == 0
    assert steps == 1 or sigmas[-2].item() == pytest.approx(0.01)
    assert (sigmas.diff() < 0).all()


def test_flow_times_are_even() -> None:
    sigmas = flow_sigmas(10, 0.01, 40.0)[:-1]
    steps = (sigmas / (1 + sigmas)).diff()
    assert torch.allclose(steps, steps[:1])


@pytest.mark.parametrize(("steps", "low", "high"), [(0, 0.1, 1.0), (3, 0.0, 1.0), (3, 2.0, 1.0)])
def test_levels_out_of_range_are_refused(steps: int, low: float, high: float) -> None:
    for schedule in (karras_sigmas, flow_sigmas):
        with pytest.raises(ValueError, match="expected"):
            schedule(steps, low, high)
