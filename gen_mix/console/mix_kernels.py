"""Adding up what left the strips, and what that means for gradients."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def mix_forwards(
    heard: np.ndarray, slots: np.ndarray, gains: np.ndarray, reaches: np.ndarray, start: int, out: np.ndarray
) -> None:
    """Add the lanes of one mix to its outputs, in their order.

    Args:
        heard: What left the strips (slots, channels, length).
        slots: Where those of this mix are (lanes,).
        gains: (lanes, outputs, channels), of the audio's type.
        reaches: Which gains are read (lanes, outputs).
        start: First sample in `out`.
        out: (outputs, samples).
    """
    length = heard.shape[2]
    for lane in range(slots.shape[0]):
        for output in range(out.shape[0]):
            if reaches[lane, output]:
                total = out[output, start : start + length]
                for channel in range(heard.shape[1]):
                    gain = gains[lane, output, channel]
                    samples = heard[slots[lane], channel]
                    for n in range(length):
                        total[n] += gain * samples[n]


@njit(cache=True, nogil=True)
def mix_backwards(
    gradient: np.ndarray, slots: np.ndarray, gains: np.ndarray, reaches: np.ndarray, start: int, to_heard: np.ndarray
) -> None:
    """Write the gradient of what left the strips, (slots, channels, length); otherwise as `mix_forwards`."""
    length = to_heard.shape[2]
    for lane in range(slots.shape[0]):
        for channel in range(to_heard.shape[1]):
            total = to_heard[slots[lane], channel]
            total[:] = 0
            for output in range(gradient.shape[0]):
                if reaches[lane, output]:
                    gain = gains[lane, output, channel]
                    samples = gradient[output, start : start + length]
                    for n in range(length):
                        total[n] += gain * samples[n]


@njit(cache=True, nogil=True, fastmath={"reassoc"})  # so that a sum of products can use vectors
def add_gains_gradient(
    gradient: np.ndarray, slots: np.ndarray, reaches: np.ndarray, start: int, heard: np.ndarray, to_gains: np.ndarray
) -> None:
    """Add the gradient of the gains to `to_gains` (lanes, outputs, channels), float64; otherwise as `mix_forwards`."""
    length = heard.shape[2]
    for lane in range(slots.shape[0]):
        for output in range(gradient.shape[0]):
            if reaches[lane, output]:
                slope = gradient[output, start : start + length]
                for channel in range(heard.shape[1]):
                    samples = heard[slots[lane], channel]
                    total = 0.0
                    for n in range(length):
                        total += np.float64(slope[n]) * np.float64(samples[n])
                    to_gains[lane, output, channel] += total


@njit(cache=True, nogil=True)
def add_lanes(parts: np.ndarray, slots: np.ndarray, start: int, total: np.ndarray) -> None:
    """Add rows `slots` of `parts` (slots, channels, length) to `total` (channels, samples) from `start` on."""
    for slot in slots:
        for channel in range(parts.shape[1]):
            for n in range(parts.shape[2]):
                total[channel, start + n] += parts[slot, channel, n]
