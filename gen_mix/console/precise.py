"""Logarithm, exponential and other arithmetic on eight float64 numbers at once, to 1e-14.

For the differentiable path: a gradient is compared with differences of what is computed, so that must not be an
approximation that one could measure.
"""

import math
from typing import Any

import numpy as np
from numba import njit
from numba.extending import intrinsic

from gen_mix.console.simd import (
    LANES,
    absolute,
    as_float32,
    as_float64,
    floor,
    from_bits,
    load,
    multiply_add,
    splat,
    store,
    to_bits,
    to_float,
    to_whole,
    where,
)

# log₂ m = 2 / ln 2 · artanh s with s = (m - 1) / (m + 1), |s| < 0.172; 2ᶠ = Σ (f ln 2)ⁿ / n!, |f| ≤ ½.
_ARTANH = tuple(2 / math.log(2) / (2 * power + 1) for power in range(9))
_EXPONENTIAL = tuple(math.log(2) ** power / math.factorial(power) for power in range(12))
_SQRT_HALF_BITS = np.int32(0x3F3504F3)  # of √½ in float32
_BIAS, _FRACTION_BITS = np.int32(127), np.int32(23)
_FLUSH_BELOW = 1e-100  # far below any sound, far above the denormal numbers that slow a processor down


def _divide(typing: Any, a: Any, b: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fdiv(*arguments)

    return a(a, a), generate


divide: Any = intrinsic(_divide)
"""a / b lane by lane."""


@njit(nogil=True)
def get(rows: Any, row: int) -> Any:
    """Return row number `row` of a contiguous array (rows, LANES)."""
    return load(rows, row * LANES)


@njit(nogil=True)
def put(rows: Any, row: int, vector: Any) -> None:
    """Write a vector into row number `row` of a contiguous array (rows, LANES)."""
    store(rows, row * LANES, vector)


@njit(nogil=True)
def larger(a: Any, b: Any) -> Any:
    """Return the larger of two numbers lane by lane; a NaN stays if it is the first."""
    return where(a < b, b, a)


@njit(nogil=True)
def smaller(a: Any, b: Any) -> Any:
    """Return the smaller of two numbers lane by lane."""
    return where(a < b, a, b)


@njit(nogil=True)
def flushed(x: Any) -> Any:
    """Return 0 for what is next to nothing: numbers below 1e-308 slow a processor down."""
    return where(absolute(x) < splat(_FLUSH_BELOW), splat(0.0), x)


@njit(nogil=True)
def log2(x: Any) -> Any:
    """Return log₂ of float64 numbers from 1e-37 to 1e38."""
    exponent = (to_bits(as_float32(x)) - splat(_SQRT_HALF_BITS)) >> splat(_FRACTION_BITS)
    mantissa = x * as_float64(from_bits((splat(_BIAS) - exponent) << splat(_FRACTION_BITS)))
    s = divide(mantissa - splat(1.0), mantissa + splat(1.0))
    square = s * s
    series = splat(_ARTANH[8])
    for power in range(7, -1, -1):
        series = multiply_add(series, square, splat(_ARTANH[power]))
    return multiply_add(series, s, as_float64(to_float(exponent)))


@njit(nogil=True)
def exp2(x: Any) -> Any:
    """Return 2ˣ for float64 numbers from -126 to 127."""
    whole = floor(x + splat(0.5))
    part = x - whole
    series = splat(_EXPONENTIAL[11])
    for power in range(10, -1, -1):
        series = multiply_add(series, part, splat(_EXPONENTIAL[power]))
    return series * as_float64(from_bits((to_whole(whole) + splat(_BIAS)) << splat(_FRACTION_BITS)))
