"""Facts about measures with gradients: they are the exact measures, and their slopes are those of small steps."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gen_mix.evaluation.production import measure_production as exact_production
from gen_mix.loudness import loudness_lufs
from gen_mix.steering.audio_features import FEATURES, audio_features, features_distance
from gen_mix.steering.gauges import balance_db, loudness_of, masking_db, mono_loss_db, punch_db, width_db
from gen_mix.steering.production import PRODUCTION
from gen_mix.steering.production import measure_production as production_of_a_record

RATE = 22050


def noise(seconds: float = 2.0, seed: int = 0, batch: int = 1) -> Tensor:
    """Return stereo noise (batch, 2, samples) that comes and goes."""
    sound = 0.1 * torch.randn(batch, 2, round(seconds * RATE), generator=torch.Generator().manual_seed(seed))
    return sound * (1.2 + torch.sin(torch.arange(sound.shape[-1]) * (6 / RATE)))


def tone(hz: float, seconds: float = 2.0, gain: float = 0.1) -> Tensor:
    """Return a tone on both sides (1, 2, samples)."""
    return (gain * torch.sin(torch.arange(round(seconds * RATE)) * (2 * math.pi * hz / RATE))).expand(1, 2, -1)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 100), st.sampled_from([0.2, 0.7, 2.0]), st.sampled_from([-75.0, -40.0, 0.0]))
def test_loudness_is_that_of_the_meter_gates_included(seed: int, seconds: float, gain_db: float) -> None:
    sound = noise(seconds, seed, 2) * 10 ** (gain_db / 20)
    sound[1, :, sound.shape[-1] // 3 :] *= 1e-3  # which the relative gate leaves out
    exact = [loudness_lufs(one, RATE) for one in sound]
    for found, wanted in zip(loudness_of(sound, RATE).tolist(), exact, strict=True):
        assert found == pytest.approx(wanted, abs=1e-3) or (wanted == -math.inf and found < -65)


def test_width_balance_and_loss_in_mono_are_those_of_finished_mixes() -> None:
    sound = torch.cat([noise() + 0.5 * noise(seed=1).flip(1), tone(440.0) + 0.05 * noise(seed=2)])
    for place, one in enumerate(sound):
        exact = exact_production(one, RATE)
        assert float(width_db(sound, RATE)[place]) == pytest.approx(10 * math.log10(exact.width + 1e-4), abs=1e-3)
        assert torch.allclose(balance_db(sound, RATE)[place].double(), exact.balance_db, atol=0.05)
        is_heard = exact.balance_db > exact.balance_db.max() - 30
        worst = float(exact.mono_loss_db[is_heard].max())
        assert float(mono_loss_db(sound, RATE)[place]) == pytest.approx(worst, abs=0.05)
        record = production_of_a_record(one, RATE)[PRODUCTION.index("punch_db")]
        assert float(punch_db(sound, RATE)[place]) == pytest.approx(float(record), abs=0.01)


def test_a_mix_that_is_mono_loses_nothing_and_one_out_of_phase_all() -> None:
    mono = tone(440.0) + tone(2000.0)
    assert float(mono_loss_db(mono, RATE)) == pytest.approx(0, abs=1e-3)
    turned = mono * torch.tensor([[1.0], [-1.0]])
    assert float(mono_loss_db(turned, RATE)) > 40
    assert float(width_db(mono, RATE)) == pytest.approx(-40, abs=0.01)


def test_masking_is_the_level_of_what_covers_a_tone_and_nothing_where_the_tone_is_not() -> None:
    voice = tone(1000.0)
    for above_db in (6.0, 12.0):
        assert float(masking_db(voice, voice * 10 ** (above_db / 20), RATE)) == pytest.approx(above_db, abs=0.1)
    assert float(masking_db(voice, 0.5 * voice, RATE)) == pytest.approx(0, abs=1e-6)
    assert float(masking_db(voice, 10 * tone(6000.0), RATE)) < 1.0
    assert float(masking_db(voice, 10 * tone(1000.0), RATE)) > 19


def test_what_is_measured_answers_to_gain_as_it_should() -> None:
    sound = noise()
    assert float(loudness_of(2 * sound, RATE) - loudness_of(sound, RATE)) == pytest.approx(6.02, abs=0.01)
    for read in (width_db, mono_loss_db, balance_db, punch_db):
        assert torch.allclose(read(2 * sound, RATE), read(sound, RATE), atol=1e-3)
    features = audio_features(torch.cat([sound, 0.1 * sound]), RATE)
    assert features.shape == (2, FEATURES)
    assert float(features_distance(features[1:], features[0])) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "read",
    [
        lambda sound: loudness_of(sound, RATE)[0],
        lambda sound: width_db(sound, RATE)[0],
        lambda sound: mono_loss_db(sound, RATE)[0],
        lambda sound: balance_db(sound, RATE)[0, 5],
        lambda sound: punch_db(sound, RATE)[0],
        lambda sound: masking_db(noise(1.0, 3).double(), sound, RATE)[0],
        lambda sound: features_distance(audio_features(sound, RATE), audio_features(noise(seed=4), RATE)[0])[0],
    ],
)
def test_the_slope_is_that_of_a_small_step(read: object) -> None:
    assert callable(read)
    sound, way = noise(1.0), 0.01 * noise(1.0, seed=9) * torch.tensor([[1.0], [-0.3]])
    amount = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(read(sound.double() + amount * way.double()), amount)
    step = 1e-3
    ends = [float(read(sound.double() + sign * step * way.double())) for sign in (1, -1)]
    assert float(slope) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=0.05, abs=1e-4)
