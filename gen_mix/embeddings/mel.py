"""Bands of the mel scale, and a few wide ones."""

import math
from functools import lru_cache

import torch
from torch import Tensor

LOWEST_HZ = 30.0
HIGHEST_HZ = 16000.0

WIDE_BANDS = ((30.0, 90.0), (90.0, 250.0), (250.0, 700.0), (700.0, 2000.0), (2000.0, 6000.0), (6000.0, 16000.0))
"""Edges of six bands of about 1.5 octaves, in Hz."""


@lru_cache(maxsize=32)
def mel_bands(bands: int, frame_samples: int, sample_rate: int) -> Tensor:
    """Return triangular filters on the mel scale (bands, frame_samples // 2 + 1) for the power of each bin.

    Each triangle has an area of one, so a flat spectrum gives equal bands. Where a triangle is narrower than the bins,
    it takes its nearest bin. Bands above half the sample rate are empty. Mel scale of O'Shaughnessy (1987):
    2595 log10(1 + f / 700).

    Args:
        bands: Number of bands between `LOWEST_HZ` and `HIGHEST_HZ`.
        frame_samples: Length of the frame that was transformed.
        sample_rate: In Hz.
    """
    low, high = (2595 * math.log10(1 + freq_hz / 700) for freq_hz in (LOWEST_HZ, HIGHEST_HZ))
    edges_hz = 700 * (10 ** (torch.linspace(low, high, bands + 2) / 2595) - 1)
    freq_hz = torch.fft.rfftfreq(frame_samples, 1 / sample_rate)
    below, centre, above = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising, falling = (freq_hz - below) / (centre - below), (above - freq_hz) / (above - centre)
    filters = torch.minimum(rising, falling).clamp_min(0)
    nearest = (freq_hz - centre).abs().argmin(dim=1, keepdim=True)
    is_narrow = (filters.sum(1, keepdim=True) == 0) & (centre < sample_rate / 2)
    filters = torch.where(is_narrow, torch.zeros_like(filters).scatter(1, nearest, 1.0), filters)
    return filters / filters.sum(1, keepdim=True).clamp_min(1e-9)


@lru_cache(maxsize=32)
def wide_bands(bins: int, sample_rate: int) -> Tensor:
    """Return which bins lie in each of `WIDE_BANDS` (bands, bins), as ones and zeros."""
    freq_hz = torch.linspace(0, sample_rate / 2, bins)
    return torch.stack([((freq_hz >= low_hz) & (freq_hz < high_hz)).float() for low_hz, high_hz in WIDE_BANDS])
