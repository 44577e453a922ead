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
        self._sent = np.zeros((2, self._reach))
        self._filter = np.zeros((2, 2))

    def __call__(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the next samples (2, samples), for the next of the input."""
        samples = audio.shape[1]
        left, right = audio.astype(np.float64)
        left = (1 - self._ping_pong) * left + self._ping_pong * (left + right) / math.sqrt(2)
        right = (1 - self._ping_pong) * right
        line = np.empty((2, self._reach + samples))
        line[:, : self._reach] = self._sent
        line[0, self._reach :] = (left + right) / 2
        line[1, self._reach :] = (left - right) / 2
        echoes = np.empty((2, samples), np.float32)
        _run(line, self._reach, self._lag, self._cubic, self._high_cut, self._feedback, self._filter, echoes)
        self._sent = line[:, samples:].copy()
        return echoes


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
