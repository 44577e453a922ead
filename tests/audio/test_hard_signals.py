"""The limiter's ceiling and the loudness target, on signals that were made to break them."""

import numpy as np
import pyloudnorm
import pytest
import torch
from scipy import signal
from torch import Tensor

from gen_mix.limiter import finish

CEILING_DBTP = -1.0


def _peak_dbtp(audio: Tensor, oversampling: int) -> float:
    """Return the true peak that scipy's resampler finds.

    At the Nyquist frequency itself a true peak has no meaning: the longer the filter of a meter, the higher it reads a
    burst of alternating samples, without limit. Like BS.1770's own, this one reaches 10 samples far.
    """
    oversampled = signal.resample_poly(audio.double().numpy(), oversampling, 1, axis=1)
    return float(20 * np.log10(np.abs(oversampled).max()))


def _hard(name: str, rate: int) -> Tensor:
    samples = rate
    clock = np.arange(samples) / rate
    rng = np.random.default_rng(0)
    mono = {
        "square wave": np.sign(np.sin(2 * np.pi * 997 * clock)),
        "between the samples": 4 * np.sin(np.pi / 2 * np.arange(samples) + np.pi / 4),
        "signs of noise": np.sign(rng.standard_normal(samples)),
        "noise": 3 * rng.standard_normal(samples),
        "clicks": 5.0 * (np.arange(samples) % (rate // 7) == 0),
        "alternating bursts": np.where(np.arange(samples) % 400 < 20, np.cos(np.pi * np.arange(samples)), 0.01),
        "steps": np.repeat(rng.uniform(-2, 2, 200), -(-samples // 200))[:samples],
    }[name]
    return torch.from_numpy(np.stack([mono, np.roll(0.7 * mono, 3)])).float()


SIGNALS = ("square wave", "between the samples", "signs of noise", "noise", "clicks", "alternating bursts", "steps")


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("name", SIGNALS)
def test_nothing_goes_over_the_ceiling(name: str, rate: int) -> None:
    for target_lufs in (-23.0, -9.0):
        finished = finish(_hard(name, rate), rate, target_lufs, CEILING_DBTP)
        assert finished.audio.isfinite().all()
        assert max(_peak_dbtp(finished.audio, times) for times in (4, 8)) <= CEILING_DBTP, target_lufs
        assert _peak_dbtp(finished.audio, 16) <= CEILING_DBTP + 0.05, target_lufs
        assert finished.true_peak_dbtp <= CEILING_DBTP


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("name", ["square wave", "noise", "steps"])
def test_the_target_is_met_where_it_can_be(name: str, rate: int) -> None:
    finished = finish(_hard(name, rate), rate, -20.0, CEILING_DBTP)
    loudness = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(finished.audio.double().numpy().T)
    assert loudness == pytest.approx(-20.0, abs=0.1)
