"""Facts about what a stereo mix measures."""

import math

import pytest
import torch

from gen_mix.evaluation.production import (
    OCTAVES_HZ,
    _bark_filters,
    af_distance,
    measure_production,
    spectral_distance,
)

RATE = 44100


def noise(seed: int = 0, seconds: float = 1.5) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(2, round(seconds * RATE), generator=generator)


def mono() -> torch.Tensor:
    return noise()[:1].expand(2, -1)


def test_a_mono_mix_has_no_sides_and_loses_nothing() -> None:
    measured = measure_production(mono(), RATE)
    assert not measured.has_sides
    assert measured.width == 0
    assert measured.imbalance == 0
    assert measured.mono_loss_db.abs().max() < 1e-6


def test_independent_channels_are_as_wide_as_deep_and_lose_three_decibels() -> None:
    measured = measure_production(noise(seconds=6), RATE)
    assert measured.width == pytest.approx(1, abs=0.02)
    assert measured.mono_loss_db[4:].numpy() == pytest.approx(10 * math.log10(2), abs=0.2)


def test_cancelling_channels_are_lost_in_mono() -> None:
    left = noise()[0]
    assert measure_production(torch.stack([left, -0.99 * left]), RATE).mono_loss_db.min() > 30


def test_exchanging_channels_turns_the_imbalance_round() -> None:
    mix = noise() * torch.tensor([[1.0], [2.0]])
    there, back = measure_production(mix, RATE), measure_production(mix.flip(0), RATE)
    assert there.imbalance == pytest.approx(0.6, abs=0.01)
    assert back.imbalance == pytest.approx(-there.imbalance)
    assert back.width == pytest.approx(there.width)


def test_a_sine_has_its_crest_and_its_octave() -> None:
    sine = 0.5 * torch.sin(2 * math.pi * 1000 * torch.arange(2 * RATE) / RATE).expand(2, -1)
    measured = measure_production(sine, RATE)
    assert measured.crest_db.tolist() == pytest.approx([20 * math.log10(math.sqrt(2))] * 2, abs=0.01)
    assert measured.balance_db.argmax() == OCTAVES_HZ.index(1000.0)
    assert measured.balance_db.max() == pytest.approx(0, abs=0.01)


def test_balance_does_not_depend_on_gain() -> None:
    soft, loud = measure_production(noise(), RATE), measure_production(3 * noise(), RATE)
    assert torch.allclose(soft.balance_db, loud.balance_db, atol=1e-5)
    assert torch.allclose(soft.crest_db, loud.crest_db, atol=1e-4)


def test_bark_filters_end_at_twenty_kilohertz_and_overlap_to_one() -> None:
    filters = _bark_filters(48000)
    hz = torch.fft.rfftfreq(32768, 1 / 48000)
    assert hz[filters[-1] > 0].max() == pytest.approx(20000, abs=2)
    assert hz[filters[0] > 0].min() == pytest.approx(20, abs=2)
    between = (hz > 120) & (hz < 14000)
    assert torch.allclose(filters.sum(0)[between], torch.ones(int(between.sum()), dtype=torch.float64), atol=1e-9)


def test_a_mix_is_at_no_distance_from_itself_and_at_some_from_others() -> None:
    one, other = measure_production(noise(0), RATE), measure_production(0.5 * noise(1), RATE)
    assert af_distance(one, one) == 0
    assert af_distance(one, other) > 0
    assert af_distance(other, one) == pytest.approx(af_distance(one, other))
    assert spectral_distance(noise(0), noise(0)) == pytest.approx(0, abs=1e-5)


def test_a_mono_mix_is_not_far_for_its_sides_alone() -> None:
    slight = noise()
    middle = slight.mean(0, keepdim=True)
    nearly = measure_production(middle + 0.02 * (slight - middle), RATE)
    assert af_distance(measure_production(middle.expand(2, -1), RATE), nearly) < 0.01


@pytest.mark.parametrize("wrong", [torch.zeros(2, 100), torch.ones(1, 100), torch.ones(100)])
def test_what_is_no_mix_is_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="expected a stereo mix that sounds"):
        measure_production(wrong, RATE)
