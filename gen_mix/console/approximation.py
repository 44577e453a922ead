"""Logarithm and exponential of eight numbers at once, to the precision of float32."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from gen_mix.console.simd import from_bits, multiply_add, splat, to_bits, to_float, where


def _fit(function: Callable[[NDArray[np.float64]], NDArray[np.float64]], degree: int, low: float, high: float) -> Any:
    """Return the coefficients, highest first, of the polynomial that meets `function` at Chebyshev's points."""
    series = Chebyshev.interpolate(function, degree, [low, high]).convert(kind=Polynomial, domain=[-1, 1])
    return tuple(np.float32(value) for value in series.coef[::-1])


def _log2_over_distance(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log2(1 + u) / u, which has no zero, so that its error stays relative."""
    safe = np.where(distance == 0, 1.0, distance)
    return np.where(distance == 0, 1 / math.log(2), np.log1p(safe) / (math.log(2) * safe))


def _exp2_less_one_over_x(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (2ˣ − 1) / x."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, math.log(2), np.expm1(safe * math.log(2)) / safe)


_LOG2 = _fit(_log2_over_distance, 7, math.sqrt(0.5) - 1, math.sqrt(2) - 1)
_EXP2 = (*_fit(_exp2_less_one_over_x, 4, -0.5, 0.5), np.float32(1))  # 1 at 0 to the last bit: no gain is no change
_ROOT_HALF = int(np.float32(math.sqrt(0.5)).view(np.int32))
_MANTISSA_BITS = 23
_MANTISSA = (1 << _MANTISSA_BITS) - 1
_BIAS = 127
_COUNTS = np.float32(1.5 * 2**_MANTISSA_BITS)  # what is added to this is rounded to a whole number, in its last bits


@njit(nogil=True, inline="always")
def log2(x: Any) -> Any:
    """Return the logarithm to base 2 of a float32 vector, above 1e-38, within 3e-7 of 1 or of the result.

    Of what is smaller it makes -126 to -128.
    """
    shifted = to_bits(x) - splat(np.int32(_ROOT_HALF))
    exponent = to_float(shifted >> splat(np.int32(_MANTISSA_BITS)))
    mantissa = from_bits((shifted & splat(np.int32(_MANTISSA))) + splat(np.int32(_ROOT_HALF)))
    u = mantissa - splat(np.float32(1))
    return multiply_add(u, _polynomial_log2(u), exponent)


@njit(nogil=True, inline="always")
def exp2(x: Any) -> Any:
    """Return 2 to the power of a float32 vector, from -126 to 126, within 3e-7 of itself."""
    lowest = splat(np.float32(-_BIAS + 1))
    clipped = where(x < lowest, lowest, x)
    counted = clipped + splat(_COUNTS)
    fraction = clipped - (counted - splat(_COUNTS))
    return from_bits(to_bits(_polynomial_exp2(fraction)) + (to_bits(counted) << splat(np.int32(_MANTISSA_BITS))))


@njit(nogil=True, inline="always")
def _polynomial_log2(x: Any) -> Any:
    y = splat(_LOG2[0])
    for place in range(1, len(_LOG2)):
        y = multiply_add(y, x, splat(_LOG2[place]))
    return y


@njit(nogil=True, inline="always")
def _polynomial_exp2(x: Any) -> Any:
    y = splat(_EXP2[0])
    for place in range(1, len(_EXP2)):
        y = multiply_add(y, x, splat(_EXP2[place]))
    return y
