"""The pair of responses of a room as one complex response, for rendering: h₁ + j h₂.

What `gen_mix.console.reverb.response_pair` says, without gradients: both channels share each FFT, and the numbers do
not depend on the number of threads.
"""

import math

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from scipy import fft

from gen_mix.console.filters import high_pass
from gen_mix.console.knobs import Knobs
from gen_mix.console.recursions import filter_cascade
from gen_mix.console.reverb import TAIL, band_rates, noise_bands, room_of, white_noise

_STRIDE = 1 << 10  # samples after which a decay is computed anew instead of from the sample before


def room_response(knobs: Knobs, sample_rate: int) -> NDArray[np.complex64]:
    """Return the response of the room that the knobs of the reverb bus stand for, (samples,).

    Args:
        knobs: Of the reverb bus.
        sample_rate: In Hz.
    """
    room = room_of(knobs, torch.float32)
    decay_s = room.decay_s.item()
    samples = fft.next_fast_len(math.ceil(TAIL * decay_s * sample_rate), real=True)
    left, right = white_noise(sample_rate)[:, :samples].numpy()
    tail = np.zeros(samples, np.complex64)
    for bands, band_rate in zip(noise_bands(sample_rate), band_rates(room, sample_rate), strict=True):
        _add_decaying(bands[:, :samples].numpy(), band_rate.item(), tail)
    rate = math.log(1000) / (decay_s * sample_rate)
    tail.real *= math.sqrt(0.5 / _energy(left, rate))
    tail.imag *= math.sqrt(0.5 / _energy(right, rate))
    delayed = _delayed(tail, room.pre_delay_ms.double().item() * (sample_rate / 1000))
    low_cut = high_pass(room.low_cut_hz, sample_rate)[None]
    channels = filter_cascade(torch.from_numpy(np.stack([delayed.real, delayed.imag])), low_cut).numpy()
    return channels[0] + 1j * channels[1]


def _delayed(audio: NDArray[np.complex64], delay_samples: float) -> NDArray[np.complex64]:
    """Return two channels as one complex signal later by a number of samples that need not be whole."""
    length = len(audio) + math.ceil(delay_samples)
    size = fft.next_fast_len(length + len(audio) // 8, real=True)
    turns = fft.fftfreq(size) * delay_samples
    angle = (turns - np.rint(turns)).astype(np.float32) * np.float32(2 * math.pi)
    turned = fft.fft(audio, size)
    middle = turned[size // 2]
    turned *= np.cos(angle) - 1j * np.sin(angle)
    if size % 2 == 0:  # of a real signal this bin is real
        turned[size // 2] = middle * np.cos(angle[size // 2])
    return fft.ifft(turned, overwrite_x=True)[:length]


@njit(cache=True, nogil=True)
def _energy(channel: NDArray[np.float32], rate: float) -> float:
    """Return the energy of a channel that dies away at `rate` per sample."""
    energy = 0.0
    for start in range(0, channel.size, _STRIDE):
        factor, step = math.exp(-2 * rate * start), math.exp(-2 * rate)
        for sample in range(start, min(start + _STRIDE, channel.size)):
            energy += factor * channel[sample] * channel[sample]
            factor *= step
    return energy


@njit(cache=True, nogil=True)
def _add_decaying(band: NDArray[np.float32], rate: float, total: NDArray[np.complex64]) -> None:
    """Add a band (2, samples) that dies away at `rate` per sample to `total`, left + j right (samples,)."""
    for start in range(0, total.size, _STRIDE):
        factor, step = math.exp(-rate * start), math.exp(-rate)
        if factor < 1e-12:  # below the rounding of what it would be added to
            break
        for sample in range(start, min(start + _STRIDE, total.size)):
            total[sample] += np.float32(factor) * (band[0, sample] + 1j * band[1, sample])
            factor *= step
