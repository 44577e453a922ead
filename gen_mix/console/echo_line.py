"""The echo of `gen_mix.console.delay` sample by sample: two delay lines that feed themselves."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gen_mix.console.delay import cubic_taps
from gen_mix.console.filters import low_pass
from gen_mix.console.knobs import Knobs

_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down
_TAPS = 4


class EchoLine:
    """Returns the echoes of one stereo stream, from rest."""

    def __init__(self, knobs: Knobs, sample_rate: int) -> None:
        """Take the knobs of the delay bus and the rate in Hz."""
        delay_samples = knobs.value("time_ms") * (sample_rate / 1000)
        whole = math.floor(delay_samples.item())
        self._cubic = np.array([tap.item() for tap in cubic_taps(delay_samples - whole)])
        self._high_cut = low_pass(knobs.value("high_cut_hz"), sample_rate).numpy()
        self._ping_pong = knobs.value("ping_pong").item()
        feedback = knobs.value("feedback").item()
        self._feedback = np.array([feedback, feedback * (1 - 2 * self._ping_pong)])
        self._lag = whole - 1
        self._reach = whole + _TAPS
        self._line = np.zeros((2, self._reach))
        self._filter = np.zeros((2, 2))

    def __call__(self, audio: NDArray[np.float32], heard: NDArray[np.float32]) -> None:
        """Fill `heard` (2, samples), for the next samples `audio` (2, samples)."""
        samples = audio.shape[1]
        if self._line.shape[1] != self._reach + samples:  # the memory is used again while blocks are of one length
            before, self._line = self._line, np.empty((2, self._reach + samples))
            self._line[:, : self._reach] = before[:, -self._reach :]
        else:
            self._line[:, : self._reach] = self._line[:, samples:]
        _send(audio, self._ping_pong, self._line[:, self._reach :])
        _run(self._line, self._reach, self._lag, self._cubic, self._high_cut, self._feedback, self._filter, heard)


@njit(cache=True, nogil=True)
def _send(audio: NDArray[np.float32], ping_pong: float, sent: NDArray[np.float64]) -> None:
    """Fill `sent` (2, samples): the sum and the difference of what goes into the two lines."""
    for sample in range(audio.shape[1]):
        left, right = float(audio[0, sample]), float(audio[1, sample])
        left = (1 - ping_pong) * left + ping_pong * (left + right) / math.sqrt(2)
        right = (1 - ping_pong) * right
        sent[0, sample] = (left + right) / 2
        sent[1, sample] = (left - right) / 2


@njit(cache=True, nogil=True)
def _run(
    line: NDArray[np.float64],
    reach: int,
    lag: int,
    cubic: NDArray[np.float64],
    high_cut: NDArray[np.float64],
    feedback: NDArray[np.float64],
    state: NDArray[np.float64],
    echoes: NDArray[np.float32],
) -> None:
    """Fill `echoes`, left and right, and add what is fed back to `line`, the sum and the difference that go in.

    Args:
        line: What went in before, then what goes in now, (2, reach + samples); changed.
        reach: Samples of before.
        lag: Delay of the first of the taps `cubic` (4,), in samples.
        cubic: Interpolates between samples.
        high_cut: b0 b1 b2 a0 a1 a2 of the filter in the loop.
        feedback: Gain of each loop (2,).
        state: Of the filters (2, 2); changed.
        echoes: (2, samples).
    """
    b0, b1, b2, a1, a2 = high_cut[0], high_cut[1], high_cut[2], high_cut[4], high_cut[5]
    first, second, third, fourth = state[0, 0], state[0, 1], state[1, 0], state[1, 1]
    for sample in range(echoes.shape[1]):
        now = reach + sample
        x = y = 0.0
        for tap in range(_TAPS):
            x += cubic[tap] * line[0, now - lag - tap]
            y += cubic[tap] * line[1, now - lag - tap]
        both = b0 * x + first
        first = b1 * x - a1 * both + second
        second = b2 * x - a2 * both
        apart = b0 * y + third
        third = b1 * y - a1 * apart + fourth
        fourth = b2 * y - a2 * apart
        line[0, now] += feedback[0] * both
        line[1, now] += feedback[1] * apart
        echoes[0, sample] = both + apart
        echoes[1, sample] = both - apart
    for loop, (inner, outer) in enumerate(((first, second), (third, fourth))):
        is_gone = abs(inner) < _FLUSH_BELOW and abs(outer) < _FLUSH_BELOW
        state[loop, 0] = 0.0 if is_gone else inner
        state[loop, 1] = 0.0 if is_gone else outer
