"""One biquad of eight strips at once, forwards and backwards; rows are those of `gen_mix.console.strip_kernels`."""

import numpy as np
from numba import njit

from gen_mix.console.precise import flushed, get, put
from gen_mix.console.simd import multiply_add, splat

TAPS = 5
"""Rows of taps of a section."""


@njit(nogil=True)
def run_section(signal: np.ndarray, length: int, taps: np.ndarray, section: int, state: np.ndarray, row: int) -> None:
    """Filter `signal` in place: v[n] = x[n] - a1 v[n-1] - a2 v[n-2], y[n] = b0 v[n] + b1 v[n-1] + b2 v[n-2]."""
    b0, b1, b2 = get(taps, TAPS * section), get(taps, TAPS * section + 1), get(taps, TAPS * section + 2)
    a1 = splat(0.0) - get(taps, TAPS * section + 3)
    a2 = splat(0.0) - get(taps, TAPS * section + 4)
    before, earlier = get(state, row), get(state, row + 1)
    for n in range(length):
        v = multiply_add(a1, before, multiply_add(a2, earlier, get(signal, n)))
        put(signal, n, multiply_add(b0, v, multiply_add(b1, before, b2 * earlier)))
        earlier = before
        before = v
    put(state, row, flushed(before))
    put(state, row + 1, flushed(earlier))


@njit(nogil=True)
def section_again(
    signal: np.ndarray, length: int, taps: np.ndarray, section: int, state: np.ndarray, row: int, inner: np.ndarray
) -> None:
    """Do as `run_section` and keep v in `inner`, whose first two rows are v[-2] and v[-1]."""
    b0, b1, b2 = get(taps, TAPS * section), get(taps, TAPS * section + 1), get(taps, TAPS * section + 2)
    a1 = splat(0.0) - get(taps, TAPS * section + 3)
    a2 = splat(0.0) - get(taps, TAPS * section + 4)
    before, earlier = get(state, row), get(state, row + 1)
    put(inner, 0, earlier)
    put(inner, 1, before)
    for n in range(length):
        v = multiply_add(a1, before, multiply_add(a2, earlier, get(signal, n)))
        put(inner, n + 2, v)
        put(signal, n, multiply_add(b0, v, multiply_add(b1, before, b2 * earlier)))
        earlier = before
        before = v


@njit(nogil=True)
def section_backwards(
    of_output: np.ndarray,
    of_input: np.ndarray,
    length: int,
    taps: np.ndarray,
    section: int,
    adjoint: np.ndarray,
    row: int,
) -> None:
    """Turn the gradient of a section's output into that of its input: the same filter, backwards in time."""
    b0, b1, b2 = get(taps, TAPS * section), get(taps, TAPS * section + 1), get(taps, TAPS * section + 2)
    a1 = splat(0.0) - get(taps, TAPS * section + 3)
    a2 = splat(0.0) - get(taps, TAPS * section + 4)
    after, later = get(adjoint, row), get(adjoint, row + 1)
    for n in range(length - 1, -1, -1):
        w = multiply_add(a1, after, multiply_add(a2, later, get(of_output, n)))
        put(of_input, n, multiply_add(b0, w, multiply_add(b1, after, b2 * later)))
        later = after
        after = w
    put(adjoint, row, flushed(after))
    put(adjoint, row + 1, flushed(later))


@njit(nogil=True)
def add_taps_gradient(
    of_output: np.ndarray, of_input: np.ndarray, inner: np.ndarray, length: int, to_taps: np.ndarray, section: int
) -> None:
    """Add dL/db_j = Σ g[n] v[n-j] and dL/da_j = -Σ h[n] v[n-j], g and h the gradients of output and input."""
    b0 = b1 = b2 = a1 = a2 = splat(0.0)
    before, earlier = get(inner, 1), get(inner, 0)
    for n in range(length):
        v, g, h = get(inner, n + 2), get(of_output, n), get(of_input, n)
        b0 = multiply_add(g, v, b0)
        b1 = multiply_add(g, before, b1)
        b2 = multiply_add(g, earlier, b2)
        a1 = multiply_add(h, before, a1)
        a2 = multiply_add(h, earlier, a2)
        earlier = before
        before = v
    first = TAPS * section
    put(to_taps, first, get(to_taps, first) + b0)
    put(to_taps, first + 1, get(to_taps, first + 1) + b1)
    put(to_taps, first + 2, get(to_taps, first + 2) + b2)
    put(to_taps, first + 3, get(to_taps, first + 3) - a1)
    put(to_taps, first + 4, get(to_taps, first + 4) - a2)
