"""How a record sounds, whatever is played: measured on a stereo file, and estimated for a mix that is not rendered."""

import math

import torch
from torch import Tensor

from gen_mix.console.filters import response_db
from gen_mix.loudness import k_weighting
from gen_mix.measurements import OCTAVES, block_power, blocks_of
from gen_mix.steering.estimate import Estimate

_REGIONS = (slice(0, 3), slice(3, 6), slice(6, 10))
"""Octaves whose width is told together: below 180 Hz, to 1.4 kHz, above."""

PRODUCTION = (
    *(f"octave_{octave}_db" for octave in OCTAVES),
    "width_low_db",
    "width_middle_db",
    "width_high_db",
    "balance_db",
    "punch_db",
)
"""Names of the values of `measure_production`, in order."""

ASPECTS = {"tone": slice(0, 10), "width": slice(10, 14), "dynamics": slice(14, 15)}
"""What can be taken from a reference, and which values it is."""

SPREADS = torch.tensor([4.0] * 10 + [4.0] * 3 + [2.0, 1.5])
"""Standard deviation of `PRODUCTION` between mixes, roughly."""

_NARROWEST, _QUIETEST_DB = 1e-3, -45.0
_CENTRES_HZ = tuple(1000.0 * 2.0**octave for octave in range(-5, 5))


def measure_production(audio: Tensor, sample_rate: int) -> Tensor:
    """Return what `PRODUCTION` names, of a stereo excerpt; the same for any gain.

    * ``octave_*_db``: power of the middle, left + right, in the octave over the K-weighted power, at least -45 dB.
    * ``width_*_db``: power of the sides over that of the middle, at least -30 dB.
    * ``balance_db``: power on the right over that on the left.
    * ``punch_db``: how far the 97th percentile of 10-ms peaks is above the 50th, of what is not silent.

    Args:
        audio: (2, samples), not silent.
        sample_rate: In Hz.
    """
    pair = torch.stack([audio.sum(0), audio[0] - audio[1]]).double() / 2
    power = torch.fft.rfft(pair).abs().square()
    hz = torch.fft.rfftfreq(audio.shape[1], 1 / sample_rate).double()
    weighting = 10 ** (response_db(torch.from_numpy(k_weighting(sample_rate)), hz, sample_rate).sum(0) / 10)
    edges = torch.tensor([*(centre / math.sqrt(2) for centre in _CENTRES_HZ), 1e9])
    place = torch.bucketize(hz, edges, right=True) - 1
    bands = power.new_zeros(2, len(OCTAVES)).index_add_(1, place.clamp_min(0), power * (place >= 0))
    sides = audio.double().square().sum(-1) + 1e-3 * audio.double().square().sum()
    rest = torch.stack([_decibels(sides[1] / sides[0]), _punch_db(audio, sample_rate)])
    return torch.cat([_bands_db(bands[0], bands[1], (power.sum(0) * weighting).sum()), rest]).float()


def estimate_production(mix: Estimate) -> Tensor:
    """Return what `PRODUCTION` names of mixes that are not rendered (batch, len(PRODUCTION)), with gradients.

    What the formulas leave out (peaks of a sum, what plays when) is for the caller to make up by comparing with a
    few rendered mixes of the session.
    """
    punch, left, right, mid, side = mix.tracks["shares"].unbind(-1)
    wet = ((mix.power * mix.returned[..., :1]).sum(1, keepdim=True) * mix.equalized)[:, 0]
    dry = (torch.stack([mid, side], dim=1) @ mix.power) * mix.equalized
    apart = mix.room["apart"][:, 0]
    middle, sides = dry[:, 0] + wet * (1 - apart), dry[:, 1] + wet * apart
    loudness = (middle + sides) @ mix.sources.weighting
    floor = 1e-3 * (left + right)
    shares = [left + floor, right + floor, punch, torch.ones_like(punch)]
    left, right, punch, total = (torch.stack(shares, dim=1) @ mix.loudness[..., None])[..., 0].unbind(-1)
    rest = torch.stack([_decibels(right / left), punch / total], dim=-1)
    return torch.cat([_bands_db(middle, sides, loudness), rest], dim=-1)


def _bands_db(middle: Tensor, side: Tensor, loudness: Tensor) -> Tensor:
    """Return tone and width (*, 13) from the power of middle and sides per octave (*, octaves)."""
    tone = _decibels(middle / loudness[..., None].clamp_min(1e-12) + 10 ** (_QUIETEST_DB / 10))
    pairs = [(middle[..., region].sum(-1), side[..., region].sum(-1)) for region in _REGIONS]
    width = [
        _decibels((inner.clamp_min(1e-12) * _NARROWEST + outer) / inner.clamp_min(1e-12)) for inner, outer in pairs
    ]
    return torch.cat([tone, torch.stack(width, dim=-1)], dim=-1)


def _punch_db(audio: Tensor, sample_rate: int) -> Tensor:
    blocks = blocks_of(audio, sample_rate)
    power = block_power(blocks)
    peaks = blocks.abs().amax((0, 2))[power > 1e-4 * power.max()].sort().values.double()
    high, body = (peaks[round(share * (len(peaks) - 1))].clamp_min(1e-9) for share in (0.97, 0.5))
    return 2 * _decibels(high / body)


def _decibels(ratio: Tensor) -> Tensor:
    return 10 * ratio.clamp_min(1e-12).log10()
