"""Loudness is what the standard says it is."""

import math

import numpy as np
import pyloudnorm
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal
from torch import Tensor

from gen_mix.loudness import REFERENCE_LUFS, k_weighting, loudness_lufs, staging_gain_db

RATES = (44100, 48000, 96000)


def sine(level_dbfs: float, seconds: float, sample_rate: int, freq_hz: float = 997.0) -> Tensor:
    """Return a mono sine (1, samples) whose peak is `level_dbfs`."""
    phase = 2 * math.pi * freq_hz * torch.arange(round(seconds * sample_rate), dtype=torch.float64) / sample_rate
    return 10 ** (level_dbfs / 20) * torch.sin(phase)[None]


def noise(channels: int, samples: int, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_filter_is_the_table_of_the_standard() -> None:
    first, second = k_weighting(48000)
    expected_first = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585]
    expected_second = [1.0, -2.0, 1.0, 1, -1.99004745483398, 0.99007225036621]
    np.testing.assert_allclose(first, expected_first, atol=1e-9)
    np.testing.assert_allclose(second, expected_second, atol=1e-9)


@pytest.mark.parametrize("sample_rate", (44100, 88200, 96000, 192000))
def test_the_filter_sounds_the_same_at_every_rate(sample_rate: int) -> None:
    freqs_hz = np.geomspace(20, 10000, 200)
    _, table = signal.sosfreqz(k_weighting(48000), freqs_hz, fs=48000)
    _, ours = signal.sosfreqz(k_weighting(sample_rate), freqs_hz, fs=sample_rate)
    assert np.max(np.abs(20 * np.log10(np.abs(ours) / np.abs(table)))) < 0.12


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_full_scale_sine_in_one_channel_is_minus_3_01(sample_rate: int) -> None:
    assert loudness_lufs(sine(0, 5, sample_rate), sample_rate) == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("sample_rate", RATES)
def test_a_stereo_sine_at_minus_23_is_minus_23(sample_rate: int) -> None:  # EBU Tech 3341, case 1
    audio = sine(-23, 20, sample_rate, 1000.0).expand(2, -1)
    assert loudness_lufs(audio, sample_rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    "parts",
    [
        [(-36, 10), (-23, 60), (-36, 10)],  # case 3
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],  # case 4
        [(-26, 20), (-20, 20.1), (-26, 20)],  # case 5
    ],
)
def test_quiet_parts_are_gated_as_in_ebu_tech_3341(parts: list[tuple[float, float]]) -> None:
    audio = torch.cat([sine(level, seconds, 48000, 1000.0) for level, seconds in parts], dim=1).expand(2, -1)
    assert loudness_lufs(audio, 48000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("channels", (1, 2))
def test_pyloudnorm_agrees(sample_rate: int, channels: int) -> None:
    samples = 7 * sample_rate + 1234
    swell = torch.linspace(0.01, 1, samples, dtype=torch.float64) ** 2
    audio = noise(channels, samples) * swell
    meter = pyloudnorm.Meter(sample_rate, filter_class="DeMan")
    assert loudness_lufs(audio, sample_rate) == pytest.approx(meter.integrated_loudness(audio.T.numpy()), abs=0.05)


@given(gain_db=st.floats(-40, 20))
def test_gain_adds(gain_db: float) -> None:
    audio = noise(2, 30000)
    louder = loudness_lufs(audio * 10 ** (gain_db / 20), 44100)
    assert louder == pytest.approx(loudness_lufs(audio, 44100) + gain_db, abs=1e-6)


def test_channels_add_in_power() -> None:
    audio = noise(1, 44100)
    twice = loudness_lufs(audio.expand(2, -1), 44100)
    assert twice == pytest.approx(loudness_lufs(audio, 44100) + 10 * math.log10(2), abs=1e-9)


@pytest.mark.parametrize("seconds", (0.02, 0.1, 0.39, 0.41))
def test_short_clips_have_a_loudness(seconds: float) -> None:
    assert loudness_lufs(sine(0, seconds, 48000), 48000) == pytest.approx(-3.01, abs=0.3)


def test_a_chunk_of_filtering_leaves_no_seam() -> None:
    audio = noise(2, (1 << 16) + 777)
    weighted = signal.sosfilt(k_weighting(44100), audio.numpy())
    power = np.square(weighted[:, : 15 * 4410]).sum(0).reshape(15, 4410).mean(1)
    blocks = np.convolve(power, np.ones(4) / 4, mode="valid")
    assert loudness_lufs(audio, 44100) == pytest.approx(-0.691 + 10 * math.log10(blocks.mean()), abs=1e-9)


def test_silence_is_minus_infinity_and_is_not_staged() -> None:
    assert loudness_lufs(torch.zeros(2, 44100), 44100) == -math.inf
    assert staging_gain_db(torch.zeros(1, 44100), 44100) == 0.0
    assert staging_gain_db(noise(1, 44100) * 1e-5, 44100) == 0.0


@given(gain_db=st.floats(-45, 20))
def test_a_staged_track_is_at_the_reference_however_it_came_in(gain_db: float) -> None:
    track = noise(1, 60000).float() * 10 ** (gain_db / 20)
    staged = track * 10 ** (staging_gain_db(track, 44100) / 20)
    assert loudness_lufs(staged, 44100) == pytest.approx(REFERENCE_LUFS, abs=1e-3)


def test_pauses_do_not_count_in_staging() -> None:
    part = noise(1, 2 * 44100)
    whole = torch.cat([torch.zeros(1, 20 * 44100, dtype=part.dtype), part, torch.zeros_like(part)], dim=1)
    assert staging_gain_db(whole, 44100) == pytest.approx(staging_gain_db(part, 44100), abs=1.0)


def test_audio_of_three_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or 2"):
        loudness_lufs(torch.zeros(3, 100), 44100)
