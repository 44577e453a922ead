"""Fourier transforms for convolution: complex float32, eight numbers to a vector, bins in an order of their own.

A product of spectra does not ask in which order the bins lie. So the transform forwards (decimation in frequency)
leaves them where its butterflies put them, the one backwards (decimation in time) takes them from there, and neither
sorts. Radix 4 down to eight neighbours, which eight vectors, turned on their side, then transform at once. It takes a
fifth of the time of `scipy.fft`, which is built for processors of any age.

Numbers lie in lines of eight real parts and the eight imaginary parts that belong to them, a line of the cache.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gen_mix.console.simd import LANES, load, multiply_add, negative, splat, store, transpose

LINE = 2 * LANES
"""Floats of a line."""

_RUN = LANES * LINE  # floats that the last step forwards and the first step backwards work on
_NEAR = 1 << 11
"""Numbers that the processor's first cache holds: all steps on them are done before the next are touched."""

_SHORTEST = 4 * LANES
_ROOT_HALF = np.float32(math.sqrt(0.5))


@cache
def turns_of(size: int) -> NDArray[np.float32]:
    """Return the factors of transforms of `size` numbers, (2 (`size` - 8),).

    For spans of `size`, `size` / 4, ... 32 numbers, one after the other: exp(-2πj k m / span) for each k below span / 4
    and m of 1, 2 and 3.

    Args:
        size: 8 times a power of 4, at least 32.
    """
    spans = [size]
    while spans[-1] > _SHORTEST:
        spans.append(spans[-1] // 4)
    tables = []
    for span in spans:
        angles = np.arange(span // 4)[:, None] * np.arange(1, 4) * (-2 * math.pi / span)
        parts = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        tables.append(parts.reshape(-1, LANES, 6).swapaxes(1, 2).reshape(-1))
    return np.concatenate(tables).astype(np.float32)


@njit(nogil=True)
def forwards(lines: Any, turns: Any, spectrum: Any, first: int, stride: int) -> None:
    """Transform `lines`, into every so many lines of `spectrum`.

    Args:
        lines: (2 · size,); changed.
        turns: As `turns_of` returns them.
        spectrum: Filled in places.
        first: Where the first line goes.
        stride: Floats from one to the next.
    """
    size = lines.size // 2
    far = size
    while far > _NEAR:
        _split(lines, 0, size, far, turns)
        far //= 4
    for start in range(0, size, far):
        span = far
        while span >= _SHORTEST:
            _split(lines, start, far, span, turns)
            span //= 4
        for run in range(2 * start // _RUN, 2 * (start + far) // _RUN):
            _finish(lines, run * _RUN, spectrum, first + run * LANES * stride, stride)


@njit(nogil=True)
def backwards(lines: Any, turns: Any) -> None:
    """Transform a spectrum (2 · size,) back in its place, to numbers `size` times as large."""
    size = lines.size // 2
    far = size
    while far > _NEAR:
        far //= 4
    for start in range(0, size, far):
        for run in range(2 * start // _RUN, 2 * (start + far) // _RUN):
            _begin(lines, run * _RUN)
        span = _SHORTEST
        while span <= far:
            _join(lines, start, far, span, turns)
            span *= 4
    far *= 4
    while far <= size:
        _join(lines, 0, size, far, turns)
        far *= 4


@njit(nogil=True)
def _split(lines: Any, start: int, length: int, span: int, turns: Any) -> None:
    """Take transforms of `span` numbers apart into four of a quarter, in `length` numbers from `start` on."""
    table, step = 2 * (lines.size // 2 - span), span // 2
    for base in range(2 * start, 2 * (start + length), 2 * span):
        for k in range(0, span // 4, LANES):
            p = base + 2 * k
            q, r, s, t = p + step, p + 2 * step, p + 3 * step, table + 6 * k
            a, b, c, d = load(lines, p), load(lines, q), load(lines, r), load(lines, s)
            e, f, g, h = load(lines, p + LANES), load(lines, q + LANES), load(lines, r + LANES), load(lines, s + LANES)
            a, b, c, d, e, f, g, h = _four(a, b, c, d, e, f, g, h)
            store(lines, p, a)
            store(lines, p + LANES, e)
            _store_turned(lines, q, b, f, turns, t)
            _store_turned(lines, r, c, g, turns, t + 2 * LANES)
            _store_turned(lines, s, d, h, turns, t + 4 * LANES)


@njit(nogil=True, inline="always")
def _store_turned(lines: Any, place: int, real: Any, imaginary: Any, turns: Any, turn: int) -> None:
    cos, sin = load(turns, turn), load(turns, turn + LANES)
    store(lines, place, multiply_add(real, cos, negative(imaginary * sin)))
    store(lines, place + LANES, multiply_add(real, sin, imaginary * cos))


@njit(nogil=True)
def _join(lines: Any, start: int, length: int, span: int, turns: Any) -> None:
    """Put together what `_split` takes apart."""
    table, step = 2 * (lines.size // 2 - span), span // 2
    for base in range(2 * start, 2 * (start + length), 2 * span):
        for k in range(0, span // 4, LANES):
            p = base + 2 * k
            q, r, s, t = p + step, p + 2 * step, p + 3 * step, table + 6 * k
            a, e = load(lines, p), load(lines, p + LANES)
            b, f = _turned_back(lines, q, turns, t)
            c, g = _turned_back(lines, r, turns, t + 2 * LANES)
            d, h = _turned_back(lines, s, turns, t + 4 * LANES)
            a, b, c, d, e, f, g, h = _four(a, d, c, b, e, h, g, f)  # backwards the second and the last change places
            store(lines, p, a)
            store(lines, p + LANES, e)
            store(lines, q, b)
            store(lines, q + LANES, f)
            store(lines, r, c)
            store(lines, r + LANES, g)
            store(lines, s, d)
            store(lines, s + LANES, h)


@njit(nogil=True, inline="always")
def _turned_back(lines: Any, place: int, turns: Any, turn: int) -> Any:
    cos, sin = load(turns, turn), load(turns, turn + LANES)
    real, imaginary = load(lines, place), load(lines, place + LANES)
    return multiply_add(real, cos, imaginary * sin), multiply_add(imaginary, cos, negative(real * sin))


@njit(nogil=True, inline="always")
def _four(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """Transform the numbers a + je, b + jf, c + jg and d + jh."""
    i, j, k, l = a + c, a - c, b + d, b - d  # noqa: E741
    m, n, o, p = e + g, e - g, f + h, f - h
    return i + k, j + p, i - k, j - p, m + o, n - l, m - o, n + l


@njit(nogil=True)
def _finish(lines: Any, place: int, spectrum: Any, first: int, stride: int) -> None:
    """Transform the eight numbers of each of eight lines, which become the lanes of eight others in `spectrum`."""
    a0, a1, a2, a3, a4, a5, a6, a7 = _turned_on_their_side(lines, place)
    b0, b1, b2, b3, b4, b5, b6, b7 = _turned_on_their_side(lines, place + LANES)
    half = splat(_ROOT_HALF)
    c1, d1, c2, d2, c3, d3 = a1 - a5, b1 - b5, a2 - a6, b2 - b6, a3 - a7, b3 - b7
    c1, d1 = half * (c1 + d1), half * (d1 - c1)
    c3, d3 = half * (d3 - c3), half * (negative(c3 + d3))
    _store_four(_four(a0 + a4, a1 + a5, a2 + a6, a3 + a7, b0 + b4, b1 + b5, b2 + b6, b3 + b7), spectrum, first, stride)
    _store_four(_four(a0 - a4, c1, d2, c3, b0 - b4, d1, negative(c2), d3), spectrum, first + 4 * stride, stride)


@njit(nogil=True, inline="always")
def _turned_on_their_side(lines: Any, place: int) -> Any:
    return transpose(
        load(lines, place),
        load(lines, place + LINE),
        load(lines, place + 2 * LINE),
        load(lines, place + 3 * LINE),
        load(lines, place + 4 * LINE),
        load(lines, place + 5 * LINE),
        load(lines, place + 6 * LINE),
        load(lines, place + 7 * LINE),
    )


@njit(nogil=True, inline="always")
def _store_four(four: Any, lines: Any, place: int, stride: int) -> None:
    for row in range(4):
        store(lines, place + row * stride, four[row])
        store(lines, place + row * stride + LANES, four[4 + row])


@njit(nogil=True, inline="always")
def _load_four(lines: Any, p: int) -> Any:
    """Return four lines transformed back."""
    q, r, s = p + LINE, p + 2 * LINE, p + 3 * LINE
    a, b, c, d = load(lines, p), load(lines, q), load(lines, r), load(lines, s)
    e, f, g, h = load(lines, p + LANES), load(lines, q + LANES), load(lines, r + LANES), load(lines, s + LANES)
    return _four(a, d, c, b, e, h, g, f)


@njit(nogil=True)
def _begin(lines: Any, place: int) -> None:
    """Put together what `_finish` takes apart, in the same place."""
    a0, a1, a2, a3, b0, b1, b2, b3 = _load_four(lines, place)
    c0, c1, c2, c3, d0, d1, d2, d3 = _load_four(lines, place + _RUN // 2)
    half = splat(_ROOT_HALF)
    c1, d1 = half * (c1 - d1), half * (c1 + d1)
    c2, d2 = negative(d2), c2
    c3, d3 = half * (negative(c3 + d3)), half * (c3 - d3)
    real = transpose(a0 + c0, a1 + c1, a2 + c2, a3 + c3, a0 - c0, a1 - c1, a2 - c2, a3 - c3)
    imaginary = transpose(b0 + d0, b1 + d1, b2 + d2, b3 + d3, b0 - d0, b1 - d1, b2 - d2, b3 - d3)
    for row in range(LANES):
        store(lines, place + row * LINE, real[row])
        store(lines, place + row * LINE + LANES, imaginary[row])
