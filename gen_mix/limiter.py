"""True peak, and the last step of every mix: to its loudness target, below its true-peak ceiling."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage, signal
from torch import Tensor

from gen_mix.loudness import k_weighted_power, loudness_lufs, loudness_of_power

MOST_REDUCTION_DB = 15.0
"""The limiter takes no more than this off the highest peak: a target beyond is missed, not forced."""

_OVERSAMPLING = 8
_REACH = 10  # samples on either side that shape the curve between two samples
_KAISER_BETA = 5.0
_BLOCKS_AT_ONCE = 1 << 13
_BLOCK = 32  # samples that share one knot of the limiter's gain
_LOOK_AHEAD_SECONDS = 0.003
_RELEASE_DB_PER_SECOND = 60.0
_MARGIN_DB = 0.01  # below the ceiling: other resamplers, and rounding to 24 bits, read a little more
_TOLERANCE_LU = 0.03
_MOST_ROUNDS = 6
_MOST_SECANTS = 12


@dataclass(frozen=True)
class Finished:
    """A finished mix.

    Attributes:
        audio: (2, samples).
        gain_db: Gain in front of the limiter.
        loudness_lufs: Of `audio`; minus infinity for silence.
        true_peak_dbtp: Of `audio`; minus infinity for silence.
    """

    audio: Tensor
    gain_db: float
    loudness_lufs: float
    true_peak_dbtp: float


def true_peak_dbtp(audio: Tensor, sample_rate: int) -> float:
    """Return the highest level at and between the samples in dBTP, by eightfold oversampling.

    BS.1770-4, annex 2, asks for fourfold or more. Minus infinity for silence.

    Args:
        audio: (channels, samples), finite.
        sample_rate: In Hz, as for every measure of audio; at any rate the oversampling is eightfold.

    Raises:
        ValueError: The rate is not positive.
    """
    if sample_rate <= 0:
        raise ValueError(f"expected a positive sample rate, got {sample_rate}")
    return _decibels(float(_block_peaks(audio, float(audio.abs().max())).max()))


def finish(mix: Tensor, sample_rate: int, target_lufs: float = -16.0, ceiling_dbtp: float = -1.0) -> Finished:
    """Return the mix at its loudness target and never above its ceiling.

    One gain for the whole mix, then a limiter that sees 3 ms ahead, turns both channels down alike, and lets go
    by 60 dB a second. The gain is found by iteration, as limiting costs loudness. If the target would take more
    than `MOST_REDUCTION_DB` of limiting, the mix stays below it; silence stays silent.

    Args:
        mix: (2, samples), finite.
        sample_rate: In Hz.
        target_lufs: Gated loudness to reach, within 0.1 LU.
        ceiling_dbtp: True peak that is not exceeded.

    Raises:
        ValueError: The mix is not finite.
    """
    highest = float(mix.abs().max())
    if not highest < math.inf:
        raise ValueError("expected a finite mix, got NaN or infinity")
    if highest == 0:
        return Finished(mix, 0.0, -math.inf, -math.inf)
    programme = _programme(mix, sample_rate, highest * 10 ** (-MOST_REDUCTION_DB / 20))
    most_gain_db = ceiling_dbtp + MOST_REDUCTION_DB - float(programme.peaks_db.max())
    most_dbtp = ceiling_dbtp - _MARGIN_DB
    aim_lufs, limit_dbtp = target_lufs, most_dbtp - _MARGIN_DB
    for _ in range(_MOST_ROUNDS):
        gain_db = programme.gain_to_loudness_db(aim_lufs, limit_dbtp, most_gain_db)
        audio = mix * programme.gain(gain_db, limit_dbtp).to(mix)
        loudness, peak_db = loudness_lufs(audio, sample_rate), true_peak_dbtp(audio, sample_rate)
        missing = target_lufs - loudness if math.isfinite(loudness) and gain_db < most_gain_db - 0.01 else 0.0
        if peak_db <= most_dbtp and abs(missing) <= _TOLERANCE_LU:
            break
        aim_lufs += missing
        limit_dbtp -= max(peak_db - most_dbtp, 0.0)
    excess_db = max(peak_db - most_dbtp, 0.0)
    return Finished(audio * 10 ** (-excess_db / 20), gain_db, loudness - excess_db, peak_db - excess_db)


@dataclass(frozen=True)
class _Programme:
    """What the limiter must know of a mix, block by block.

    Attributes:
        peaks_db: True peak of each block (blocks,).
        power: K-weighted power of each block (blocks,).
        sample_rate: In Hz.
        samples: Length.
    """

    peaks_db: NDArray[np.float64]
    power: NDArray[np.float64]
    sample_rate: int
    samples: int

    def reduction_db(self, gain_db: float, limit_dbtp: float) -> NDArray[np.float64]:
        """Return the limiter's gain at the middle of each block (blocks,), at most 0.

        The least gain within reach, less what it regained since, averaged over the reach: so it is nowhere above
        the gain that a block, or its neighbour in the interpolation, can bear.
        """
        bearable = np.minimum(limit_dbtp - gain_db - self.peaks_db, 0.0)
        ahead = math.ceil(_LOOK_AHEAD_SECONDS * self.sample_rate / _BLOCK)
        held = ndimage.minimum_filter1d(bearable, 2 * (ahead + 1) + 1, mode="nearest")
        regained = np.arange(held.size) * (_RELEASE_DB_PER_SECOND * _BLOCK / self.sample_rate)
        released = np.minimum.accumulate(held - regained) + regained
        window = signal.windows.hann(2 * ahead + 3)[1:-1]
        return np.minimum(ndimage.convolve1d(released, window / window.sum(), mode="nearest"), 0.0)

    def gain(self, gain_db: float, limit_dbtp: float) -> Tensor:
        """Return the factor of every sample (samples,): `gain_db` and the limiter behind it, linear between knots."""
        knots = torch.from_numpy(10 ** ((gain_db + self.reduction_db(gain_db, limit_dbtp)) / 20)).float()
        around = F.pad(knots[None], (1, 1), mode="replicate")[0].unfold(0, 3, 1)
        place = (torch.arange(_BLOCK) + 0.5) / _BLOCK - 0.5
        weights = torch.stack([(-place).clamp(min=0), 1 - place.abs(), place.clamp(min=0)])
        return (around @ weights).flatten()[: self.samples]

    def gain_to_loudness_db(self, target_lufs: float, limit_dbtp: float, most_gain_db: float) -> float:
        """Return the gain in front of the limiter that brings what leaves it to `target_lufs`, by secants.

        The limiter moves slowly, so its gain may be taken to pass through the K-weighting.
        """
        highest_db = float(self.peaks_db.max())
        unity = loudness_of_power(self.power / 10 ** (highest_db / 10), self.sample_rate / _BLOCK) + highest_db
        if unity == -math.inf:  # a constant, or a click at the very end: no loudness to reach
            return min(limit_dbtp - highest_db, 0.0)
        gain_db, reached_lufs = 0.0, unity
        slope = 1.0
        for _ in range(_MOST_SECANTS):
            step_db = min((target_lufs - reached_lufs) / slope, most_gain_db - gain_db)
            if abs(step_db) < _TOLERANCE_LU / 10:
                break
            before_lufs, gain_db = reached_lufs, gain_db + step_db
            heard = 10 ** ((gain_db + self.reduction_db(gain_db, limit_dbtp)) / 10)
            reached_lufs = loudness_of_power(self.power * heard, self.sample_rate / _BLOCK)
            slope = min(max((reached_lufs - before_lufs) / step_db, 0.1), 1.0)
        return round(gain_db, 3)


def _programme(mix: Tensor, sample_rate: int, threshold: float) -> _Programme:
    """Return the blocks of `mix`; their peaks are exact above the amplitude `threshold`."""
    peaks = _block_peaks(mix, threshold)
    power = np.zeros(peaks.size * _BLOCK)
    power[: mix.shape[1]] = k_weighted_power(mix, sample_rate)
    with np.errstate(divide="ignore"):
        return _Programme(20 * np.log10(peaks), power.reshape(-1, _BLOCK).mean(axis=1), sample_rate, mix.shape[1])


def _block_peaks(audio: Tensor, threshold: float) -> NDArray[np.float64]:
    """Return the highest amplitude of each block of `_BLOCK` samples of `audio` (channels, samples).

    Peaks between samples are looked for only where they could exceed `threshold`; elsewhere the highest sample stands.
    """
    blocks = -(-audio.shape[1] // _BLOCK)
    padded = F.pad(audio.detach().float(), (_REACH, blocks * _BLOCK - audio.shape[1] + _REACH))
    within = padded[:, _REACH : _REACH + blocks * _BLOCK].unflatten(1, (blocks, _BLOCK))
    peaks = torch.maximum(within.amax(dim=(0, 2)), -within.amin(dim=(0, 2)))
    between = _interpolation().to(padded)
    highest_around = F.max_pool1d(peaks[None], 3, stride=1, padding=1)[0]
    is_candidate = highest_around * between.abs().sum(dim=0).max() > threshold
    frames = padded.unfold(1, _BLOCK + 2 * _REACH, _BLOCK)
    for some in is_candidate.nonzero()[:, 0].split(_BLOCKS_AT_ONCE):
        points = frames[:, some] @ between
        peaks[some] = torch.maximum(peaks[some], points.abs().amax(dim=(0, 2)))
    return peaks.double().cpu().numpy()


def _interpolation() -> Tensor:
    """Return the matrix from a block with its surroundings to the points between its samples.

    Rows are the `_BLOCK` samples and `_REACH` on either side, columns the points: a Kaiser-windowed sinc.
    """
    sample = torch.arange(-_REACH, _BLOCK + _REACH, dtype=torch.float64)
    point = torch.arange(_BLOCK * _OVERSAMPLING, dtype=torch.float64) / _OVERSAMPLING
    distance = point[point % 1 != 0] - sample[:, None]
    window = torch.special.i0(_KAISER_BETA * (1 - (distance / _REACH) ** 2).clamp(min=0).sqrt())
    kernel = torch.sinc(distance) * window / torch.special.i0(torch.tensor(_KAISER_BETA, dtype=torch.float64))
    return kernel.masked_fill(distance.abs() > _REACH, 0.0).float()


def _decibels(amplitude: float) -> float:
    """Return the level of `amplitude`, minus infinity for 0."""
    return 20 * math.log10(amplitude) if amplitude else -math.inf
