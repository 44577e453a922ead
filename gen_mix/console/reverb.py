"""Reverberation: noise that decays, faster at high frequencies, convolved by FFT.

The idea of `dasp_pytorch.functional.noise_shaped_reverberation`, with what that one lacks: the same noise at every
call, decay times in seconds, a known energy, convolution by FFT, and a place for both input channels. A rotation
brings them in, (L, R) ↦ (h₁L + h₂R, h₂L − h₁R) with two unrelated responses h₁ and h₂: whatever the pan, the power of
the return is the same and its two channels are unrelated.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn.functional import pad

from gen_mix.console.filters import high_pass
from gen_mix.console.knobs import Knobs
from gen_mix.console.layout import LAYOUT, REVERB
from gen_mix.console.recursions import decay_together, filter_cascade
from gen_mix.console.rotation import rotate

_NOISE_SEED = 20_240_903
TAIL = 1.5
"""Length of the response in decay times: it ends at -90 dB."""

LOWEST_BAND_HZ = 500.0
"""Below it damping is not felt, so one band holds all of that."""


@dataclass(frozen=True)
class Room:
    """What a reverberation sounds like, apart from its width; tensors of no axes.

    Attributes:
        pre_delay_ms: At least 0.
        decay_s: Time to fall by 60 dB at mid frequencies.
        damping_hz: Where the decay time has fallen to 0.71 of that; it goes on falling with f².
        low_cut_hz: Corner of a Butterworth high-pass, 12 dB per octave.
    """

    pre_delay_ms: Tensor
    decay_s: Tensor
    damping_hz: Tensor
    low_cut_hz: Tensor


def impulse_response(
    pre_delay_ms: Tensor, decay_s: Tensor, damping_hz: Tensor, low_cut_hz: Tensor, width: Tensor, sample_rate: int
) -> Tensor:
    """Return what a unit impulse on the left channel makes of the reverb; it is the same at every call.

    Before damping and low cut its energy is 1, both channels together: a send at 0 dB returns a signal as strong as
    the dry one, however long the decay. Damping and low cut take away from that.

    Args:
        pre_delay_ms: As in `Room`, (batch,).
        decay_s: As in `Room`, (batch,).
        damping_hz: As in `Room`, (batch,).
        low_cut_hz: As in `Room`, (batch,).
        width: 0 for a mono return, 1 for unrelated channels, (batch,).
        sample_rate: In Hz.

    Returns:
        (batch, 2, samples) of the type of `decay_s`; shorter responses are followed by zeros.
    """
    rows = zip(pre_delay_ms, decay_s, damping_hz, low_cut_hz, width, strict=True)
    pairs = [narrow(response_pair(Room(*knobs), sample_rate), width) for *knobs, width in rows]
    longest = max(pair.shape[-1] for pair in pairs)
    return torch.stack([pad(pair, (0, longest - pair.shape[-1])) for pair in pairs])


def room_of(knobs: Knobs, dtype: torch.dtype) -> Room:
    """Return the room that the knobs of the reverb bus stand for, computed with `dtype`."""
    return Room(*(knobs.value(name).to(dtype) for name in ("pre_delay_ms", "decay_s", "damping_hz", "low_cut_hz")))


def reverberate(audio: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return the reverberation of `audio` (2, samples), without the dry sound, cut to the same length."""
    pair = response_pair(room_of(knobs, audio.dtype), sample_rate)[:, : audio.shape[-1]]
    return narrow(rotate(audio, pair), knobs.value("width"))


def narrow(wet: Tensor, width: Tensor) -> Tensor:
    """Return `wet` (2, samples) between mono and as it is, at the same power if its channels are unrelated."""
    angle = width.to(wet) * (math.pi / 4)
    mid, side = torch.cos(angle) * (wet[0] + wet[1]), torch.sin(angle) * (wet[0] - wet[1])
    return torch.stack([mid + side, mid - side]) / math.sqrt(2)


def response_pair(room: Room, sample_rate: int) -> Tensor:
    """Return two unrelated responses (2, samples), each of energy 1/2 before damping and low cut."""
    samples = next_fast_len(math.ceil(TAIL * room.decay_s.item() * sample_rate), real=True)
    noise = white_noise(sample_rate)[:, :samples].to(room.decay_s)
    power = noise.double().square()[None]
    energy = decay_together(power, 2 * _decay_rate(room.decay_s)[None] / sample_rate).sum(dim=-1, keepdim=True)
    rates = band_rates(room, sample_rate)
    bands = noise_bands(sample_rate)[..., :samples].to(noise)
    tail = decay_together(bands, rates) * (0.5 / energy).sqrt().to(noise)
    delayed = _delayed(tail, room.pre_delay_ms.double() * (sample_rate / 1000))
    return filter_cascade(delayed, high_pass(room.low_cut_hz, sample_rate)[None])


@cache
def white_noise(sample_rate: int) -> Tensor:
    """Return white noise (2, samples), enough for the longest tail; shorter tails are its beginning."""
    longest = math.ceil(TAIL * LAYOUT.spec(REVERB, "decay_s").high * sample_rate)
    return torch.randn(2, next_fast_len(longest, real=True), generator=torch.Generator().manual_seed(_NOISE_SEED))


def _decay_rate(decay_s: Tensor) -> Tensor:
    """Return how fast an envelope exp(-rate · seconds) falls that has fallen by 60 dB after `decay_s`."""
    return math.log(1000) / decay_s


@cache
def noise_bands(sample_rate: int) -> Tensor:
    """Return `white_noise` in octaves (bands, 2, samples), which add up to it; the lowest holds all below it."""
    noise = white_noise(sample_rate)
    spectrum = torch.fft.rfft(noise)
    octave = (torch.linspace(0, sample_rate / 2, spectrum.shape[-1]) / LOWEST_BAND_HZ).clamp(min=1).log2()
    band = torch.arange(math.ceil(float(octave[-1])) + 1)
    # Neighbouring bands cross over with cos² and sin², so that all bands add up to the noise itself.
    weights = torch.cos((octave - band[:, None]).clamp(-1, 1) * (math.pi / 2)).square()
    return torch.fft.irfft(spectrum * weights[:, None], noise.shape[-1])


def band_rates(room: Room, sample_rate: int) -> Tensor:
    """Return how fast each of `noise_bands` falls, exp(-rate · samples): (bands,).

    Around frequency f the decay time is ``decay_s / √(1 + (f / damping_hz)⁴)``: flat, then falling as air absorbs.
    """
    band = torch.arange(len(noise_bands(sample_rate))).to(room.decay_s)
    steepness = torch.sqrt(1 + (LOWEST_BAND_HZ * 2.0**band / room.damping_hz) ** 4)
    return _decay_rate(room.decay_s) / sample_rate * steepness


def _delayed(audio: Tensor, delay_samples: Tensor) -> Tensor:
    """Return `audio` (2, samples) later by a number of samples that need not be whole, and as much longer."""
    length = audio.shape[-1] + math.ceil(delay_samples.item())
    size = next_fast_len(length + audio.shape[-1] // 8, real=True)
    angle = torch.arange(size // 2 + 1, device=audio.device, dtype=torch.float64) * (2 * math.pi / size)
    spectrum = torch.fft.rfft(audio, size)
    return torch.fft.irfft(spectrum * torch.exp(-1j * angle * delay_samples).to(spectrum), size)[..., :length]
