"""Loudness by ITU-R BS.1770-4, and the gain that brings a track to the console's reference loudness.

https://www.itu.int/rec/R-REC-BS.1770-4-201510-S
"""

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.power_meter import PowerMeter

REFERENCE_LUFS = -24.0
"""Loudness of a staged track: every threshold and fader of the console refers to it."""

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
NOISE_FLOOR_DBFS = -80.0
"""A track whose peak is below this holds no music, and staging would only bring up its noise."""

_OFFSET_LUFS = -0.691  # makes a 997 Hz sine at 0 dBFS read -3.01 LUFS
_HOP_SECONDS = 0.1
_HOPS_PER_BLOCK = 4
_STAGING_ROUNDS = 8


def k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """Return the K-weighting filter as two second-order sections (2, 6).

    The standard tabulates coefficients at 48 kHz only. These are bilinear transforms of the analogue
    shelf and high-pass behind that table, recovered by De Man, "Evaluation of implementations of
    the EBU R128 loudness measurement" (2018); at 48 kHz they give the table back.

    Args:
        sample_rate: In Hz.
    """
    shelf = math.tan(math.pi * 1681.974450955533 / sample_rate)
    shelf_q = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + shelf / shelf_q + shelf**2
    first = [
        (high + band * shelf / shelf_q + shelf**2) / a0,
        2 * (shelf**2 - high) / a0,
        (high - band * shelf / shelf_q + shelf**2) / a0,
        1.0,
        2 * (shelf**2 - 1) / a0,
        (1 - shelf / shelf_q + shelf**2) / a0,
    ]
    cut = math.tan(math.pi * 38.13547087602444 / sample_rate)
    cut_q = 0.5003270373238773
    a0 = 1 + cut / cut_q + cut**2
    second = [1.0, -2.0, 1.0, 1.0, 2 * (cut**2 - 1) / a0, (1 - cut / cut_q + cut**2) / a0]
    return np.array([first, second])


def loudness_lufs(audio: Tensor, sample_rate: int) -> float:
    """Return the gated loudness of a programme in LUFS, as `LoudnessMeter` measures it.

    Args:
        audio: (1 or 2, samples). A mono signal counts as one channel.
        sample_rate: In Hz.

    Raises:
        ValueError: The audio is not (1 or 2, samples) with at least one sample.
    """
    return _measured(audio, sample_rate).lufs()


def staging_gain_db(audio: Tensor, sample_rate: int) -> float:
    """Return the gain that brings a track to `REFERENCE_LUFS`, as `staging_gain_of_db` says.

    Args:
        audio: (1 or 2, samples).
        sample_rate: In Hz.
    """
    return staging_gain_of_db(_measured(audio, sample_rate), float(audio.abs().max()))


def staging_gain_of_db(measured: "LoudnessMeter", peak: float) -> float:
    """Return the gain that brings a track to `REFERENCE_LUFS`, 0 for one that holds nothing but silence or noise.

    The gates apply to the staged track, so a track recorded 40 dB too low is staged like one recorded well, and only
    its active parts count. A fixed point, from a peak at full scale: what the absolute gate lets pass depends on the
    gain.

    Args:
        measured: A meter that all of the track has passed.
        peak: Highest absolute sample.
    """
    if peak < 10 ** (NOISE_FLOOR_DBFS / 20):
        return 0.0
    gain_db = -20 * math.log10(peak)
    for _ in range(_STAGING_ROUNDS):
        loudness = measured.lufs(gain_db)
        if loudness == -math.inf:  # a constant, or a click at the very end
            return 0.0
        gain_db += REFERENCE_LUFS - loudness
        if abs(REFERENCE_LUFS - loudness) < 1e-6:
            break
    return gain_db


class LoudnessMeter:
    """Gated loudness of a programme that passes in blocks of any length.

    Blocks of 400 ms that start every 100 ms; those below -70 LUFS, and then those 10 LU below the mean of the
    rest, do not count (BS.1770-4, eq. 2 to 7). A clip shorter than a block is one block.
    """

    def __init__(self, sample_rate: int) -> None:
        """Take the rate in Hz."""
        self._power = PowerMeter(k_weighting(sample_rate), round(_HOP_SECONDS * sample_rate))

    def add(self, audio: Tensor) -> None:
        """Measure the next samples, (1 or 2, samples)."""
        self._power.add(audio)

    def lufs(self, gain_db: float = 0.0) -> float:
        """Return the loudness as if all had been `gain_db` louder; minus infinity below the absolute gate."""
        scale = 10 ** (gain_db / 10)
        return loudness_of_hops(self._power.means * scale, self._power.mean * scale)


def loudness_of_hops(hops: NDArray[np.float64], mean: float) -> float:
    """Return the gated loudness in LUFS of a programme with K-weighted power in `hops` of 100 ms, `mean` over all."""
    if hops.size < _HOPS_PER_BLOCK:
        blocks = np.array([mean])
    else:
        blocks = np.lib.stride_tricks.sliding_window_view(hops, _HOPS_PER_BLOCK).mean(axis=1)
    blocks = blocks[blocks > 10 ** ((ABSOLUTE_GATE_LUFS - _OFFSET_LUFS) / 10)]
    if blocks.size == 0:
        return -math.inf
    blocks = blocks[blocks > blocks.mean() * 10 ** (RELATIVE_GATE_LU / 10)]
    return _OFFSET_LUFS + 10 * math.log10(float(blocks.mean()))


def loudness_of_power(power: NDArray[np.float64], sample_rate: float) -> float:
    """Return the gated loudness in LUFS of a programme with K-weighted `power` (samples,), as `LoudnessMeter`."""
    hop = round(_HOP_SECONDS * sample_rate)
    hops = power[: power.size // hop * hop].reshape(-1, hop).mean(axis=1)
    return loudness_of_hops(hops, float(power.mean()))


def _measured(audio: Tensor, sample_rate: int) -> LoudnessMeter:
    if audio.ndim != 2 or audio.shape[0] not in (1, 2) or audio.shape[1] == 0:
        raise ValueError(f"expected audio (1 or 2, samples), got {tuple(audio.shape)}")
    meter = LoudnessMeter(sample_rate)
    meter.add(audio)
    return meter
