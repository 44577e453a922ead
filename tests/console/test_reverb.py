import numpy as np
import pytest
import scipy.signal
import torch

from gen_mix.console.reverb import impulse_response, noise_bands, reverberate, white_noise
from tests.console.desk import RATE, decibels, knobs

OPEN = {"damping_hz": 16000.0, "low_cut_hz": 20.0, "pre_delay_ms": 0.0, "width": 1.0}


def _response(**values: float) -> torch.Tensor:
    room = {**OPEN, "decay_s": 1.5, **values}
    names = ("pre_delay_ms", "decay_s", "damping_hz", "low_cut_hz", "width")
    return impulse_response(*(torch.tensor([room[name]]) for name in names), RATE)[0]


def _decay_time(response: torch.Tensor, centre_hz: float) -> float:
    """Return the time to fall by 60 dB, from Schroeder's backward integral between -5 and -35 dB."""
    band = [centre_hz / 2**0.5, centre_hz * 2**0.5]
    sound = scipy.signal.sosfiltfilt(scipy.signal.butter(3, band, "bandpass", fs=RATE, output="sos"), response.numpy())
    energy = np.cumsum((sound**2).sum(0)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-20)
    inside = (level < -5) & (level > -35)
    seconds = np.arange(len(level))[inside] / RATE
    return float(-60 / np.polyfit(seconds, level[inside], 1)[0])


@pytest.mark.parametrize("decay_s", [0.3, 1.5, 8.0])
@pytest.mark.parametrize("centre_hz", [250.0, 500.0, 1000.0])
def test_decay_time_is_the_knobs(decay_s: float, centre_hz: float) -> None:
    response = _response(decay_s=decay_s, damping_hz=6000.0)
    assert _decay_time(response, centre_hz) == pytest.approx(decay_s, rel=0.1)


def test_high_frequencies_decay_faster() -> None:
    response = _response(decay_s=2.0, damping_hz=4000.0)
    assert _decay_time(response, 4000.0) == pytest.approx(2.0 / 2**0.5, rel=0.15)
    assert _decay_time(response, 8000.0) < 0.6 * _decay_time(response, 1000.0)
    assert _decay_time(response, 14000.0) < 0.4 * _decay_time(response, 1000.0)


@pytest.mark.parametrize("decay_s", [0.2, 0.7, 2.5, 8.0])
def test_energy_does_not_depend_on_the_decay(decay_s: float) -> None:
    assert 10 * _response(decay_s=decay_s).square().sum().log10() == pytest.approx(0, abs=1.0)
    damped, reference = (_response(decay_s=d, damping_hz=3000.0).square().sum() for d in (decay_s, 1.5))
    assert 10 * (damped / reference).log10() == pytest.approx(0, abs=0.7)


def test_energy_does_not_depend_on_the_width() -> None:
    mono, wide = _response(width=0.0), _response(width=1.0)
    assert decibels(mono.norm() / wide.norm()) == pytest.approx(0, abs=0.3)


def test_width_goes_from_mono_to_unrelated_channels() -> None:
    assert torch.equal(*_response(width=0.0))
    correlations = [float(torch.corrcoef(_response(width=w))[0, 1]) for w in (0.0, 0.3, 0.6, 1.0)]
    assert correlations == sorted(correlations, reverse=True)
    assert abs(correlations[-1]) < 0.05


def test_same_response_at_every_call() -> None:
    torch.manual_seed(1)
    first = _response()
    torch.manual_seed(2)
    assert torch.equal(first, _response())


def test_pre_delay_shifts_the_response() -> None:
    direct, later = _response(), _response(pre_delay_ms=20.0)
    assert later[:, :882].abs().max() < 1e-5 * direct.abs().max()
    torch.testing.assert_close(later[:, 882 : 882 + 40000], direct[:, :40000], atol=1e-6, rtol=0)


def test_low_cut_is_a_butterworth_high_pass() -> None:
    freqs = np.array([100.0, 200.0, 400.0, 4000.0])
    cut, direct = (_response(low_cut_hz=f).numpy() for f in (400.0, 20.0))
    for freq in freqs:
        _, gain = scipy.signal.freqz_sos(scipy.signal.butter(2, 400, "high", fs=RATE, output="sos"), [freq], fs=RATE)
        band = scipy.signal.butter(2, [freq * 0.97, freq * 1.03], "bandpass", fs=RATE, output="sos")
        level = np.linalg.norm(scipy.signal.sosfilt(band, cut)) / np.linalg.norm(scipy.signal.sosfilt(band, direct))
        assert 20 * np.log10(level) == pytest.approx(20 * np.log10(np.abs(gain[0])), abs=0.8)


def test_the_left_channel_is_convolved_with_the_response(generator: torch.Generator) -> None:
    audio = torch.randn(2, 20000, generator=generator)
    audio[1] = 0
    room = {**OPEN, "decay_s": 0.8, "width": 0.6}
    expected = scipy.signal.fftconvolve(audio[:1].numpy(), _response(**room).numpy(), axes=-1)[:, :20000]
    np.testing.assert_allclose(reverberate(audio, knobs("reverb", room), RATE), expected, atol=2e-5)


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.0, 1.0])
def test_the_return_is_as_strong_as_the_send_wherever_it_is_panned(pan: float, generator: torch.Generator) -> None:
    angle = torch.tensor((pan + 1) * torch.pi / 4)
    audio = torch.stack([angle.cos(), angle.sin()])[:, None] * torch.randn(2 * RATE, generator=generator)
    padded = torch.nn.functional.pad(audio, (0, RATE))
    wet = reverberate(padded, knobs("reverb", {**OPEN, "decay_s": 0.6}), RATE)
    assert decibels(wet.norm() / audio.norm() / _response(decay_s=0.6).norm()) == pytest.approx(0, abs=0.2)
    assert decibels(wet[0].norm() / wet[1].norm()) == pytest.approx(0, abs=0.4)
    assert abs(torch.corrcoef(wet)[0, 1]) < 0.05


def test_responses_of_a_batch_are_those_of_its_rows() -> None:
    decay_s = torch.tensor([0.3, 0.9])
    others = [torch.full((2,), value) for value in (10.0, 5000.0, 100.0, 0.8)]
    together = impulse_response(others[0], decay_s, *others[1:], RATE)
    for row in range(2):
        alone = impulse_response(others[0][:1], decay_s[row : row + 1], *(x[:1] for x in others[1:]), RATE)[0]
        assert torch.equal(together[row, :, : alone.shape[-1]], alone)
        assert not together[row, :, alone.shape[-1] :].any()


@pytest.mark.parametrize("rate", [44100, 96000])
def test_octaves_of_the_noise_add_up_to_it_and_hold_nothing_else(rate: int) -> None:
    bands, noise = noise_bands(rate), white_noise(rate)
    assert torch.allclose(bands.sum(0), noise, atol=1e-4)
    power = torch.fft.rfft(bands).abs().square().sum(1)
    freqs_hz = torch.linspace(0, rate / 2, power.shape[-1])
    for place, band in enumerate(power):
        is_outside = freqs_hz > 500 * 2.0 ** (place + 1)
        if place:
            is_outside |= freqs_hz < 500 * 2.0 ** (place - 1)
        assert band[is_outside].sum() < 1e-8 * band.sum()
