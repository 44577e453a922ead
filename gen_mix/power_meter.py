"""The power of filtered audio over time, measured while it passes."""

import numpy as np
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


class PowerMeter:
    """Mean power after a filter, over stretches of some samples, summed over channels; blocks may be of any length."""

    def __init__(self, sections: NDArray[np.float64], stretch: int) -> None:
        """Take the filter as two biquads b0 b1 b2 a0 a1 a2 with a0 = 1, (2, 6), and the samples of a stretch."""
        self._sections = np.ascontiguousarray(sections)
        self._stretch = stretch
        self._state = np.zeros((2, len(sections), 2))
        self._rest = np.zeros(2)  # energy and samples of the stretch that has begun
        # One array that grows: what is kept of every block, if it lay between what is not, would split the free memory.
        self._means = np.empty(1 << 10)
        self._stretches = 0

    def add(self, audio: Tensor) -> None:
        """Measure the next samples of the audio, (1 or 2, samples)."""
        samples = audio.detach().cpu().contiguous().numpy()
        first = self._stretches
        self._stretches += (int(self._rest[1]) + samples.shape[1]) // self._stretch
        if self._stretches > self._means.size:
            self._means = np.concatenate([self._means[:first], np.empty(2 * self._stretches - first)])
        means = self._means[first : self._stretches]
        _measure(samples, self._sections, self._state, self._stretch, self._rest, means)

    @property
    def means(self) -> NDArray[np.float64]:
        """Of every stretch that is complete (stretches,)."""
        return self._means[: self._stretches]

    @property
    def means_and_rest(self) -> NDArray[np.float64]:
        """Of every stretch; the last as if silence followed to its end."""
        rest = self._rest[:1] / self._stretch if self._rest[1] else np.zeros(0)
        return np.concatenate([self.means, rest])

    @property
    def mean(self) -> float:
        """Of all there was, 0 if there was nothing."""
        samples = self.means.size * self._stretch + self._rest[1]
        return float((self.means.sum() * self._stretch + self._rest[0]) / max(samples, 1))


@njit(cache=True, nogil=True)
def _measure(
    audio: NDArray[np.float32],
    sections: NDArray[np.float64],
    state: NDArray[np.float64],
    stretch: int,
    rest: NDArray[np.float64],
    means: NDArray[np.float64],
) -> None:
    """Fill `means`, moving `state` (2, 2, 2), by channel, section and delay, and `rest` on."""
    b0, b1, b2, a1, a2 = sections[0, 0], sections[0, 1], sections[0, 2], sections[0, 4], sections[0, 5]
    d0, d1, d2, c1, c2 = sections[1, 0], sections[1, 1], sections[1, 2], sections[1, 4], sections[1, 5]
    left, right = audio[0], audio[audio.shape[0] - 1]
    is_stereo = audio.shape[0] == 2
    s, t, u, v = state[0, 0, 0], state[0, 0, 1], state[0, 1, 0], state[0, 1, 1]
    w, x, y, z = state[1, 0, 0], state[1, 0, 1], state[1, 1, 0], state[1, 1, 1]
    energy, count, place = rest[0], int(rest[1]), 0
    for sample in range(audio.shape[1]):
        once = b0 * left[sample] + s
        s = b1 * left[sample] - a1 * once + t
        t = b2 * left[sample] - a2 * once
        twice = d0 * once + u
        u = d1 * once - c1 * twice + v
        v = d2 * once - c2 * twice
        energy += twice * twice
        if is_stereo:
            once = b0 * right[sample] + w
            w = b1 * right[sample] - a1 * once + x
            x = b2 * right[sample] - a2 * once
            twice = d0 * once + y
            y = d1 * once - c1 * twice + z
            z = d2 * once - c2 * twice
            energy += twice * twice
        count += 1
        if count == stretch:
            means[place] = energy / stretch
            place += 1
            energy, count = 0.0, 0
            if abs(s) + abs(t) + abs(u) + abs(v) + abs(w) + abs(x) + abs(y) + abs(z) < _FLUSH_BELOW:
                s = t = u = v = w = x = y = z = 0.0
    state[0, 0, 0], state[0, 0, 1], state[0, 1, 0], state[0, 1, 1] = s, t, u, v
    state[1, 0, 0], state[1, 0, 1], state[1, 1, 0], state[1, 1, 1] = w, x, y, z
    rest[0], rest[1] = energy, count
