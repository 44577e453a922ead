"""Facts about samplers, on data whose denoiser is known exactly."""

import math

import pytest
import torch
from diffusers import EDMDPMSolverMultistepScheduler, EDMEulerScheduler
from torch import Tensor

from samplers import DDIM, DPM, SAMPLERS, Euler, FlowEuler, Gauss, Heun, Sampler, SeededNoise, karras_sigmas
from tests.samplers.gaussian import GAUSSIAN, Gaussian, start
from tests.samplers.modes import Modes


def walk_error(sampler: Sampler, steps: int) -> float:
    """Return how far a walk from 5 to 0.1 ends from the exact one."""
    sigmas = sampler.schedule(steps + 1, 0.1, 5.0)[:-1]
    x = start(8, 5.0)
    end = sampler(GAUSSIAN.denoise, x, sigmas, SeededNoise(range(8)))
    return (end - GAUSSIAN.walked(x, 5.0, 0.1)).abs().max().item()


@pytest.mark.parametrize(
    ("sampler", "order"),
    [(Euler(), 1), (DDIM(), 1), (FlowEuler(), 1), (DPM(order=1), 1), (DPM(), 2), (Gauss(), 2), (Heun(), 2)],
)
def test_error_falls_at_the_order_of_the_sampler(sampler: Sampler, order: int) -> None:
    coarse, fine = walk_error(sampler, 40), walk_error(sampler, 80)
    assert coarse / fine == pytest.approx(2**order, rel=0.25)


def test_two_evaluations_of_heun_beat_two_steps_of_euler() -> None:
    assert walk_error(Heun(), 20) < walk_error(Euler(), 40) / 3


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_no_step_of_gauss_has_an_error_on_standard_normal_data(steps: int) -> None:
    normal = Gaussian(torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64))
    sigmas, x = karras_sigmas(steps + 1, 0.1, 5.0)[:-1], start(8, 5.0)
    end = Gauss()(normal.denoise, x, sigmas, SeededNoise(range(8)))
    assert torch.allclose(end, normal.walked(x, 5.0, 0.1), rtol=1e-12, atol=0)


def test_no_step_of_gauss_but_the_first_has_an_error_on_a_point() -> None:
    point = Gaussian(torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), torch.zeros(3, dtype=torch.float64))
    walked: list[tuple[float, Tensor]] = []

    def keep(step: int, sigma: float, x: Tensor) -> Tensor:
        walked.append((sigma, x))
        return x

    Gauss()(point.denoise, start(8, 5.0), karras_sigmas(6, 0.1, 5.0), SeededNoise(range(8)), keep)
    (here, x), *later = walked
    for there, after in later:
        assert torch.allclose(after, point.walked(x, here, there), rtol=1e-12, atol=1e-12)


NARROW = [
    Modes.standardized([0.5, 0.5], [-1.0, 1.0], [0.03, 0.03]),
    Modes.standardized([0.25, 0.5, 0.25], [-1.0, 0.0, 1.0], [0.02, 0.02, 0.02]),
    Modes.standardized([0.8, 0.2], [0.0, 1.0], [0.03, 0.03]),
    Modes.standardized([0.6, 0.4], [-1.0, 1.0], [0.5, 0.4]),
]


@pytest.mark.parametrize("modes", NARROW)
@pytest.mark.parametrize("other", [DPM(), Euler(), Heun()])
def test_in_eight_steps_gauss_keeps_modes_better_than_others_do(modes: Modes, other: Sampler) -> None:
    levels = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    x, sigmas = math.hypot(1, 20.0) * torch.special.ndtri(levels), karras_sigmas(8, 0.02, 20.0)
    ends = [sampler(modes.denoise, x, sigmas, SeededNoise([0])) for sampler in (Gauss(), other)]
    errors = [(end - modes.quantiles(levels)).abs().mean() for end in ends]
    assert errors[0] < 0.7 * errors[1]


@pytest.mark.parametrize("name", SAMPLERS)
def test_samples_have_mean_and_spread_of_the_data(name: str) -> None:
    sampler = SAMPLERS[name]()
    sigmas = sampler.schedule(64, 0.005, 80.0)
    samples = sampler(GAUSSIAN.denoise, start(20000, 80.0)[None], sigmas, SeededNoise([0]))[0]
    assert torch.allclose(samples.mean(0), GAUSSIAN.mean, atol=0.08)
    assert torch.allclose(samples.std(0), GAUSSIAN.std, rtol=0.08)


@pytest.mark.parametrize("sampler", [Heun(churn=10.0), DDIM(eta=1.0)])
def test_fresh_noise_keeps_the_distribution(sampler: Sampler) -> None:
    sigmas = sampler.schedule(256, 0.005, 80.0)
    x = start(4000, 80.0)
    samples = sampler(GAUSSIAN.denoise, x[None], sigmas, SeededNoise([0]))[0]
    assert torch.allclose(samples.mean(0), GAUSSIAN.mean, atol=0.12)
    assert torch.allclose(samples.std(0), GAUSSIAN.std, rtol=0.08)
    assert (samples - GAUSSIAN.walked(x, 80.0, 0.0)).std() > 0.3


def test_samplers_of_first_order_walk_alike_at_the_same_levels() -> None:
    sigmas, x = karras_sigmas(12, 0.01, 40.0), start(4, 40.0)
    ends = [
        sampler(GAUSSIAN.denoise, x, sigmas, SeededNoise(range(4)))
        for sampler in (Euler(), DDIM(), FlowEuler(), DPM(order=1))
    ]
    for end in ends[1:]:
        assert torch.allclose(end, ends[0], atol=2e-4)


def diffusers_walk(scheduler: EDMEulerScheduler | EDMDPMSolverMultistepScheduler, x: Tensor, steps: int) -> Tensor:
    """Return the end of diffusers' own loop: its levels, its input scaling, its preconditioning."""
    scheduler.set_timesteps(steps)
    for time in scheduler.timesteps:
        scheduler.scale_model_input(x, time)
        sigma = scheduler.sigmas[scheduler.step_index].double()
        clean = GAUSSIAN.denoise(x, sigma.expand(len(x)))
        skip, out = 1 / (1 + sigma**2), sigma / (1 + sigma**2).sqrt()
        x = scheduler.step((clean - skip * x) / out, time, x, return_dict=False)[0]
    return x


@pytest.mark.parametrize(
    ("sampler", "scheduler"),
    [
        (Euler(), EDMEulerScheduler(sigma_min=0.01, sigma_max=40.0, sigma_data=1.0)),
        (DPM(), EDMDPMSolverMultistepScheduler(sigma_min=0.01, sigma_max=40.0, sigma_data=1.0)),
        (DPM(3), EDMDPMSolverMultistepScheduler(sigma_min=0.01, sigma_max=40.0, sigma_data=1.0, solver_order=3)),
    ],
)
def test_steps_are_those_of_diffusers(
    sampler: Sampler, scheduler: EDMEulerScheduler | EDMDPMSolverMultistepScheduler
) -> None:
    x = start(4, 40.0)
    ours = sampler(GAUSSIAN.denoise, x, karras_sigmas(12, 0.01, 40.0), SeededNoise(range(4)))
    assert torch.allclose(ours, diffusers_walk(scheduler, x, 12), atol=1e-4)


@pytest.mark.parametrize("sampler", [Heun(churn=10.0), DDIM(eta=1.0), *(make() for make in SAMPLERS.values())])
def test_a_seed_gives_the_same_sample_alone_and_in_a_batch(sampler: Sampler) -> None:
    sigmas, seeds = sampler.schedule(8, 0.01, 40.0), [3, 9, 4]
    like = torch.zeros(3, 3)
    batch = sampler(GAUSSIAN.denoise, 40 * SeededNoise(seeds)(like, 0), sigmas, SeededNoise(seeds))
    alone = sampler(GAUSSIAN.denoise, 40 * SeededNoise([9])(like[:1], 0), sigmas, SeededNoise([9]))
    assert torch.equal(batch[1:2], alone)


@pytest.mark.parametrize("name", SAMPLERS)
def test_on_step_sees_every_level_and_may_change_x(name: str) -> None:
    sampler = SAMPLERS[name]()
    sigmas, seen = sampler.schedule(5, 0.01, 40.0), []

    def on_step(step: int, sigma: float, x: Tensor) -> Tensor:
        seen.append((step, sigma))
        return x + 7 if sigma == 0 else x

    x = start(2, 40.0)
    ends = [sampler(GAUSSIAN.denoise, x, sigmas, SeededNoise([0, 1]), hook) for hook in (None, on_step)]
    assert seen == list(enumerate(sigmas[1:].tolist()))
    assert torch.allclose(ends[1], ends[0] + 7)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="eta"):
        DDIM(eta=1.5)
    with pytest.raises(ValueError, match="order"):
        DPM(order=4)
