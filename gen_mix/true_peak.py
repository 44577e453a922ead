"""True peak: the highest level at and between the samples, by eightfold oversampling (BS.1770-4, annex 2)."""

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.takes import PIECE, MemoryTake, Take, pieces

BLOCK = 32
"""Samples that share one peak; a piece of a take is whole blocks."""

_OVERSAMPLING = 8
_REACH = 10  # samples on either side that shape the curve between two samples
_KAISER_BETA = 5.0
_BLOCKS_AT_ONCE = 1 << 13
assert PIECE % BLOCK == 0


def true_peak_dbtp(audio: Tensor, sample_rate: int) -> float:
    """Return the highest level at and between the samples in dBTP.

    BS.1770-4, annex 2, asks for fourfold oversampling or more. Minus infinity for silence.

    Args:
        audio: (channels, samples), finite.
        sample_rate: In Hz, as for every measure of audio; at any rate the oversampling is eightfold.

    Raises:
        ValueError: The rate is not positive.
    """
    if sample_rate <= 0:
        raise ValueError(f"expected a positive sample rate, got {sample_rate}")
    take = MemoryTake(audio)
    meter = PeakMeter()
    for first, last in pieces(take.samples):
        meter.add(take, first, last)
    return meter.dbtp


class PeakMeter:
    """The true peak of a take, measured piece by piece."""

    def __init__(self) -> None:
        """Begin with silence."""
        self._highest = 0.0

    def add(self, take: Take, first: int, last: int) -> None:
        """Measure samples `first` to `last` - 1 of `take`; only what may be higher than all before is looked at."""
        around = with_surroundings(take, first, last)
        self._highest = max(self._highest, float(around.abs().max()))
        self._highest = max(self._highest, float(block_peaks(around, self._highest).max()))

    @property
    def dbtp(self) -> float:
        """The highest level so far in dBTP; minus infinity for silence."""
        return 20 * math.log10(self._highest) if self._highest else -math.inf


def with_surroundings(take: Take, first: int, last: int) -> Tensor:
    """Return samples `first` to `last` - 1 as whole blocks, with a block on either side."""
    return take.read(first - BLOCK, first + -(-(last - first) // BLOCK) * BLOCK + BLOCK)


def block_peaks(around: Tensor, threshold: float) -> NDArray[np.float64]:
    """Return the highest amplitude of each block of audio, (blocks,).

    Peaks between samples are looked for only where they could exceed `threshold`; elsewhere the highest sample stands.

    Args:
        around: Blocks with one more on either side, (channels, (blocks + 2) · BLOCK).
        threshold: An amplitude.
    """
    audio = around.detach().float()
    highest = torch.from_numpy(_highest_samples(audio.cpu().contiguous().numpy())).to(audio)
    between = _interpolation().to(audio)
    nearby = F.max_pool1d(highest[None], 3, stride=1)[0]
    peaks = highest[1:-1].clone()
    frames = audio[:, BLOCK - _REACH : audio.shape[1] - BLOCK + _REACH].unfold(1, BLOCK + 2 * _REACH, BLOCK)
    candidates = (nearby * between.abs().sum(dim=0).max() > threshold).nonzero()[:, 0]
    for some in candidates.split(_BLOCKS_AT_ONCE):
        points = frames[:, some] @ between
        peaks[some] = torch.maximum(peaks[some], points.abs().amax(dim=(0, 2)))
    return peaks.double().cpu().numpy()


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _highest_samples(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the highest absolute sample of every block of (channels, blocks · BLOCK), finite."""
    highest = np.zeros(audio.shape[1] // BLOCK, np.float32)
    for channel in range(audio.shape[0]):
        for block in range(highest.size):
            most = highest[block]
            for sample in audio[channel, block * BLOCK : (block + 1) * BLOCK]:
                most = max(most, abs(sample))
            highest[block] = most
    return highest


@cache
def _interpolation() -> Tensor:
    """Return the matrix from a block with its surroundings to the points between its samples.

    Rows are the `BLOCK` samples and `_REACH` on either side, columns the points: a Kaiser-windowed sinc.
    """
    sample = torch.arange(-_REACH, BLOCK + _REACH, dtype=torch.float64)
    point = torch.arange(BLOCK * _OVERSAMPLING, dtype=torch.float64) / _OVERSAMPLING
    distance = point[point % 1 != 0] - sample[:, None]
    window = torch.special.i0(_KAISER_BETA * (1 - (distance / _REACH) ** 2).clamp(min=0).sqrt())
    kernel = torch.sinc(distance) * window / torch.special.i0(torch.tensor(_KAISER_BETA, dtype=torch.float64))
    return kernel.masked_fill(distance.abs() > _REACH, 0.0).float()
