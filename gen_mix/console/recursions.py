"""Recursions over samples, exact, with analytic gradients.

A filter and a compressor feed back: each sample needs the one before. They run here as plain loops, compiled by
Numba and cached beside this file, with float64 state whatever the audio is. Their gradients are recursions too,
backwards in time, so that memory grows with the audio alone. Tensors on another device come to the CPU and go back.

The alternatives failed: sampling the frequency response (`dasp_pytorch.signal.sosfilt_via_fsm`) folds the tail of a
filter over its beginning and holds a complex spectrum per filter.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable

_FLUSH_EVERY = 256
_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


def filter_cascade(audio: Tensor, sections: Tensor) -> Tensor:
    """Return `audio` after biquads in a row, starting from rest.

    Each section is y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2], in transposed direct form II.

    Args:
        audio: (*, samples), float32 or float64.
        sections: (*, sections, 6) as b0 b1 b2 a0 a1 a2 with a0 = 1, stable, float64; leading axes broadcast.

    Returns:
        (*, samples) of the audio's type.
    """
    if sections.shape[-2] == 0:
        return audio
    leading = torch.broadcast_shapes(audio.shape[:-1], sections.shape[:-2])
    lanes = audio.expand(*leading, audio.shape[-1]).reshape(-1, audio.shape[-1])
    filters = sections.double().expand(*leading, *sections.shape[-2:]).reshape(-1, *sections.shape[-2:])
    filtered: Tensor = _Cascade.apply(lanes, filters)
    return filtered.reshape(*leading, audio.shape[-1])


def smooth_gain(target_db: Tensor, attack: Tensor, release: Tensor) -> Tensor:
    """Return the gain that follows `target_db` from 0 dB, falling at one speed and recovering at another.

    g[n] = g[n-1] + c (f[n] - g[n-1]) with c = `attack` if f[n] < g[n-1], else `release`: the smooth branching
    detector of Giannoulis, Massberg and Reiss (2012), "Digital Dynamic Range Compressor Design", eq. (17).

    Args:
        target_db: f, (*, samples), at most 0.
        attack: Share of the distance covered in one sample, 0 to 1, (*).
        release: The same where the gain recovers, (*).

    Returns:
        (*, samples) of the target's type.
    """
    shape = target_db.shape
    lanes = target_db.reshape(-1, shape[-1])
    smoothed: Tensor = _Ballistics.apply(
        lanes, attack.double().expand(shape[:-1]).reshape(-1), release.double().expand(shape[:-1]).reshape(-1)
    )
    return smoothed.reshape(shape)


def decay_together(bands: Tensor, rates: Tensor) -> Tensor:
    """Return the sum of signals that die away, each at its own speed: Σ bands[b, :, n] exp(-rates[b] n).

    Args:
        bands: (bands, channels, samples); they get no gradient.
        rates: Per sample, at least 0, (bands,).

    Returns:
        (channels, samples) of the type of `bands`.
    """
    decayed: Tensor = _Decay.apply(bands, rates.double())
    return decayed


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


class _Cascade(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, audio: Tensor, sections: Tensor) -> Tensor:
        ctx.save_for_backward(audio, sections)
        return torch.from_numpy(_cascade(_array(audio), _array(sections))).to(audio)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        audio, sections = ctx.saved_tensors
        to_audio, to_sections = _cascade_gradient(_array(audio), _array(sections), _array(gradient))
        return torch.from_numpy(to_audio).to(audio), torch.from_numpy(to_sections).to(sections)


class _Ballistics(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, target: Tensor, attack: Tensor, release: Tensor) -> Tensor:
        smoothed = torch.from_numpy(_ballistics(_array(target), _array(attack), _array(release))).to(target)
        ctx.save_for_backward(target, smoothed, attack, release)
        return smoothed

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        target, smoothed, attack, release = ctx.saved_tensors
        to_target, to_attack, to_release = _ballistics_gradient(
            _array(target), _array(smoothed), _array(attack), _array(release), _array(gradient)
        )
        return (
            torch.from_numpy(to_target).to(target),
            torch.from_numpy(to_attack).to(attack),
            torch.from_numpy(to_release).to(release),
        )


class _Decay(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, bands: Tensor, rates: Tensor) -> Tensor:
        ctx.save_for_backward(bands, rates)
        return torch.from_numpy(_decay(_array(bands), _array(rates))).to(bands)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:
        bands, rates = ctx.saved_tensors
        return None, torch.from_numpy(_decay_gradient(_array(bands), _array(rates), _array(gradient))).to(rates)


@njit(cache=True, nogil=True)
def _decay(bands: np.ndarray, rates: np.ndarray) -> np.ndarray:
    decayed = np.zeros(bands.shape[1:], bands.dtype)
    for band in range(bands.shape[0]):
        step = np.exp(-rates[band])
        envelope = 1.0
        for sample in range(bands.shape[2]):
            if sample % _FLUSH_EVERY == 0:  # products alone would add up their rounding
                envelope = np.exp(-rates[band] * sample)
            for channel in range(bands.shape[1]):
                decayed[channel, sample] += bands[band, channel, sample] * envelope
            envelope *= step
    return decayed


@njit(cache=True, nogil=True)
def _decay_gradient(bands: np.ndarray, rates: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    to_rates = np.zeros(rates.size)
    for band in range(bands.shape[0]):
        step = np.exp(-rates[band])
        envelope = 1.0
        for sample in range(bands.shape[2]):
            if sample % _FLUSH_EVERY == 0:
                envelope = np.exp(-rates[band] * sample)
            for channel in range(bands.shape[1]):
                to_rates[band] -= sample * envelope * bands[band, channel, sample] * gradient[channel, sample]
            envelope *= step
    return to_rates


@njit(cache=True, nogil=True)
def _cascade(audio: np.ndarray, sections: np.ndarray) -> np.ndarray:
    lanes, samples = audio.shape
    filters = sections.shape[1]
    filtered = np.empty_like(audio)
    for lane in range(lanes):
        state = np.zeros((filters, 2))
        taps = sections[lane]
        for sample in range(samples):
            value = np.float64(audio[lane, sample])
            # Section by section inside the loop over samples: the processor then works on several sections at once.
            for k in range(filters):
                following = taps[k, 0] * value + state[k, 0]
                state[k, 0] = taps[k, 1] * value - taps[k, 4] * following + state[k, 1]
                state[k, 1] = taps[k, 2] * value - taps[k, 5] * following
                value = following
            filtered[lane, sample] = value
            if sample % _FLUSH_EVERY == 0:
                for k in range(filters):
                    if abs(state[k, 0]) < _FLUSH_BELOW and abs(state[k, 1]) < _FLUSH_BELOW:
                        state[k, 0] = state[k, 1] = 0.0
    return filtered


@njit(cache=True, nogil=True)
def _section(source: np.ndarray, taps: np.ndarray, filtered: np.ndarray) -> None:
    first = second = 0.0
    for sample in range(source.shape[0]):
        value = source[sample]
        following = taps[0] * value + first
        first = taps[1] * value - taps[4] * following + second
        second = taps[2] * value - taps[5] * following
        filtered[sample] = following
        if sample % _FLUSH_EVERY == 0 and abs(first) < _FLUSH_BELOW and abs(second) < _FLUSH_BELOW:
            first = second = 0.0


@njit(cache=True, nogil=True)
def _section_gradient(
    source: np.ndarray, filtered: np.ndarray, taps: np.ndarray, gradient: np.ndarray, to_taps: np.ndarray
) -> None:
    """Turn the gradient of `filtered` into that of `source` in place, and add up that of `taps`.

    With w the gradient filtered by 1/A backwards in time, dL/db_j = Σ w[n] x[n-j], dL/da_j = -Σ w[n] y[n-j] and
    dL/dx[n] = Σ b_j w[n+j].
    """
    next_w = after_next_w = 0.0
    for sample in range(source.shape[0] - 1, -1, -1):
        w = gradient[sample] - taps[4] * next_w - taps[5] * after_next_w
        if abs(w) < _FLUSH_BELOW:
            w = 0.0
        for lag in range(min(3, sample + 1)):
            to_taps[lag] += w * source[sample - lag]
            if lag > 0:
                to_taps[3 + lag] -= w * filtered[sample - lag]
        gradient[sample] = taps[0] * w + taps[1] * next_w + taps[2] * after_next_w
        after_next_w = next_w
        next_w = w


@njit(cache=True, nogil=True)
def _cascade_gradient(audio: np.ndarray, sections: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lanes, samples = audio.shape
    filters = sections.shape[1]
    to_audio = np.empty_like(audio)
    to_sections = np.zeros(sections.shape)
    signals = np.empty((filters + 1, samples))
    adjoint = np.empty(samples)
    for lane in range(lanes):
        signals[0] = audio[lane]
        adjoint[:] = gradient[lane]
        for k in range(filters):
            _section(signals[k], sections[lane, k], signals[k + 1])
        for k in range(filters - 1, -1, -1):
            _section_gradient(signals[k], signals[k + 1], sections[lane, k], adjoint, to_sections[lane, k])
        to_audio[lane] = adjoint
    return to_audio, to_sections


@njit(cache=True, nogil=True)
def _ballistics(target: np.ndarray, attack: np.ndarray, release: np.ndarray) -> np.ndarray:
    lanes, samples = target.shape
    smoothed = np.empty_like(target)
    for lane in range(lanes):
        gain = 0.0
        for sample in range(samples):
            distance = target[lane, sample] - gain
            gain += (attack[lane] if distance < 0 else release[lane]) * distance
            if gain > -_FLUSH_BELOW:
                gain = 0.0
            smoothed[lane, sample] = gain
    return smoothed


@njit(cache=True, nogil=True)
def _ballistics_gradient(
    target: np.ndarray, smoothed: np.ndarray, attack: np.ndarray, release: np.ndarray, gradient: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of target, attack and release: λ[n] = dL/dg[n] + (1 - c[n+1]) λ[n+1], df = c λ."""
    lanes, samples = target.shape
    to_target = np.empty_like(target)
    to_attack = np.zeros(lanes)
    to_release = np.zeros(lanes)
    for lane in range(lanes):
        adjoint = 0.0
        for sample in range(samples - 1, -1, -1):
            adjoint += gradient[lane, sample]
            before = smoothed[lane, sample - 1] if sample > 0 else 0.0
            distance = np.float64(target[lane, sample]) - before
            if distance < 0:
                coefficient = attack[lane]
                to_attack[lane] += adjoint * distance
            else:
                coefficient = release[lane]
                to_release[lane] += adjoint * distance
            to_target[lane, sample] = coefficient * adjoint
            adjoint *= 1 - coefficient
            if abs(adjoint) < _FLUSH_BELOW:
                adjoint = 0.0
    return to_target, to_attack, to_release
