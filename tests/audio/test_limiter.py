"""A finished mix is at its target and below its ceiling, by measurements that are not the limiter's own."""

import math
import time

import numpy as np
import pyloudnorm
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal
from torch import Tensor

from gen_mix.limiter import MOST_REDUCTION_DB, finish
from gen_mix.true_peak import true_peak_dbtp

RATE = 44100


def independent_peak_dbtp(audio: Tensor) -> float:
    """Return the true peak by scipy's polyphase resampler."""
    return float(20 * np.log10(np.abs(signal.resample_poly(audio.double().numpy(), 8, 1, axis=1)).max()))


def exact_peak_dbtp(audio: Tensor) -> float:
    """Return the true peak of a signal that is quiet at its ends, by interpolation over the whole spectrum."""
    samples = audio.shape[1]
    return float(20 * np.log10(np.abs(signal.resample(audio.double().numpy(), 16 * samples, axis=1)).max()))


def song(seed: int, seconds: float, bursts_per_second: float = 3.0) -> Tensor:
    """Return drum-like bursts over a bass (2, samples)."""
    rng = np.random.default_rng(seed)
    clock = np.arange(round(seconds * RATE)) / RATE
    bursts = rng.standard_normal((2, clock.size)) * np.exp(-20 * ((clock * bursts_per_second) % 1))
    bass = 0.2 * np.sin(2 * np.pi * 55 * clock)
    return torch.from_numpy((0.4 * bursts + bass).astype(np.float32))


def test_the_peak_between_samples_is_found() -> None:
    phase = torch.arange(RATE, dtype=torch.float64) * math.pi / 2 + math.pi / 4  # every sample is at -3 dB of the peak
    audio = torch.sin(phase)[None] * torch.from_numpy(signal.windows.tukey(RATE, 0.5))
    assert float(audio.abs().max()) == pytest.approx(10 ** (-3.01 / 20), abs=1e-3)
    assert true_peak_dbtp(audio, RATE) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_the_true_peak_is_that_of_other_resamplers(seed: int) -> None:
    sections = signal.butter(12, 16000, fs=RATE, output="sos")
    faded = signal.sosfilt(sections, song(seed, 1.0).numpy()) * signal.windows.tukey(RATE, 0.1)
    audio = torch.from_numpy(faded).float()
    measured = true_peak_dbtp(audio, RATE)
    assert measured == pytest.approx(independent_peak_dbtp(audio), abs=0.02)
    assert measured == pytest.approx(exact_peak_dbtp(audio), abs=0.1)


def test_a_peak_between_quiet_samples_beats_a_loud_sample() -> None:
    audio = torch.zeros(1, 4000)
    audio[0, 1000] = 1.0
    distance = torch.arange(-9.5, 10.5)
    audio[0, 2990:3010] = 0.6 * torch.sinc(distance).sign()  # all of them push the middle up
    assert true_peak_dbtp(audio, RATE) > 1.0
    assert true_peak_dbtp(audio, RATE) == pytest.approx(independent_peak_dbtp(audio), abs=0.02)


@given(gain_db=st.floats(-60, 20))
def test_the_true_peak_follows_gain(gain_db: float) -> None:
    audio = song(0, 0.2)
    expected = true_peak_dbtp(audio, RATE) + gain_db
    assert true_peak_dbtp(audio * 10 ** (gain_db / 20), RATE) == pytest.approx(expected, abs=1e-4)


def test_silence_has_no_peak_and_stays_silent() -> None:
    silence = torch.zeros(2, 1000)
    assert true_peak_dbtp(silence, RATE) == -math.inf
    finished = finish(silence, RATE)
    assert torch.equal(finished.audio, silence)
    assert finished.loudness_lufs == -math.inf


@pytest.mark.parametrize("target_lufs", (-23.0, -16.0, -12.0))
@pytest.mark.parametrize("gain_db", (-50.0, 0.0, 30.0))
def test_target_and_ceiling_are_met(target_lufs: float, gain_db: float) -> None:
    finished = finish(song(1, 5.0) * 10 ** (gain_db / 20), RATE, target_lufs)
    meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
    assert meter.integrated_loudness(finished.audio.T.double().numpy()) == pytest.approx(target_lufs, abs=0.1)
    assert independent_peak_dbtp(finished.audio) <= -1.0
    assert finished.true_peak_dbtp <= -1.0
    assert finished.loudness_lufs == pytest.approx(target_lufs, abs=0.05)


@given(
    seed=st.integers(0, 10**6),
    seconds=st.floats(0.05, 3),
    bursts=st.floats(0.5, 40),
    target_lufs=st.floats(-30, -6),
    ceiling_dbtp=st.floats(-6, 0),
)
def test_the_ceiling_holds_whatever_is_asked(
    seed: int, seconds: float, bursts: float, target_lufs: float, ceiling_dbtp: float
) -> None:
    finished = finish(song(seed, seconds, bursts), RATE, target_lufs, ceiling_dbtp)
    assert independent_peak_dbtp(finished.audio) <= ceiling_dbtp
    assert finished.loudness_lufs <= target_lufs + 0.05
    assert torch.isfinite(finished.audio).all()


def test_a_mix_that_needs_no_limiter_gets_one_gain() -> None:
    mix = song(2, 3.0)
    finished = finish(mix, RATE, -30.0)
    torch.testing.assert_close(finished.audio, mix * 10 ** (finished.gain_db / 20), rtol=1e-6, atol=0)


def test_the_limiter_only_turns_down_and_turns_both_channels_alike() -> None:
    mix = song(3, 3.0)
    gain = finish(mix, RATE, -10.0).audio.double() / mix.double()
    is_heard = mix.abs().amin(0) > 1e-3
    torch.testing.assert_close(gain[0, is_heard], gain[1, is_heard], rtol=1e-5, atol=0)
    front = 10 ** (finish(mix, RATE, -10.0).gain_db / 20)
    assert float(gain[:, is_heard].max()) <= front * (1 + 1e-5)
    assert float(gain[:, is_heard].min()) >= front * 10 ** (-(MOST_REDUCTION_DB + 1) / 20)


def test_a_target_out_of_reach_is_missed_and_not_forced() -> None:
    click = torch.zeros(2, 5 * RATE)
    click[:, 2 * RATE] = 1.0
    finished = finish(click, RATE, -16.0)
    assert finished.loudness_lufs < -30
    assert finished.true_peak_dbtp == pytest.approx(-1.0, abs=0.05)
    assert finished.gain_db == pytest.approx(MOST_REDUCTION_DB - 1.0, abs=0.1)


@pytest.mark.parametrize("samples", (1, 2, 31, 33, 100))
def test_the_shortest_mixes_are_finished(samples: int) -> None:
    finished = finish(song(4, 1.0)[:, 200 : 200 + samples], RATE)
    assert finished.audio.shape == (2, samples)
    assert independent_peak_dbtp(finished.audio) <= -1.0


def test_the_result_is_the_same_every_time() -> None:
    mix = song(5, 4.0)
    assert torch.equal(finish(mix, RATE, -11.0).audio, finish(mix.clone(), RATE, -11.0).audio)


def test_a_mix_that_is_not_finite_is_refused() -> None:
    for value in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            finish(torch.full((2, 100), value), RATE)


@pytest.mark.slow
def test_three_minutes_are_finished_in_seconds() -> None:
    mix = song(6, 180.0)
    start = time.process_time()
    finish(mix, RATE, -14.0)
    assert time.process_time() - start < 6.0
