"""Convolution of two channels with a rotation of two responses, at a cost that is linear in the length, with gradients.

(L, R) ↦ (h₁L + h₂R, h₂L − h₁R) is one complex product, (h₁ + j h₂)(L − j R), so both channels share every FFT. Pieces
of the audio are convolved one after another and added where they overlap; backwards in time the same is a correlation.
"""

from collections.abc import Iterator
from typing import Any

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.autograd.function import once_differentiable

_SHORTEST_PIECE = 1 << 16  # samples of an FFT: a shorter one saves nothing more


def rotate(audio: Tensor, pair: Tensor) -> Tensor:
    """Return `audio` (2, samples) convolved with the rotation of `pair` (2, taps), cut to its length."""
    rotated = _Rotation.apply(audio, pair)
    assert isinstance(rotated, Tensor)
    return rotated


class _Rotation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, audio: Tensor, pair: Tensor) -> Tensor:
        ctx.save_for_backward(audio, pair)
        size, hop = _frame(audio.shape[1], pair.shape[1])
        response = torch.fft.fft(torch.complex(*pair), size)
        heard = torch.zeros_like(audio)
        for first, last, place in _pieces(audio.shape[1], size, hop):
            wet = torch.fft.ifft(torch.fft.fft(torch.complex(audio[0, place], -audio[1, place]), size) * response)
            heard[0, first:last] += wet.real[: last - first]
            heard[1, first:last] += wet.imag[: last - first]
        return heard

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        audio, pair = ctx.saved_tensors
        size, hop = _frame(audio.shape[1], pair.shape[1])
        response = torch.fft.fft(torch.complex(*pair), size).conj()
        to_audio = torch.zeros_like(audio)
        to_response = torch.zeros_like(response)
        for first, last, place in _pieces(audio.shape[1], size, hop):
            slope = torch.fft.fft(torch.complex(gradient[0, first:last], gradient[1, first:last]), size)
            to_response += slope * torch.fft.fft(torch.complex(audio[0, place], -audio[1, place]), size).conj()
            to_piece = torch.fft.ifft(slope * response)[: place.stop - place.start]
            to_audio[0, place], to_audio[1, place] = to_piece.real, -to_piece.imag
        to_taps = torch.fft.ifft(to_response)[: pair.shape[1]]
        return to_audio, torch.stack([to_taps.real, to_taps.imag])


def _frame(samples: int, taps: int) -> tuple[int, int]:
    """Return the size of the FFTs, and how many samples of audio go into each."""
    size = max(_SHORTEST_PIECE, 1 << (2 * taps - 1).bit_length())
    whole = next_fast_len(samples + taps - 1)
    return (whole, samples) if whole <= size else (size, size - taps + 1)


def _pieces(samples: int, size: int, hop: int) -> Iterator[tuple[int, int, slice]]:
    """Yield where the sound of each piece begins and ends, and where the piece is."""
    for first in range(0, samples, hop):
        yield first, min(first + size, samples), slice(first, min(first + hop, samples))
