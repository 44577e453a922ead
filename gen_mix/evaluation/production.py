"""What a finished stereo mix measures, and how far two mixes are apart."""

import math
from dataclasses import dataclass
from functools import cache

import torch
from auraloss.freq import SumAndDifferenceSTFTLoss
from torch import Tensor

from gen_mix.loudness import loudness_lufs
from gen_mix.steering.bark import bark_edges_hz

OCTAVES_HZ = tuple(31.25 * 2**octave for octave in range(10))
"""Centres of the bands of the balance."""

_FILTERS = 24
_FRAME, _HOP = 32768, 8192
_GATE = 1e-6  # of the middle's power: sides below are those of a mono mix, and their logarithm means nothing
_WEIGHTS = {"rms": 0.1, "crest": 0.001, "width": 1.0, "imbalance": 1.0, "bark": 0.1}


@dataclass(frozen=True)
class Production:
    """What a stereo mix measures.

    Attributes:
        lufs: Gated loudness.
        rms: Root mean square per channel (2,).
        crest_db: Peak over RMS per channel (2,), dB.
        width: Power of left - right over that of left + right.
        imbalance: (R - L) / (R + L) of powers, -1 to 1.
        bark: ln of mean magnitudes of middle and sides in 24 Bark bands (24, 2).
        has_sides: Whether there is anything to hear at the sides.
        balance_db: Share of the power in each octave (10,), dB.
        mono_loss_db: What left + right lose of the power of both, per octave (10,), dB; 0 for a mono mix, more than
            0 where the sides cancel.
    """

    lufs: float
    rms: Tensor
    crest_db: Tensor
    width: float
    imbalance: float
    bark: Tensor
    has_sides: bool
    balance_db: Tensor
    mono_loss_db: Tensor


def measure_production(mix: Tensor, sample_rate: int) -> Production:
    """Return what a mix (2, samples) measures.

    Features as in Diff-MST (Vanka et al. 2024, https://arxiv.org/abs/2407.08889); Bark frequencies with both of
    Traunmüller's corrections.

    Raises:
        ValueError: It is not stereo, or silent.
    """
    if mix.ndim != 2 or mix.shape[0] != 2 or not bool(mix.any()):
        raise ValueError(f"expected a stereo mix that sounds (2, samples), got {tuple(mix.shape)}")
    audio = mix.double()
    power = audio.square().mean(1)
    rms = power.clamp_min(1e-8).sqrt()
    middle, sides = audio[0] + audio[1], audio[0] - audio[1]
    spectrum = torch.fft.rfft(audio).abs().square()
    mono = torch.fft.rfft(middle).abs().square() / 2
    both, summed = (
        _in_octaves(spectrum.sum(0), audio.shape[1], sample_rate),
        _in_octaves(mono, audio.shape[1], sample_rate),
    )
    has_sides = bool(sides.square().mean() > _GATE * middle.square().mean())
    return Production(
        lufs=loudness_lufs(mix, sample_rate),
        rms=rms,
        crest_db=20 * torch.log10(audio.abs().amax(1).clamp_min(1e-8) / rms),
        width=float(sides.square().mean() / middle.square().mean().clamp_min(1e-12)),
        imbalance=float((power[1] - power[0]) / power.sum()),
        bark=torch.stack([_bark(part, sample_rate) for part in (middle, sides)], dim=-1),
        has_sides=has_sides,
        balance_db=10 * torch.log10(both / both.sum() + 1e-9),
        mono_loss_db=10 * torch.log10((both + 1e-12) / (summed + 1e-12)),
    )


def af_distance(one: Production, other: Production) -> float:
    """Return the distance of audio features of Diff-MST; 0 for the same mix.

    Weighted mean squared differences of RMS, crest, width, imbalance and Bark spectrum. Sides count where either mix
    has any; the logarithm of nothing would otherwise outweigh all else.
    """
    bands = (one.bark - other.bark).square().mean(0)
    terms = {
        "rms": float((one.rms - other.rms).square().mean()),
        "crest": float((one.crest_db - other.crest_db).square().mean()),
        "width": (one.width - other.width) ** 2,
        "imbalance": (one.imbalance - other.imbalance) ** 2,
        "bark": float(bands.mean() if one.has_sides and other.has_sides else bands[0]),
    }
    return sum(_WEIGHTS[name] * value for name, value in terms.items())


def spectral_distance(one: Tensor, other: Tensor) -> float:
    """Return auraloss's multi-resolution distance of sums and differences of two mixes (2, samples)."""
    loss = SumAndDifferenceSTFTLoss([512, 2048, 8192], [256, 1024, 4096], [512, 2048, 8192])
    return float(loss(one[None].float(), other[None].float()))


def _in_octaves(power: Tensor, samples: int, sample_rate: int) -> Tensor:
    hz = torch.fft.rfftfreq(samples, 1 / sample_rate, dtype=torch.float64)
    return torch.stack(
        [power[(hz >= centre / math.sqrt(2)) & (hz < centre * math.sqrt(2))].sum() for centre in OCTAVES_HZ]
    )


def _bark(signal: Tensor, sample_rate: int) -> Tensor:
    padded = torch.nn.functional.pad(signal, (0, max(0, _FRAME - len(signal))))
    window = torch.hann_window(_FRAME, dtype=torch.float64)
    magnitudes = torch.stft(padded, _FRAME, _HOP, window=window, return_complex=True).abs().mean(-1)
    return torch.log(_bark_filters(sample_rate) @ magnitudes + 1e-8)


@cache
def _bark_filters(sample_rate: int) -> Tensor:
    """Return triangles on the Bark scale, 20 Hz to 20 kHz (24, bins)."""
    edges = bark_edges_hz(_FILTERS)
    hz = torch.fft.rfftfreq(_FRAME, 1 / sample_rate, dtype=torch.float64)
    rising = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rising, falling).clamp_min(0)
