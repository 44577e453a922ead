"""Facts about guidance to goals, on Gaussian data for which the answer is known."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from samplers import Guidance, Heun, Limits, SeededNoise, karras_sigmas, limited
from tests.samplers.gaussian import Gaussian

UNIT = Gaussian(torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64))
SIGMAS = karras_sigmas(24, 0.005, 40.0)
ALONG = torch.tensor([0.6, 0.8, 0.0], dtype=torch.float64)
"""What is measured: the value along a direction of length 1."""

EVERYWHERE = Guidance(first=math.inf)


def along(x: Tensor) -> Tensor:
    """Return one row of measurements (batch, 1)."""
    return (x @ ALONG)[:, None]


def limits(low: float, high: float, share: float = 1.0) -> Limits:
    """Return limits of the one row."""
    ends = (torch.tensor([end], dtype=torch.float64) for end in (low, high, 0.01))
    return Limits(*ends, share)


def walked(asked: Limits | None, how: Guidance = EVERYWHERE, free: Tensor | None = None, batch: int = 200) -> Tensor:
    """Return samples (batch, 3), of the same seeds whatever is asked."""
    denoise = UNIT.denoise if asked is None else limited(UNIT.denoise, along, asked, free, how)
    noise = SeededNoise(range(batch))
    return Heun()(denoise, SIGMAS[0] * noise(torch.zeros(batch, 3, dtype=torch.float64), 0), SIGMAS, noise)


def test_the_goal_is_met_and_all_that_it_does_not_need_is_left_to_the_seed() -> None:
    plain, led = walked(None), walked(limits(1.5, 1.5))
    assert torch.allclose(along(led), torch.tensor(1.5, dtype=torch.float64), atol=0.05)
    across = torch.eye(3, dtype=torch.float64) - ALONG[:, None] * ALONG
    assert torch.allclose(led @ across, plain @ across, atol=1e-6)


def test_late_guidance_meets_the_goal_too() -> None:
    assert torch.allclose(
        along(walked(limits(1.5, 1.5), Guidance(first=0.5))), torch.tensor(1.5, dtype=torch.float64), atol=0.1
    )


def test_who_is_within_the_limits_is_left_alone_and_who_is_not_stops_at_the_end() -> None:
    plain, led = along(walked(None)), along(walked(limits(-0.5, math.inf)))
    inside = plain > 0
    assert torch.allclose(led[inside], plain[inside], atol=0.05)
    assert float(led.min()) > -0.6
    far = plain < -1
    assert torch.allclose(led[far], torch.tensor(-0.5, dtype=torch.float64), atol=0.1)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_share_goes_that_share_of_the_way(share: float) -> None:
    plain, led = along(walked(None)), along(walked(limits(2.0, 2.0, share)))
    gone = ((led - plain) / (2.0 - plain))[plain < 1]
    assert float(gone.mean()) == pytest.approx(share, abs=0.05)


def test_what_is_not_free_stays_to_the_last_bit() -> None:
    plain, led = walked(None), walked(limits(1.5, 1.5), free=torch.tensor([[True, False, True]]))
    assert torch.equal(led[:, 1:], plain[:, 1:])
    assert torch.allclose(along(led), torch.tensor(1.5, dtype=torch.float64), atol=0.1)


def test_few_measurements_are_made_and_none_before_guidance_begins() -> None:
    levels: list[float] = []

    def told(x: Tensor, sigma: Tensor) -> Tensor:
        levels.append(float(sigma[0]))
        return UNIT.denoise(x, sigma)

    measured: list[float] = []

    def counting(x: Tensor) -> Tensor:
        measured.append(levels[-1])
        return along(x)

    noise = SeededNoise(range(2))
    start = SIGMAS[0] * noise(torch.zeros(2, 3, dtype=torch.float64), 0)
    how = Guidance(first=1.0, refresh=4.0)
    Heun()(limited(told, counting, limits(1.0, 1.0), None, how), start, SIGMAS, noise)
    assert max(measured) <= 1.0
    assert len(measured) <= 1 + math.log(1.0 / 0.005) / math.log(4.0)


def test_a_measurement_without_a_slope_changes_nothing() -> None:
    denoise = limited(UNIT.denoise, lambda x: torch.zeros(len(x), 1).double(), limits(1.0, 1.0), None, EVERYWHERE)
    x, sigma = torch.ones(2, 3, dtype=torch.float64), torch.full((2,), 0.5, dtype=torch.float64)
    assert torch.equal(denoise(x, sigma), UNIT.denoise(x, sigma))


def test_limits_that_mean_nothing_are_refused() -> None:
    for change in ({"low": torch.tensor([2.0])}, {"slack": torch.zeros(1)}, {"share": 0.0}, {"high": torch.zeros(2)}):
        with pytest.raises(ValueError, match="expected"):
            replace(limits(1.0, 1.0), **change)  # type: ignore[arg-type]
