"""Convolution of a stereo stream with a long response, block by block, at a cost that is linear in the length.

Uniformly partitioned overlap-save: the response is cut into parts, each part's spectrum is multiplied with the spectrum
of the part of the stream that is as much older, and one inverse FFT serves all parts. (Gardner, "Efficient convolution
without input-output delay", J. Audio Eng. Soc. 43(3), 1995, section 2.)

The rotation (L, R) ↦ (h₁L + h₂R, h₂L − h₁R) of the reverberation is one complex product, (h₁ + j h₂)(L − j R): so both
channels share an FFT.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gen_mix.console.fourier import LINE, backwards, forwards, turns_of
from gen_mix.console.simd import LANES, load, multiply_add, negative, splat, store

PART = 1 << 14
"""Samples of a part: its FFT, of twice as many, stays in the processor's second cache."""

STEP = 2 * PART
"""Samples that are taken at once: two parts, for which each part of the response is loaded once."""


class _Memory(NamedTuple):
    """What a convolver works with; taken once, since to ask the system for it at every step costs more than the work.

    The first lines of all spectra lie together, then the second, so that all are read in one sweep.

    Attributes:
        turns: Factors of the FFT.
        response: Spectra of its parts and of one more, which is silent, (slots · 2 · STEP,).
        spectra: Of the parts of the stream that are still heard, in a ring, of the same size.
        before: The part before those that come (2, PART).
        frames: (2, 2 · STEP).
    """

    turns: NDArray[np.float32]
    response: NDArray[np.float32]
    spectra: NDArray[np.float32]
    before: NDArray[np.float32]
    frames: NDArray[np.float32]


class Convolver:
    """Convolves one stereo stream with the rotation of a pair of responses, from rest."""

    def __init__(self, response: NDArray[np.complex64]) -> None:
        """Take the pair of responses as one, h₁ + j h₂, (taps,)."""
        self._slots = -(-len(response) // PART) + 1
        spectra = np.zeros((2, self._slots * 2 * STEP), np.float32)
        frames = np.empty((2, 2 * STEP), np.float32)
        self._memory = _Memory(turns_of(STEP), spectra[0], spectra[1], np.zeros((2, PART), np.float32), frames)
        self._newest = 0
        parts = np.zeros((2, self._slots * PART), np.float32)
        parts[:, : len(response)] = response.real, -response.imag
        parts /= STEP  # the transform back is as many times too large
        _load_response(self._memory, self._slots, parts[0], parts[1])

    def __call__(self, audio: NDArray[np.float32], heard: NDArray[np.float32]) -> None:
        """Fill `heard` (2, samples), for the next samples `audio` (2, samples); all but the last are whole steps."""
        for start in range(0, audio.shape[1], STEP):
            given, filled = audio[:, start : start + STEP], heard[:, start : start + STEP]
            samples = given.shape[1]
            if samples < STEP:
                given, filled = np.zeros((2, STEP), np.float32), np.empty((2, STEP), np.float32)
                given[:, :samples] = audio[:, start:]
            self._newest = (self._newest + 2) % self._slots
            _run_step(self._memory, self._slots, self._newest, given[0], given[1], filled[0], filled[1])
            if samples < STEP:
                heard[:, start:] = filled[:, :samples]


@njit(cache=True, nogil=True)
def _load_response(memory: _Memory, slots: int, first: Any, second: Any) -> None:
    """Fill the spectra of the response `first` - j `second`, (slots · PART,) each."""
    frame = memory.frames[0]
    for slot in range(slots):
        _put(first, second, slot * PART, frame, 0)
        frame[STEP:] = 0
        forwards(frame, memory.turns, memory.response, slot * LINE, slots * LINE)


@njit(cache=True, nogil=True)
def _run_step(
    memory: _Memory, slots: int, newest: int, left: Any, right: Any, heard_left: Any, heard_right: Any
) -> None:
    """Fill what is heard, (STEP,), for the next samples of both channels; their second part goes to slot `newest`."""
    first, second = memory.frames[0], memory.frames[1]
    _put(memory.before[0], memory.before[1], 0, first, 0)
    _put(left, right, 0, first, STEP)
    forwards(first, memory.turns, memory.spectra, (newest - 1) % slots * LINE, slots * LINE)
    _put(left, right, 0, second, 0)
    _put(left, right, PART, second, STEP)
    forwards(second, memory.turns, memory.spectra, newest * LINE, slots * LINE)
    memory.before[0], memory.before[1] = left[PART:], right[PART:]
    _multiply(memory.spectra, memory.response, slots, newest, first, second)
    for part in range(2):
        frame = memory.frames[part]
        backwards(frame, memory.turns)
        for sample in range(0, PART, LANES):
            store(heard_left, part * PART + sample, load(frame, STEP + 2 * sample))
            store(heard_right, part * PART + sample, load(frame, STEP + 2 * sample + LANES))


@njit(nogil=True)
def _put(left: Any, right: Any, start: int, frame: Any, place: int) -> None:
    """Write `PART` numbers left - j right, from `start` on, into half of a frame."""
    for sample in range(0, PART, LANES):
        store(frame, place + 2 * sample, load(left, start + sample))
        store(frame, place + 2 * sample + LANES, negative(load(right, start + sample)))


@njit(nogil=True)
def _multiply(spectra: Any, response: Any, slots: int, newest: int, first: Any, second: Any) -> None:
    """Add up the products of spectra and parts of the response: for the newest part `second`, for that before `first`.

    A spectrum meets one part of the response in the one sum, and the part before in the other.
    """
    nothing = splat(np.float32(0))
    for line in range(first.size // LINE):
        a = b = c = d = g = h = nothing
        age = newest
        for slot in range(slots):
            place = (line * slots + age) * LINE
            age = (age if age else slots) - 1
            x, y = load(spectra, place), load(spectra, place + LANES)
            a, b = multiply_add(x, g, a), multiply_add(x, h, b)
            a, b = multiply_add(y, negative(h), a), multiply_add(y, g, b)
            place = (line * slots + slot) * LINE
            g, h = load(response, place), load(response, place + LANES)
            c, d = multiply_add(x, g, c), multiply_add(x, h, d)
            c, d = multiply_add(y, negative(h), c), multiply_add(y, g, d)
        store(first, line * LINE, a)
        store(first, line * LINE + LANES, b)
        store(second, line * LINE, c)
        store(second, line * LINE + LANES, d)
