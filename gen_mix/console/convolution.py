"""Convolution of a stereo stream with a long response, block by block, at a cost that is linear in the length.

Uniformly partitioned overlap-save: the response is cut into parts, each part's spectrum is multiplied with the spectrum
of the block that is as many blocks old, and one inverse FFT serves all parts. (Gardner, "Efficient convolution
without input-output delay", J. Audio Eng. Soc. 43(3), 1995, section 2.)

The rotation (L, R) ↦ (h₁L + h₂R, h₂L − h₁R) of the reverberation is one complex product, (h₁ + j h₂)(L − j R): so both
channels share an FFT.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft

from gen_mix.console.simd import (
    LANES,
    load,
    multiply_add,
    repeat_first,
    repeat_second,
    splat,
    store,
    swap_pairs,
)

PART = 1 << 13
"""Samples of a part and of a block: its FFT stays in the processor's second cache."""

_AT_ONCE = 4  # blocks: the FFTs run side by side, and a part's spectrum is loaded once for all
_RUN = 64  # floats of a spectrum that lie together, so that those of all blocks are read in one sweep
_RUNS = 4 * PART // _RUN


class Convolver:
    """Convolves one stereo stream with the rotation of a pair of responses, from rest.

    Its memory is taken once: to ask the system for it at every block costs more than half of the work itself.
    """

    def __init__(self, response: NDArray[np.complex64]) -> None:
        """Take the pair of responses as one, h₁ + j h₂, (taps,)."""
        self._parts = -(-len(response) // PART)
        padded = np.zeros((self._parts, 2 * PART), np.complex64)
        taps = np.zeros(self._parts * PART, np.complex64)
        taps[: len(response)] = response
        padded[:, :PART] = taps.reshape(self._parts, PART)
        self._response = _in_runs(fft.fft(padded, overwrite_x=True))
        self._slots = self._parts + _AT_ONCE - 1
        self._spectra = np.zeros((_RUNS, self._slots, _RUN), np.float32)
        self._before = np.zeros(PART, np.complex64)
        self._frames = np.empty((_AT_ONCE, 2 * PART), np.complex64)
        self._product = np.empty((_AT_ONCE, 4 * PART), np.float32)
        self._blocks = 0

    def __call__(self, audio: NDArray[np.float32], heard: NDArray[np.float32]) -> None:
        """Fill `heard` (2, samples), for the next samples `audio` (2, samples); all but the last are whole parts."""
        most = _AT_ONCE * PART
        for start in range(0, audio.shape[1], most):
            self._run(audio[:, start : start + most], heard[:, start : start + most])

    def _run(self, audio: NDArray[np.float32], heard: NDArray[np.float32]) -> None:
        """Fill `heard` for the next samples, of `_AT_ONCE` parts or fewer."""
        samples = audio.shape[1]
        blocks = -(-samples // PART)
        frames = self._frames[:blocks]
        for block in range(blocks):
            frames[block, :PART] = frames[block - 1, PART:] if block else self._before
            part = audio[:, block * PART : (block + 1) * PART]
            frames[block, PART : PART + part.shape[1]].real = part[0]
            np.negative(part[1], out=frames[block, PART : PART + part.shape[1]].imag)
            frames[block, PART + part.shape[1] :] = 0
        self._before[:] = frames[-1, PART:]
        newest = self._blocks + np.arange(blocks)
        self._blocks += blocks
        spectra = fft.fft(frames, overwrite_x=True).view(np.float32).reshape(blocks, _RUNS, _RUN)
        for spectrum, slot in zip(spectra, newest % self._slots, strict=True):
            self._spectra[:, slot] = spectrum
        slots = np.zeros((_AT_ONCE, self._parts), np.int64)
        slots[:blocks] = (newest[:, None] - np.arange(self._parts)) % self._slots
        _multiply(self._spectra.reshape(-1), self._response.reshape(-1), slots, self._slots, self._product.reshape(-1))
        wet = fft.ifft(self._product[:blocks].view(np.complex64), overwrite_x=True)
        for block in range(blocks):
            part = heard[:, block * PART : (block + 1) * PART]
            part[0] = wet[block, PART : PART + part.shape[1]].real
            part[1] = wet[block, PART : PART + part.shape[1]].imag


def _in_runs(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return spectra (spectra, bins) as floats, real and imaginary in turn, (runs, spectra, `_RUN`)."""
    floats = np.ascontiguousarray(spectra, np.complex64).view(np.float32)
    return np.ascontiguousarray(floats.reshape(len(spectra), _RUNS, _RUN).swapaxes(0, 1))


@njit(cache=True, nogil=True)
def _multiply(spectra: Any, response: Any, slots: NDArray[np.int64], ring: int, product: Any) -> None:
    """Add up the products of spectra and parts of the response, for four blocks.

    Args:
        spectra: (runs · ring · _RUN,), complex numbers as pairs.
        response: (runs · parts · _RUN,).
        slots: Which spectrum each block multiplies with each part, (4, parts); empty slots hold zeros.
        ring: How many spectra there are.
        product: (4 · runs · _RUN,), filled.
    """
    parts = slots.shape[1]
    sign = np.ones(LANES, np.float32)
    sign[::2] = -1
    turned = load(sign, 0)
    nothing = splat(np.float32(0))
    for run in range(_RUNS):
        for place in range(0, _RUN, LANES):
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = nothing
            for part in range(parts):
                h = load(response, (run * parts + part) * _RUN + place)
                real, imaginary = repeat_first(h), repeat_second(h)
                x0 = load(spectra, (run * ring + slots[0, part]) * _RUN + place)
                x1 = load(spectra, (run * ring + slots[1, part]) * _RUN + place)
                x2 = load(spectra, (run * ring + slots[2, part]) * _RUN + place)
                x3 = load(spectra, (run * ring + slots[3, part]) * _RUN + place)
                a0, b0 = multiply_add(x0, real, a0), multiply_add(swap_pairs(x0), imaginary, b0)
                a1, b1 = multiply_add(x1, real, a1), multiply_add(swap_pairs(x1), imaginary, b1)
                a2, b2 = multiply_add(x2, real, a2), multiply_add(swap_pairs(x2), imaginary, b2)
                a3, b3 = multiply_add(x3, real, a3), multiply_add(swap_pairs(x3), imaginary, b3)
            bins = run * _RUN + place
            store(product, bins, multiply_add(turned, b0, a0))
            store(product, _RUNS * _RUN + bins, multiply_add(turned, b1, a1))
            store(product, 2 * _RUNS * _RUN + bins, multiply_add(turned, b2, a2))
            store(product, 3 * _RUNS * _RUN + bins, multiply_add(turned, b3, a3))
