"""Facts about calibration."""

import pytest
import torch

from gen_mix.console.layout import LAYOUT, TRACK
from gen_mix.evaluation.calibration import BINS, calibration_of, ranked_probability_score, transforms
from gen_mix.mix import MixParameters

FADER = f"{TRACK}.fader_db"


def normals(draws: int, mean: float, sd: float, seed: int) -> torch.Tensor:
    return mean + sd * torch.randn(draws, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def mixes(mean: float, sd: float, seed: int) -> MixParameters:
    """Return mixes of two mono tracks whose faders are normal and all else is as by default."""
    is_track = torch.ones(256, 2, dtype=torch.bool)
    neutral = LAYOUT.neutral(is_track, ~is_track)
    knobs = neutral.normalized.clone()
    faders = normals(512, mean, sd, seed).float().clamp(0, 1)
    knobs[:, 3:, LAYOUT.index(TRACK, "fader_db")] = faders.reshape(256, 2)
    return MixParameters(knobs, neutral.mask)


def calibrated(mean: float, sd: float) -> object:
    engineers = [[mixes(0.5, 0.1, 10 * session + place) for place in (1, 2)] for session in range(8)]
    return calibration_of([mixes(mean, sd, 10 * session + 3) for session in range(8)], engineers)[FADER]


def test_transforms_are_shares_below_with_half_of_the_equal_ones() -> None:
    seen = torch.tensor([0.0, 1.0, 1.5, 4.0])
    assert transforms(torch.tensor([1.0, 2.0, 3.0, 1.0]), seen).tolist() == [0.0, 0.25, 0.5, 1.0]


def test_score_of_a_normal_distribution_is_what_theory_says() -> None:
    # For X, y standard normal: E|X - y| / 2 = 1 / sqrt(pi).
    score = ranked_probability_score(normals(4000, 0, 1, 0), normals(4000, 0, 1, 1))
    assert float(score) == pytest.approx(torch.pi**-0.5, abs=0.02)


def test_score_of_certainty_is_the_distance() -> None:
    assert float(ranked_probability_score(torch.full((5,), 2.0), torch.tensor([1.0, 5.0]))) == 2.0


def test_engineers_are_calibrated_for_engineers() -> None:
    found = calibrated(0.5, 0.1)
    assert found.distance < 0.06
    assert found.crps == pytest.approx(1, abs=0.02)


def test_who_is_too_sure_finds_engineers_at_the_ends() -> None:
    found = calibrated(0.5, 0.03)
    assert found.histogram[0] > 2 / BINS
    assert found.histogram[-1] > 2 / BINS
    assert found.crps > 1.1


def test_who_is_not_sure_enough_finds_engineers_in_the_middle() -> None:
    found = calibrated(0.5, 0.3)
    assert found.histogram[4] + found.histogram[5] > 3 / BINS
    assert found.crps > 1.1


def test_a_shift_tilts_the_histogram() -> None:
    found = calibrated(0.6, 0.1)
    assert found.histogram[0] > 3 / BINS > 1 / BINS > found.histogram[-1]
    assert found.distance > 0.2


def test_switches_and_knobs_that_nobody_moves_are_absent() -> None:
    engineers = [[mixes(0.5, 0.1, place) for place in (1, 2)]]
    assert set(calibration_of([mixes(0.5, 0.1, 3)], engineers)) == {FADER}
