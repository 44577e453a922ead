"""The console against answers that were not computed by it."""

import numpy as np
import pytest
import scipy.signal
import torch
from torch import Tensor

from gen_mix.console.console import render
from gen_mix.console.filters import band_type
from gen_mix.console.layout import EQ_BANDS, LAYOUT
from gen_mix.mix import MixParameters
from tests.console.desk import console

RATES = (44100, 48000, 96000)


def _analog(kind: str, freq_hz: float, gain_db: float, q: float) -> tuple[list[float], list[float]]:
    """Return the analogue filter that the cookbook starts from, in s / (2π freq_hz)."""
    a = 10 ** (gain_db / 40)
    if kind == "bell":
        return [1, a / q, 1], [1, 1 / (a * q), 1]
    if kind == "low_shelf":
        return [a, a * a**0.5 / q, a * a], [a, a**0.5 / q, 1]
    if kind == "high_shelf":
        return [a * a, a * a**0.5 / q, a], [1, a**0.5 / q, a]
    return [1, 0, 0], [1, 1 / q, 1]


def _analytic_db(kind: str, freq_hz: float, gain_db: float, q: float, freqs_hz: np.ndarray, rate: int) -> np.ndarray:
    """Return the gain of the analogue filter where the bilinear transform takes each frequency from."""
    corner = min(freq_hz, 0.45 * rate)
    warped = np.tan(np.pi * freqs_hz / rate) / np.tan(np.pi * corner / rate)
    numerator, denominator = _analog(kind, corner, gain_db, q)
    return 20 * np.log10(np.abs(np.polyval(numerator, 1j * warped) / np.polyval(denominator, 1j * warped)))


def _impulse_db(parameters: MixParameters, rate: int, freqs_hz: np.ndarray) -> np.ndarray:
    """Return the gain that one track panned hard left gets, from its impulse response in float32."""
    impulse = torch.zeros(1, 2 * rate)
    impulse[0, 0] = 1.0
    heard = render([impulse], parameters, rate)[0, 0].double().numpy()
    spectrum = np.abs(np.fft.rfft(heard, 8 * rate))
    return 20 * np.log10(np.interp(freqs_hz, np.fft.rfftfreq(8 * rate, 1 / rate), spectrum))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("band", ["high_pass", *EQ_BANDS])
def test_every_filter_is_the_analytic_one(band: str, rate: int) -> None:
    freqs_hz = np.geomspace(20, 0.45 * rate, 150)
    prefix = band if band == "high_pass" else f"eq.{band}"
    spec = LAYOUT.spec("track", f"{prefix}.freq_hz")
    for freq_hz, gain_db, q in (
        (spec.low, 12.0, 0.5),
        (spec.high, -18.0, 2.0),
        ((spec.low * spec.high) ** 0.5, 18.0, 1.0),
    ):
        turned = {(3, f"{prefix}.on"): 1.0, (3, f"{prefix}.freq_hz"): freq_hz, (3, "pan"): -1.0}
        if band != "high_pass":
            turned |= {(3, f"{prefix}.gain_db"): gain_db, (3, f"{prefix}.q"): q}
        kind, resonance = (band_type(band), q) if band != "high_pass" else ("high_pass", 0.5**0.5)
        expected = _analytic_db(kind, freq_hz, gain_db, resonance, freqs_hz, rate)
        heard = expected > -90
        measured = _impulse_db(console([False], turned), rate, freqs_hz)
        assert np.abs(measured - expected)[heard].max() < 0.05, (freq_hz, gain_db, q)


@pytest.mark.parametrize("rate", RATES)
def test_a_whole_strip_is_the_sum_of_its_analytic_filters(rate: int) -> None:
    freqs_hz = np.geomspace(20, 0.45 * rate, 150)
    turned, expected = {(3, "pan"): -1.0}, np.zeros_like(freqs_hz)
    for place, band in enumerate(EQ_BANDS):
        spec = LAYOUT.spec("track", f"eq.{band}.freq_hz")
        freq_hz, gain_db, q = (spec.low**2 * spec.high) ** (1 / 3), 6.0 * (-1) ** place, 0.9
        turned |= {(3, f"eq.{band}.on"): 1.0, (3, f"eq.{band}.freq_hz"): freq_hz}
        turned |= {(3, f"eq.{band}.gain_db"): gain_db, (3, f"eq.{band}.q"): q}
        expected = expected + _analytic_db(band_type(band), freq_hz, gain_db, q, freqs_hz, rate)
    measured = _impulse_db(console([False], turned), rate, freqs_hz)
    assert np.abs(measured - expected).max() < 0.05


def _textbook_gain_db(audio: np.ndarray, rate: int, knobs: dict[str, float]) -> np.ndarray:
    """Return the gain of a compressor over time, as a plain float64 recursion on the louder channel."""
    attack, release = (np.exp(-np.log(9) / (rate * knobs[f"{name}_ms"] / 1000)) for name in ("attack", "release"))
    threshold, ratio, knee = (knobs[name] for name in ("threshold_db", "ratio", "knee_db"))
    gains, gain = [], 0.0
    for level in 20 * np.log10(np.maximum(np.abs(audio).max(0), 1e-6)):
        over = level - threshold
        if 2 * over < -knee:
            target = 0.0
        elif 2 * over <= knee:
            target = (1 / ratio - 1) * (over + knee / 2) ** 2 / (2 * knee)
        else:
            target = (1 / ratio - 1) * over
        pole = attack if target < gain else release
        gain = pole * gain + (1 - pole) * target
        gains.append(gain)
    return np.array(gains)


def _hits(rate: int, channels: int, generator: torch.Generator) -> Tensor:
    samples = rate // 3
    envelope = torch.exp(-(torch.arange(samples) % (rate // 10)) / (0.01 * rate))
    return 0.9 * envelope * torch.randn(channels, samples, generator=generator).clamp(-1, 1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("attack_ms", "release_ms", "knee_db"), [(0.1, 2000.0, 0.0), (5.0, 80.0, 6.0), (60.0, 30.0, 18.0)]
)
def test_the_compressor_is_a_plain_recursion(
    rate: int, channels: int, attack_ms: float, release_ms: float, knee_db: float, generator: torch.Generator
) -> None:
    knobs = {"threshold_db": -32.0, "ratio": 5.0, "attack_ms": attack_ms, "release_ms": release_ms, "knee_db": knee_db}
    audio = _hits(rate, channels, generator)
    turned = {(3, f"compressor.{name}"): value for name, value in knobs.items()}
    parameters = console(
        [channels == 2], {**turned, (3, "compressor.on"): 1.0, **({(3, "pan"): -1.0} if channels == 1 else {})}
    )
    heard = render([audio], parameters, rate)[0, :channels]
    loud = audio.abs() > 1e-4
    measured = 20 * torch.log10((heard / audio).abs())
    expected = torch.from_numpy(_textbook_gain_db(audio.double().numpy(), rate, knobs)).expand(channels, -1)
    assert expected.min() < -2
    assert (measured - expected)[loud].abs().max() < 0.01


@pytest.mark.parametrize("rate", RATES)
def test_attack_and_release_take_their_times(rate: int) -> None:
    turned = {"on": 1.0, "threshold_db": -30.0, "ratio": 20.0, "attack_ms": 20.0, "release_ms": 120.0, "knee_db": 0.0}
    parameters = console([False], {(3, f"compressor.{name}"): v for name, v in turned.items()} | {(3, "pan"): -1.0})
    level = torch.cat([torch.full((rate // 2,), 0.5), torch.full((rate,), 0.01)])
    gain_db = 20 * torch.log10(render([level[None].double()], parameters, rate)[0, 0] / level)
    lowest = float(gain_db.min())
    falling, rising = gain_db[: rate // 2] / lowest, gain_db[rate // 2 :] / lowest
    attack = int((falling < 0.9).sum() - (falling < 0.1).sum()) / rate
    release = int((rising > 0.1).sum() - (rising > 0.9).sum()) / rate
    assert attack == pytest.approx(0.020, rel=0.01)
    assert release == pytest.approx(0.120, rel=0.01)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("time_ms", [20.0, 123.4, 1500.0])
def test_an_echo_comes_to_the_sample(rate: int, time_ms: float) -> None:
    samples = round(time_ms * rate / 1000)
    turned = {(3, "delay_send.on"): 1.0, (3, "delay_send.level_db"): 0.0, (2, "feedback"): 0.0}
    neutral = console([False], {**turned, (2, "high_cut_hz"): 16000.0})
    exact = neutral.normalized.double()  # a place in float32 is up to 0.02 samples off
    whole_ms = torch.tensor(1000 * samples / rate, dtype=torch.float64)
    exact[:, 2, LAYOUT.index("delay", "time_ms")] = LAYOUT.spec("delay", "time_ms").normalized(whole_ms)
    impulse = torch.zeros(1, samples + 400, dtype=torch.float64)
    impulse[0, 0] = 1.0
    wet = render([impulse], MixParameters(exact, neutral.mask), rate)[0, 0]
    wet[0] = 0
    # The high cut is minimum-phase: by itself, from an impulse, it is loudest a known number of samples after it.
    sections = scipy.signal.butter(2, min(16000.0, 0.45 * rate), fs=rate, output="sos")
    alone = np.abs(scipy.signal.sosfilt(sections, np.eye(1, 400)[0]))
    assert int(wet.abs().argmax()) == samples + int(alone.argmax())
    assert wet[1:samples].abs().max() < 1e-4 * wet.abs().max()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("decay_s", [0.4, 2.0])
def test_reverberation_takes_its_time_to_decay(rate: int, decay_s: float) -> None:
    turned = {(3, "reverb_send.on"): 1.0, (3, "reverb_send.level_db"): 0.0, (1, "decay_s"): decay_s}
    turned |= {(1, "pre_delay_ms"): 0.0, (1, "low_cut_hz"): 20.0, (1, "damping_hz"): 16000.0}
    impulse = torch.zeros(1, round(1.2 * decay_s * rate))
    impulse[0, 0] = 1.0
    wet = render([impulse], console([False], turned), rate)[0].numpy()
    wet[:, 0] = 0
    octave = scipy.signal.butter(3, [500 * 2**0.5, 1000 * 2**0.5], "bandpass", fs=rate, output="sos")
    power = np.square(scipy.signal.sosfilt(octave, wet)).sum(0)
    level = 10 * np.log10(np.cumsum(power[::-1])[::-1] / power.sum() + 1e-20)  # Schroeder's backward integral
    inside = (level < -5) & (level > -35)
    slope = np.polyfit(np.flatnonzero(inside) / rate, level[inside], 1)[0]
    assert -60 / slope == pytest.approx(decay_s, rel=0.1)


@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.0, 0.3, 1.0])
def test_a_mono_track_keeps_its_power_wherever_it_is(pan: float, generator: torch.Generator) -> None:
    track = torch.randn(1, 500, generator=generator, dtype=torch.float64)
    mix = render([track], console([False], {(3, "pan"): pan}), 44100)
    assert float(mix.square().sum() / track.square().sum()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.7, 2.0])
def test_a_mono_loudspeaker_hears_no_width(width: float, generator: torch.Generator) -> None:
    track = torch.randn(2, 500, generator=generator, dtype=torch.float64)
    mix = render([track], console([True], {(3, "width"): width}), 44100)[0]
    torch.testing.assert_close(mix.sum(0), track.sum(0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_neutral_console_returns_a_stereo_track_to_the_bit(dtype: torch.dtype, generator: torch.Generator) -> None:
    track = torch.randn(2, 3000, generator=generator, dtype=dtype)
    torch.testing.assert_close(render([track], console([True], {}), 44100)[0], track, rtol=2e-7, atol=0)


def test_processors_that_are_on_but_set_to_nothing_return_their_input(generator: torch.Generator) -> None:
    track = torch.randn(2, 3000, generator=generator, dtype=torch.float64)
    switches = {(token, f"eq.{band}.on"): 1.0 for token in (0, 3) for band in EQ_BANDS}
    switches |= {(token, f"compressor.{name}"): 1.0 for token in (0, 3) for name in ("on", "ratio")}
    torch.testing.assert_close(render([track], console([True], switches), 44100)[0], track, rtol=1e-6, atol=1e-7)
