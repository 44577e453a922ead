"""The feedback loop of a delay sample by sample, forwards and backwards in time.

With x what is fed in, f the gain of the loop, c the weights of neighbouring delays and G a biquad:
v[n] = x[n] + f e[n], u[n] = Σ c_t v[n - lag - t], e = G u. What is heard is e.
"""

import numpy as np
from numba import njit

TAPS = 4
_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


@njit(cache=True, nogil=True)
def run_loop(fed: np.ndarray, lag: int, weights: np.ndarray, high_cut: np.ndarray, feedback: float) -> np.ndarray:
    """Return e (samples,), from rest.

    Args:
        fed: x (samples,).
        lag: Delay of the first of the weights in samples, at least 1.
        weights: c (TAPS,).
        high_cut: b0 b1 b2 a0 a1 a2 of G with a0 = 1.
        feedback: f.
    """
    b0, b1, b2, a1, a2 = high_cut[0], high_cut[1], high_cut[2], high_cut[4], high_cut[5]
    reach = lag + TAPS
    line = np.zeros(reach + fed.size)
    echoes = np.empty(fed.size)
    first = second = 0.0
    for n in range(fed.size):
        at = reach + n - lag
        u = weights[0] * line[at] + weights[1] * line[at - 1] + weights[2] * line[at - 2] + weights[3] * line[at - 3]
        e = b0 * u + first
        first = b1 * u - a1 * e + second
        second = b2 * u - a2 * e
        if abs(first) < _FLUSH_BELOW and abs(second) < _FLUSH_BELOW:
            first = second = 0.0
        line[reach + n] = fed[n] + feedback * e
        echoes[n] = e
    return echoes


@njit(cache=True, nogil=True)
def run_loop_backwards(
    fed: np.ndarray, lag: int, weights: np.ndarray, high_cut: np.ndarray, feedback: float, echoes: np.ndarray,
    gradient: np.ndarray, to_fed: np.ndarray, to_knobs: np.ndarray,
) -> None:  # fmt: skip
    """Find the gradients of a loop from that of its echoes.

    Args:
        fed: As for `run_loop`, like `lag` to `feedback`.
        lag: As above.
        weights: As above.
        high_cut: As above.
        feedback: As above.
        echoes: What `run_loop` returned.
        gradient: Of the echoes (samples,).
        to_fed: Receives that of x (samples,).
        to_knobs: Receives those of the weights, of b0 b1 b2 a0 a1 a2 and of f (11,).
    """
    b0, b1, b2, a1, a2 = high_cut[0], high_cut[1], high_cut[2], high_cut[4], high_cut[5]
    samples, reach = fed.size, lag + TAPS
    line = np.zeros(reach + samples)
    line[reach:] = fed + feedback * echoes
    to_line = np.zeros(samples)
    w1 = w2 = 0.0
    for n in range(samples - 1, -1, -1):
        to_v = to_line[n]
        to_fed[n] = to_v
        to_knobs[10] += to_v * echoes[n]
        # Of G: w is the gradient of e filtered by 1/A backwards in time, that of u by B after it.
        w = gradient[n] + feedback * to_v - a1 * w1 - a2 * w2
        if abs(w) < _FLUSH_BELOW:
            w = 0.0
        to_u = b0 * w + b1 * w1 + b2 * w2
        at = reach + n - lag
        u = weights[0] * line[at] + weights[1] * line[at - 1] + weights[2] * line[at - 2] + weights[3] * line[at - 3]
        to_knobs[4] += w * u
        to_knobs[5] += w1 * u
        to_knobs[6] += w2 * u
        to_knobs[8] -= w1 * echoes[n]
        to_knobs[9] -= w2 * echoes[n]
        for tap in range(TAPS):
            to_knobs[tap] += to_u * line[at - tap]
            if n - lag - tap >= 0:
                to_line[n - lag - tap] += weights[tap] * to_u
        w2 = w1
        w1 = w
