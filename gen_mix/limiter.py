"""The last step of every mix: to its loudness target, below its true-peak ceiling."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, signal
from torch import Tensor

from gen_mix.loudness import LoudnessMeter, k_weighting, loudness_of_power
from gen_mix.power_meter import PowerMeter
from gen_mix.takes import MemoryTake, Take, pieces
from gen_mix.true_peak import BLOCK, PeakMeter, block_peaks, with_surroundings

MOST_REDUCTION_DB = 15.0
"""The limiter takes no more than this off the highest peak: a target beyond is missed, not forced."""

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


@dataclass(frozen=True)
class FinishedTake:
    """A finished mix that is made piece by piece, whenever it is read.

    Attributes:
        take: Its audio.
        gain_db, loudness_lufs, true_peak_dbtp: As in `Finished`.
    """

    take: Take
    gain_db: float
    loudness_lufs: float
    true_peak_dbtp: float


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
    finished = finish_take(MemoryTake(mix), sample_rate, target_lufs, ceiling_dbtp)
    audio = torch.cat([finished.take.read(first, last) for first, last in pieces(mix.shape[1])], dim=1)
    return Finished(audio, finished.gain_db, finished.loudness_lufs, finished.true_peak_dbtp)


def finish_take(mix: Take, sample_rate: int, target_lufs: float = -16.0, ceiling_dbtp: float = -1.0) -> FinishedTake:
    """Return a mix of any length finished, as `finish` says, in memory that grows by some 10 MB a minute.

    Raises:
        ValueError: The mix is not finite.
    """
    highest = _highest(mix)
    if not highest < math.inf:
        raise ValueError("expected a finite mix, got NaN or infinity")
    if highest == 0:
        return FinishedTake(mix, 0.0, -math.inf, -math.inf)
    programme = _programme(mix, sample_rate, highest * 10 ** (-MOST_REDUCTION_DB / 20))
    most_gain_db = ceiling_dbtp + MOST_REDUCTION_DB - float(programme.peaks_db.max())
    most_dbtp = ceiling_dbtp - _MARGIN_DB
    aim_lufs, limit_dbtp = target_lufs, most_dbtp - _MARGIN_DB
    for _ in range(_MOST_ROUNDS):
        gain_db = programme.gain_to_loudness_db(aim_lufs, limit_dbtp, most_gain_db)
        turned = _TurnedTake(mix, programme.knots(gain_db, limit_dbtp))
        loudness, peak_db = _measured(turned, sample_rate)
        missing = target_lufs - loudness if math.isfinite(loudness) and gain_db < most_gain_db - 0.01 else 0.0
        if peak_db <= most_dbtp and abs(missing) <= _TOLERANCE_LU:
            break
        aim_lufs += missing
        limit_dbtp -= max(peak_db - most_dbtp, 0.0)
    excess_db = max(peak_db - most_dbtp, 0.0)
    lower = replace(turned, knots=turned.knots * 10 ** (-excess_db / 20))
    return FinishedTake(lower, gain_db, loudness - excess_db, peak_db - excess_db)


@dataclass(frozen=True)
class _TurnedTake:
    """A take under a gain that changes.

    Attributes:
        mix: The take.
        knots: Factor in the middle of each block, linear between them, with the first and the last once more
            (blocks + 2,).
    """

    mix: Take
    knots: Tensor

    @property
    def samples(self) -> int:
        return self.mix.samples

    def read(self, first: int, last: int) -> Tensor:
        begin, end = first // BLOCK, -(-last // BLOCK)
        blocks = len(self.knots) - 2
        around = self.knots[torch.arange(begin, end + 2).clamp(0, blocks + 1)].unfold(0, 3, 1)
        place = (torch.arange(BLOCK) + 0.5) / BLOCK - 0.5
        weights = torch.stack([(-place).clamp(min=0), 1 - place.abs(), place.clamp(min=0)])
        gain = (around @ weights).flatten()[first - begin * BLOCK : last - begin * BLOCK]
        audio = self.mix.read(first, last)
        return audio * gain.to(audio)


def _highest(mix: Take) -> float:
    """Return the highest absolute sample; NaN if there is one."""
    return float(torch.stack([mix.read(first, last).abs().max() for first, last in pieces(mix.samples)]).max())


def _measured(take: Take, sample_rate: int) -> tuple[float, float]:
    """Return loudness in LUFS and true peak in dBTP."""
    loudness, peak = LoudnessMeter(sample_rate), PeakMeter()
    for first, last in pieces(take.samples):
        loudness.add(take.read(first, last))
        peak.add(take, first, last)
    return loudness.lufs(), peak.dbtp


@dataclass(frozen=True)
class _Programme:
    """What the limiter must know of a mix, block by block.

    Attributes:
        peaks_db: True peak of each block (blocks,).
        power: K-weighted power of each block (blocks,).
        sample_rate: In Hz.
    """

    peaks_db: NDArray[np.float64]
    power: NDArray[np.float64]
    sample_rate: int

    def reduction_db(self, gain_db: float, limit_dbtp: float) -> NDArray[np.float64]:
        """Return the limiter's gain at the middle of each block (blocks,), at most 0.

        The least gain within reach, less what it regained since, averaged over the reach: so it is nowhere above
        the gain that a block, or its neighbour in the interpolation, can bear.
        """
        # In place where it can be: for a long song each of these is as large as all else.
        bearable = (limit_dbtp - gain_db) - self.peaks_db
        np.minimum(bearable, 0.0, out=bearable)
        ahead = math.ceil(_LOOK_AHEAD_SECONDS * self.sample_rate / BLOCK)
        held = ndimage.minimum_filter1d(bearable, 2 * (ahead + 1) + 1, mode="nearest")
        regained = np.arange(held.size, dtype=np.float64)
        regained *= _RELEASE_DB_PER_SECOND * BLOCK / self.sample_rate
        held -= regained
        released = np.minimum.accumulate(held, out=held)
        released += regained
        window = signal.windows.hann(2 * ahead + 3)[1:-1]
        smoothed = ndimage.convolve1d(released, window / window.sum(), mode="nearest", output=bearable)
        return np.minimum(smoothed, 0.0, out=smoothed)

    def knots(self, gain_db: float, limit_dbtp: float) -> Tensor:
        """Return the factors of `gain_db` and the limiter behind it, as `_TurnedTake` has them."""
        knots = _factors(gain_db, self.reduction_db(gain_db, limit_dbtp), 20)
        return torch.from_numpy(np.pad(knots, 1, mode="edge")).float()

    def gain_to_loudness_db(self, target_lufs: float, limit_dbtp: float, most_gain_db: float) -> float:
        """Return the gain in front of the limiter that brings what leaves it to `target_lufs`, by secants.

        The limiter moves slowly, so its gain may be taken to pass through the K-weighting.
        """
        highest_db = float(self.peaks_db.max())
        unity = loudness_of_power(self.power / 10 ** (highest_db / 10), self.sample_rate / BLOCK) + highest_db
        if unity == -math.inf:  # a constant, or a click at the very end: no loudness to reach
            return min(limit_dbtp - highest_db, 0.0)
        gain_db, reached_lufs = 0.0, unity
        slope = 1.0
        for _ in range(_MOST_SECANTS):
            step_db = min((target_lufs - reached_lufs) / slope, most_gain_db - gain_db)
            if abs(step_db) < _TOLERANCE_LU / 10:
                break
            before_lufs, gain_db = reached_lufs, gain_db + step_db
            heard = _factors(gain_db, self.reduction_db(gain_db, limit_dbtp), 10)
            heard *= self.power
            reached_lufs = loudness_of_power(heard, self.sample_rate / BLOCK)
            slope = min(max((reached_lufs - before_lufs) / step_db, 0.1), 1.0)
        return round(gain_db, 3)


def _programme(mix: Take, sample_rate: int, threshold: float) -> _Programme:
    """Return the blocks of `mix`; their peaks are exact above the amplitude `threshold`."""
    power = PowerMeter(k_weighting(sample_rate), BLOCK)
    peaks = np.empty(-(-mix.samples // BLOCK))
    for first, last in pieces(mix.samples):
        around = with_surroundings(mix, first, last)
        power.add(around[:, BLOCK : BLOCK + last - first])
        peaks[first // BLOCK : -(-last // BLOCK)] = block_peaks(around, threshold)
    with np.errstate(divide="ignore"):
        np.log10(peaks, out=peaks)
    peaks *= 20
    return _Programme(peaks, power.means_and_rest, sample_rate)


def _factors(gain_db: float, reduction_db: NDArray[np.float64], decibels_per_tenfold: int) -> NDArray[np.float64]:
    """Return what a gain and a reduction behind it multiply by, in the memory of `reduction_db`."""
    reduction_db += gain_db
    reduction_db /= decibels_per_tenfold
    return np.power(10.0, reduction_db, out=reduction_db)
