"""What a rendered mix measures, with gradients: the same numbers as the exact measures, for guidance by sound.

Sound is (batch, 2, samples) everywhere, as it comes from `gen_mix.console.console.render_parts`.
"""

import math

import numpy as np
import torch
from scipy.signal import sosfreqz
from torch import Tensor

from gen_mix.loudness import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU, k_weighting
from gen_mix.measurements import OCTAVES
from gen_mix.steering.bark import bark_edges_hz

_OFFSET_LUFS = -0.691
_HOP_SECONDS, _HOPS_PER_BLOCK = 0.1, 4
_SETTLES_SECONDS = 0.25
"""In which the ringing of the K-weighting is down by 150 dB."""

_EDGES_HZ = tuple(31.25 * 2 ** (octave - 0.5) for octave in range(11))
_AUDIBLE_DB = 30.0
"""An octave so far below the loudest does not count in a mono mix."""

_NARROWEST = 1e-4
_FRAME_SECONDS = 0.046
_BARKS = 24
_SPEAKS_DB = 40.0
"""How far below its loudest a voice still has something to say."""

_LOUDNESS_EXPONENT = 0.3
"""Of power, to loudness: Stevens (1955), about a doubling per 10 dB."""


def loudness_of(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the gated loudness in LUFS (batch,), as `gen_mix.loudness.loudness_lufs`; the gates have no gradient.

    Where nothing passes the gates it is that of all blocks, at least -120 LUFS.
    """
    power = _weighted(audio, sample_rate).square().sum(1)
    hop = round(_HOP_SECONDS * sample_rate)
    hops = power[:, : power.shape[1] // hop * hop].unflatten(1, (-1, hop)).mean(-1)
    is_short = hops.shape[1] < _HOPS_PER_BLOCK
    blocks = power.mean(1, keepdim=True) if is_short else hops.unfold(1, _HOPS_PER_BLOCK, 1).mean(-1)
    with torch.no_grad():
        counts = blocks > 10 ** ((ABSOLUTE_GATE_LUFS - _OFFSET_LUFS) / 10)
        mean = (blocks * counts).sum(1) / counts.sum(1).clamp_min(1)
        counts = counts & (blocks > mean[:, None] * 10 ** (RELATIVE_GATE_LU / 10))
        counts = counts | ~counts.any(1, keepdim=True)
    return _OFFSET_LUFS + _decibels((blocks * counts).sum(1) / counts.sum(1))


def width_db(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the power of left - right over that of left + right in dB (batch,), at least -40 dB."""
    left, right = audio.unbind(1)
    middle, sides = ((left + sign * right).square().mean(-1) for sign in (1, -1))
    return _decibels(sides + _NARROWEST * middle) - _decibels(middle)


def mono_loss_db(audio: Tensor, sample_rate: int) -> Tensor:
    """Return what the octave that suffers most loses of its power in mono (batch,), dB: 0 if left and right are alike.

    Octaves 30 dB below the strongest do not count.
    """
    both = _octaves(torch.fft.rfft(audio).abs().square().sum(1), audio.shape[-1], sample_rate)
    mono = _octaves(torch.fft.rfft(audio.sum(1)).abs().square() / 2, audio.shape[-1], sample_rate)
    is_heard = both > both.amax(-1, keepdim=True) * 10 ** (-_AUDIBLE_DB / 10)
    lost = _decibels(both) - _decibels(mono)
    return lost.masked_fill(~is_heard, -math.inf).amax(-1)


def balance_db(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the share of the power that is in each of `OCTAVES` (batch, octaves), dB."""
    power = _octaves(torch.fft.rfft(audio).abs().square().sum(1), audio.shape[-1], sample_rate)
    return 10 * (power / power.sum(-1, keepdim=True).clamp_min(1e-12) + 1e-9).log10()


def masking_db(audio: Tensor, rest: Tensor, sample_rate: int) -> Tensor:
    """Return by how many dB `rest` is above `audio` where it is, mean over time and Bark bands (batch,).

    A band counts as loud as `audio` is there: its K-weighted power to the 0.3. So 0 is a voice that nobody covers, and
    what is covered where the voice has nothing to say does not matter.
    """
    voice, others = (_excitation(part, sample_rate) for part in (audio, rest))
    loudest = voice.amax((1, 2), keepdim=True).detach()
    floor = 1e-9 * loudest + 1e-12
    above = (_decibels(others + floor) - _decibels(voice + floor)).clamp_min(0)
    with torch.no_grad():  # else a voice would be unmasked best where it is turned down
        weight = (voice**_LOUDNESS_EXPONENT) * (voice > loudest * 10 ** (-_SPEAKS_DB / 10))
    return (weight * above).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1e-12)


def punch_db(audio: Tensor, sample_rate: int) -> Tensor:
    """Return how far the 97th percentile of 10-ms peaks is above the 50th, of what is not silent (batch,), dB."""
    block = sample_rate // 100
    blocks = audio[..., : audio.shape[-1] // block * block].unflatten(-1, (-1, block))
    found = []
    for item in blocks:
        power = item.square().mean((0, 2))
        peaks = item.abs().amax((0, 2))[power > 1e-4 * power.max()].sort().values
        high, body = (peaks[round(share * (len(peaks) - 1))].clamp_min(1e-9) for share in (0.97, 0.5))
        found.append(20 * (high / body).log10())
    return torch.stack(found)


def _weighted(audio: Tensor, sample_rate: int) -> Tensor:
    """Return K-weighted sound: the recursive filter as a product of spectra, long enough for it to ring out."""
    samples = audio.shape[-1]
    length = 2 ** math.ceil(math.log2(samples + _SETTLES_SECONDS * sample_rate))
    _, response = sosfreqz(k_weighting(sample_rate), np.linspace(0, math.pi, length // 2 + 1))
    filtered = torch.fft.rfft(audio.double(), n=length) * torch.from_numpy(response)
    return torch.fft.irfft(filtered, n=length)[..., :samples]


def _octaves(power: Tensor, samples: int, sample_rate: int) -> Tensor:
    """Return the power in each octave (batch, octaves) of a spectrum of power (batch, bins)."""
    hz = torch.fft.rfftfreq(samples, 1 / sample_rate, dtype=torch.float64)
    place = torch.bucketize(hz, torch.tensor(_EDGES_HZ, dtype=torch.float64), right=True)
    sums = power.new_zeros(len(power), len(OCTAVES) + 2).index_add(1, place, power)
    return sums[:, 1:-1]


def _excitation(audio: Tensor, sample_rate: int) -> Tensor:
    """Return K-weighted power in 24 Bark bands and half-overlapping frames (batch, barks, frames)."""
    size = 2 ** round(math.log2(_FRAME_SECONDS * sample_rate))
    weighted = _weighted(audio, sample_rate).flatten(0, 1).to(audio.dtype)
    window = torch.hann_window(size, dtype=audio.dtype)
    spectra = torch.stft(weighted, size, size // 2, window=window, center=False, return_complex=True).abs().square()
    power = spectra.unflatten(0, (-1, 2)).sum(1)
    hz = torch.linspace(0, sample_rate / 2, size // 2 + 1)
    place = torch.bucketize(hz, bark_edges_hz(_BARKS - 1).float(), right=True)
    return power.new_zeros(len(power), _BARKS + 2, power.shape[-1]).index_add(1, place, power)[:, 1:-1]


def _decibels(power: Tensor) -> Tensor:
    return 10 * power.clamp_min(1e-12).log10()
