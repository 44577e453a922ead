"""Eight float64 numbers at once, for loops that Numba compiles.

A recursion cannot run its samples side by side, but it can run eight strips side by side, one in each lane of a
vector. Left to itself the compiler finds that only in the simplest loops; so here a vector is a type of its own, and
`load`, `store` and arithmetic on it become the processor's vector instructions, whatever their width is. Every lane
gets the same instructions, so its numbers do not depend on its place or on its neighbours.

Only code under ``numba.njit`` can call what is here; a row is `LANES` numbers, the last axis of an array (rows, LANES).
Numba's cache does not see a change in this file: remove ``__pycache__`` after one.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

LANES = 8
"""Numbers in a vector: enough of them in flight to hide how long one multiplication takes."""

_NUMBERS = ir.VectorType(ir.DoubleType(), LANES)
_BITS = ir.VectorType(ir.IntType(64), LANES)


class Vector(types.Type):
    """Numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name=f"Vector({LANES} x float64)")


_VECTOR = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _NUMBERS)


def _address(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    place = builder.mul(args[1], ir.Constant(args[1].type, LANES))
    return builder.bitcast(builder.gep(array.data, [place]), ir.PointerType(_NUMBERS))


@intrinsic
def load(_: Any, rows: Any, row: Any) -> Any:
    """Return row number `row` of the contiguous float64 array `rows` (rows, LANES)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, signature, args), align=8, typ=_NUMBERS)

    return _VECTOR(rows, types.intp), generate


@intrinsic
def store(_: Any, rows: Any, row: Any, value: Any) -> Any:
    """Put `value` into row number `row` of the contiguous float64 array `rows` (rows, LANES)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature, args), align=8)
        return context.get_dummy_value()

    return types.none(rows, types.intp, _VECTOR), generate


@intrinsic
def every(_: Any, number: Any) -> Any:
    """Return a vector with `number` in every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.insert_element(ir.Constant(_NUMBERS, ir.Undefined), args[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

    return _VECTOR(types.float64), generate


def _operation(build: Callable[[Any, Sequence[Any]], Any], operands: int) -> Any:
    """Return an operation on `operands` vectors that `build` makes out of LLVM's builder and values."""

    def typed(*vectors: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return build(builder, args)

        return _VECTOR(*[_VECTOR] * operands), generate

    arguments = {1: lambda _, a: typed(), 2: lambda _, a, b: typed(), 3: lambda _, a, b, c: typed()}
    arguments[4] = lambda _, a, b, c, d: typed()
    return intrinsic(arguments[operands])


def _library(name: str) -> Callable[[Any, Sequence[Any]], Any]:
    def build(builder: Any, args: Sequence[Any]) -> Any:
        kind = ir.FunctionType(_NUMBERS, [_NUMBERS] * len(args))
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f64"), args)

    return build


def _constant(bits: int) -> ir.Constant:
    return ir.Constant(_BITS, [bits] * LANES)


_SQRT_HALF = 0x3FE6A09E667F3BCD  # bits of √½
_FROM_SQRT_HALF = 0x3FF0000000000000 - _SQRT_HALF
_FRACTION = 0x000FFFFFFFFFFFFF
_TWO_52 = 0x4330000000000000  # bits of 2⁵²: its last bits count ones
_ROUNDER = 1.5 * 2**52


def _exponent(builder: Any, args: Sequence[Any]) -> Any:
    shifted = builder.add(builder.bitcast(args[0], _BITS), _constant(_FROM_SQRT_HALF))
    counted = builder.or_(builder.lshr(shifted, _constant(52)), _constant(_TWO_52))
    return builder.fsub(builder.bitcast(counted, _NUMBERS), ir.Constant(_NUMBERS, [2.0**52 + 1023] * LANES))


def _mantissa(builder: Any, args: Sequence[Any]) -> Any:
    shifted = builder.add(builder.bitcast(args[0], _BITS), _constant(_FROM_SQRT_HALF))
    fraction = builder.and_(shifted, _constant(_FRACTION))
    return builder.bitcast(builder.add(fraction, _constant(_SQRT_HALF)), _NUMBERS)


def _scaled(builder: Any, args: Sequence[Any]) -> Any:
    power = builder.shl(builder.bitcast(args[1], _BITS), _constant(52))
    return builder.bitcast(builder.add(builder.bitcast(args[0], _BITS), power), _NUMBERS)


def _choose(builder: Any, args: Sequence[Any]) -> Any:
    return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[2], args[3])


madd = _operation(_library("fmuladd"), 3)
"""a b + c, rounded once where the processor can."""
magnitude = _operation(_library("fabs"), 1)
larger = _operation(lambda builder, args: _choose(builder, (args[0], args[1], args[1], args[0])), 2)
smaller = _operation(lambda builder, args: _choose(builder, args * 2), 2)
if_less = _operation(_choose, 4)
"""c in the lanes where a < b, d elsewhere."""

_exponent_of = _operation(_exponent, 1)
_mantissa_of = _operation(_mantissa, 1)
_scale = _operation(_scaled, 2)
_add = _operation(lambda builder, args: builder.fadd(*args), 2)
_subtract = _operation(lambda builder, args: builder.fsub(*args), 2)
_multiply = _operation(lambda builder, args: builder.fmul(*args), 2)
_divide = _operation(lambda builder, args: builder.fdiv(*args), 2)


def _infix(symbol: Any, operation: Any) -> None:
    @overload(symbol)
    def of_vectors(a, b):  # type: ignore[no-untyped-def]  # annotations would have to be on the lambda too
        if isinstance(a, Vector) and isinstance(b, Vector):
            return lambda a, b: operation(a, b)
        return None


_infix(operator.add, _add)
_infix(operator.sub, _subtract)
_infix(operator.mul, _multiply)
_infix(operator.truediv, _divide)

# log₂ m = 2 / ln 2 · artanh s with s = (m - 1) / (m + 1), |s| < 0.172; 2ᶠ = Σ (f ln 2)ⁿ / n!, |f| ≤ ½: 1e-14 both.
_ARTANH = tuple(2 / math.log(2) / (2 * power + 1) for power in range(9))
_EXPONENTIAL = tuple(math.log(2) ** power / math.factorial(power) for power in range(12))


@njit(nogil=True)
def log2(x):  # type: ignore[no-untyped-def]
    """Return log₂ of normal positive numbers, to 1e-14."""
    mantissa = _mantissa_of(x)
    s = (mantissa - every(1.0)) / (mantissa + every(1.0))
    square = s * s
    series = every(_ARTANH[8])
    for power in range(7, -1, -1):
        series = madd(series, square, every(_ARTANH[power]))
    return madd(series, s, _exponent_of(x))


@njit(nogil=True)
def exp2(x):  # type: ignore[no-untyped-def]
    """Return 2ˣ for x from -1000 to 1000, to 1e-14 of it."""
    rounded = x + every(_ROUNDER)
    part = x - (rounded - every(_ROUNDER))
    series = every(_EXPONENTIAL[11])
    for power in range(10, -1, -1):
        series = madd(series, part, every(_EXPONENTIAL[power]))
    return _scale(series, rounded)
