import numpy as np
import pytest
import scipy.signal
import torch
from dasp_pytorch.signal import sosfilt_via_fsm

from gen_mix.console.filters import active_sections, eq_band, eq_response_db, equalize, high_pass, low_pass, response_db
from gen_mix.console.knobs import track_knobs
from gen_mix.console.layout import EQ_BANDS, LAYOUT
from gen_mix.console.recursions import filter_cascade
from tests.console.desk import RATE, console, knobs, random_console

RATES = (44100, 48000, 96000)


def _tensor(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("freq_hz", [20.0, 80.0, 1000.0])
def test_high_and_low_pass_are_butterworth(rate: int, freq_hz: float) -> None:
    for ours, kind in ((high_pass, "highpass"), (low_pass, "lowpass")):
        expected = scipy.signal.butter(2, freq_hz, kind, fs=rate, output="sos")[0]
        np.testing.assert_allclose(ours(_tensor(freq_hz), rate).numpy(), expected, rtol=1e-9, atol=1e-12)


def test_high_pass_falls_by_12_db_per_octave() -> None:
    level = response_db(high_pass(_tensor(1000.0), RATE), torch.tensor([1000.0, 50.0, 25.0]), RATE)
    assert level[0] == pytest.approx(-3.01, abs=0.01)
    assert level[1] - level[2] == pytest.approx(12.04, abs=0.05)


@pytest.mark.parametrize("gain_db", [-18.0, -3.0, 9.0, 18.0])
def test_a_bell_has_its_gain_at_its_centre_and_none_far_away(gain_db: float) -> None:
    bell = eq_band("bell_3", _tensor(1000.0), _tensor(gain_db), _tensor(2.0), RATE)
    level = response_db(bell, torch.tensor([1e-3, 1000.0, RATE / 2]), RATE)
    torch.testing.assert_close(level, torch.tensor([0.0, gain_db, 0.0], dtype=torch.float64), atol=1e-6, rtol=0)


@pytest.mark.parametrize("gain_db", [-18.0, 12.0])
def test_a_shelf_has_half_its_gain_at_its_corner(gain_db: float) -> None:
    low = eq_band("low_shelf", _tensor(200.0), _tensor(gain_db), _tensor(0.7), RATE)
    high = eq_band("high_shelf", _tensor(4000.0), _tensor(gain_db), _tensor(0.7), RATE)
    at = torch.tensor([1e-3, 200.0, 4000.0, RATE / 2])
    low_db, high_db = response_db(low, at, RATE), response_db(high, at, RATE)
    expected = torch.tensor([gain_db, gain_db / 2, 0.0], dtype=torch.float64)
    torch.testing.assert_close(low_db[[0, 1, 3]], expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(high_db[[3, 2, 0]], expected, atol=1e-6, rtol=0)


def test_frequencies_stay_below_the_nyquist_frequency() -> None:
    beyond, highest = (eq_band("high_shelf", _tensor(f), _tensor(9.0), _tensor(0.7), 16000) for f in (16000.0, 7200.0))
    assert torch.equal(beyond, highest)


@pytest.mark.parametrize("rate", RATES)
def test_response_is_what_the_sound_gets(rate: int, generator: torch.Generator) -> None:
    parameters = random_console([False] * 3, 2, generator)
    freqs = torch.logspace(np.log10(20), np.log10(0.45 * rate), 200, dtype=torch.float64)
    expected = eq_response_db(parameters, "track", freqs, rate)
    impulse = torch.zeros(1, 6 * rate)
    impulse[0, 0] = 1
    for mix in range(2):
        for track in range(3):
            tail = equalize(impulse, track_knobs(parameters[mix], track), rate)[0].double()
            bins = torch.fft.rfftfreq(tail.shape[-1], 1 / rate)
            measured = np.interp(freqs, bins, 20 * torch.fft.rfft(tail).abs().clamp(min=1e-9).log10())
            heard = expected[mix, track] > -60
            assert np.abs(measured - expected[mix, track].numpy())[heard].max() < 0.05


def test_response_agrees_with_scipy(generator: torch.Generator) -> None:
    parameters = random_console([False], 1, generator)
    freqs = torch.logspace(1.3, 4.29, 100, dtype=torch.float64)
    sections = active_sections(track_knobs(parameters, 0), RATE)
    _, spectrum = scipy.signal.freqz_sos(sections.numpy(), freqs.numpy(), fs=RATE)
    ours = eq_response_db(parameters, "track", freqs, RATE)[0, 0]
    np.testing.assert_allclose(ours, 20 * np.log10(np.abs(spectrum)), atol=1e-6)


def test_response_of_the_master_has_one_token(generator: torch.Generator) -> None:
    parameters = console(
        [True], {(0, "eq.bell_3.on"): 1, (0, "eq.bell_3.freq_hz"): 1000, (0, "eq.bell_3.gain_db"): 6}, 3
    )
    level = eq_response_db(parameters, "master", torch.tensor([1000.0]), RATE)
    torch.testing.assert_close(level, torch.full((3, 1, 1), 6.0, dtype=torch.float64), atol=1e-4, rtol=0)


def test_what_is_off_adds_nothing(generator: torch.Generator) -> None:
    parameters = random_console([False], 1, generator)
    for place, spec in enumerate(LAYOUT.track):
        if spec.is_gate:
            parameters.normalized[:, 3, place] = 0.499
    assert not eq_response_db(parameters, "track", torch.tensor([50.0, 5000.0]), RATE).any()


@pytest.mark.parametrize("band", EQ_BANDS)
def test_the_recursion_is_scipys(band: str, generator: torch.Generator) -> None:
    low, high = LAYOUT.spec("track", f"eq.{band}.freq_hz").low, LAYOUT.spec("track", f"eq.{band}.q").high
    turned = {f"eq.{band}.on": 1, f"eq.{band}.freq_hz": low, f"eq.{band}.gain_db": 18, f"eq.{band}.q": high}
    strip = knobs("track", {**turned, "high_pass.on": 1, "high_pass.freq_hz": 20})
    audio = torch.randn(2, 5000, generator=generator, dtype=torch.float64)
    expected = scipy.signal.sosfilt(active_sections(strip, RATE).numpy(), audio.numpy())
    np.testing.assert_allclose(equalize(audio, strip, RATE), expected, rtol=0, atol=1e-10)
    single = equalize(audio.float(), strip, RATE).numpy()
    assert np.abs(single - expected).max() < 1e-6 * np.abs(expected).max()  # -120 dB


def test_the_recursion_is_dasps_where_no_tail_folds_over(generator: torch.Generator) -> None:
    sections = torch.stack([high_pass(_tensor(500.0), RATE), low_pass(_tensor(5000.0), RATE)])
    audio = torch.randn(3, 1, 4096, generator=generator, dtype=torch.float64)
    padded = torch.nn.functional.pad(audio, (0, 4096))
    expected = sosfilt_via_fsm(sections.expand(3, 2, 6).clone(), padded)[..., :4096]
    torch.testing.assert_close(filter_cascade(audio, sections), expected, atol=1e-8, rtol=0)


def test_filters_of_a_batch_are_those_of_its_rows(generator: torch.Generator) -> None:
    audio = torch.randn(4, 2, 300, generator=generator)
    sections = high_pass(torch.tensor([30.0, 100.0, 300.0, 900.0]), RATE)[:, None, None]
    together = filter_cascade(audio, sections)
    for row in range(4):
        assert torch.equal(together[row], filter_cascade(audio[row], sections[row]))


def test_a_decaying_filter_does_not_slow_down() -> None:
    # States that decay for ever end in denormal numbers, and a processor takes a hundred times as long for those.
    audio = torch.zeros(1, 200_000, dtype=torch.float64)
    audio[0, 0] = 1e-90
    assert not filter_cascade(audio, high_pass(_tensor(500.0), RATE)[None])[0, -1000:].any()
