"""Eight numbers at once, for kernels that Numba compiles.

LLVM's loop vectoriser keeps the state of a recursion in memory, and a recursion that stores and loads its state at
every sample waits for it. Here the eight lanes are one value, which stays in registers, and an operation on it is one
or two instructions on any processor that LLVM knows. All eight lanes are always there, so a lane has the same bits
whatever its neighbours hold.

A vector has eight float64, float32 or int32, or eight booleans. ``+``, ``-``, ``*`` and ``<`` work lane by lane; only
compiled code can call what is here.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import models, overload, register_model

LANES = 8

# To a type checker Numba's own decorator leaves the typing context among the arguments.
intrinsic: Any = numba_intrinsic

_LLVM_SCALARS = {
    types.float64: ir.DoubleType(),
    types.float32: ir.FloatType(),
    types.int32: ir.IntType(32),
    types.boolean: ir.IntType(1),
}
_NAMES = {types.float64: f"v{LANES}f64", types.float32: f"v{LANES}f32"}


class Vector(types.Type):
    """The type of `LANES` numbers of type `scalar`."""

    def __init__(self, scalar: types.Type) -> None:
        """Name the type after its scalar."""
        self.scalar = scalar
        super().__init__(name=f"{scalar}x{LANES}")


_FLOAT64, _FLOAT32 = Vector(types.float64), Vector(types.float32)
_INT32, _BOOLEAN = Vector(types.int32), Vector(types.boolean)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        super().__init__(manager, vector, ir.VectorType(_LLVM_SCALARS[vector.scalar], LANES))


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> tuple[Any, int]:
    """Return a pointer to an element of an array, and what the address of an element is a multiple of."""
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, arguments[0])
    element = builder.gep(array.data, [arguments[1]])
    vector = ir.VectorType(_LLVM_SCALARS[array_type.dtype], LANES)
    return builder.bitcast(element, vector.as_pointer()), context.get_abi_sizeof(_LLVM_SCALARS[array_type.dtype])


@intrinsic
def load(typing: Any, array: Any, place: Any) -> Any:
    """Return `LANES` elements of a contiguous array of one axis, from `place` on."""
    vector = Vector(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, alignment = _place(context, builder, signature, arguments)
        return builder.load(pointer, align=alignment)

    return vector(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, place: Any, vector: Any) -> Any:
    """Write a vector into a contiguous array of one axis, from `place` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, alignment = _place(context, builder, signature, arguments)
        builder.store(arguments[2], pointer, align=alignment)
        return context.get_dummy_value()

    return types.void(array, types.intp, Vector(array.dtype)), generate


@intrinsic
def splat(typing: Any, number: Any) -> Any:
    """Return a vector with `number` in every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        undefined = ir.Constant(ir.VectorType(arguments[0].type, LANES), ir.Undefined)
        single = builder.insert_element(undefined, arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(single, undefined, _mask([0] * LANES))

    return Vector(number)(number), generate


def _mask(lanes: list[int]) -> ir.Constant:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)


def _call(builder: Any, name: str, arguments: Any) -> Any:
    """Call an intrinsic of LLVM whose arguments and result have one type."""
    kind = arguments[0].type
    function_type = ir.FunctionType(kind, [kind] * len(arguments))
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), arguments)


@intrinsic
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a · b + c, in one instruction where the processor has it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, f"llvm.fmuladd.{_NAMES[a.scalar]}", arguments)

    return a(a, a, a), generate


@intrinsic
def absolute(typing: Any, vector: Any) -> Any:
    """Return the absolute value of every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, f"llvm.fabs.{_NAMES[vector.scalar]}", arguments)

    return vector(vector), generate


@intrinsic
def negative(typing: Any, vector: Any) -> Any:
    """Return every lane with the other sign."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fneg(*arguments)

    return vector(vector), generate


@intrinsic
def floor(typing: Any, vector: Any) -> Any:
    """Return the largest whole number up to every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, f"llvm.floor.{_NAMES[vector.scalar]}", arguments)

    return vector(vector), generate


@intrinsic
def where(typing: Any, condition: Any, yes: Any, no: Any) -> Any:
    """Return `yes` in lanes where `condition` holds, else `no`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return yes(_BOOLEAN, yes, yes), generate


def _converter(operation: str, to: Vector, doc: str) -> Any:
    """Return an intrinsic that applies an LLVM conversion, or none to what is of its type already."""

    def convert(typing: Any, vector: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            if vector == to:
                return arguments[0]
            return getattr(builder, operation)(arguments[0], context.get_value_type(to))

        return to(vector), generate

    convert.__doc__ = doc
    return intrinsic(convert)


as_float64 = _converter("fpext", _FLOAT64, "Return a float32 vector in float64.")
as_float32 = _converter("fptrunc", _FLOAT32, "Return a float64 vector in float32.")
to_whole = _converter("fptosi", _INT32, "Return a float vector cut to whole numbers.")
to_float = _converter("sitofp", _FLOAT32, "Return whole numbers as float32.")
to_bits = _converter("bitcast", _INT32, "Return the bits of a float32 vector.")
from_bits = _converter("bitcast", _FLOAT32, "Return the float32 vector that has these bits.")


def _shuffle(lanes: list[int], doc: str) -> Any:
    """Return an intrinsic that takes lane ``lanes[i]`` of a vector to lane i."""

    def shuffle(typing: Any, vector: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.shuffle_vector(arguments[0], arguments[0], _mask(lanes))

        return vector(vector), generate

    shuffle.__doc__ = doc
    return intrinsic(shuffle)


swap_pairs = _shuffle([1, 0, 3, 2, 5, 4, 7, 6], "Exchange the lanes of every pair.")
repeat_first = _shuffle([0, 0, 2, 2, 4, 4, 6, 6], "Return the first lane of every pair in both.")
repeat_second = _shuffle([1, 1, 3, 3, 5, 5, 7, 7], "Return the second lane of every pair in both.")


@intrinsic
def transpose(typing: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """Return eight vectors, the first of them the first lanes of those given, and so on."""
    vectors = types.UniTuple(a, LANES)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows = list(arguments)
        # Three rounds that exchange single lanes, pairs and halves: all but the last stay inside 128 bits.
        for distance, low, high in (
            (1, [0, 8, 2, 10, 4, 12, 6, 14], [1, 9, 3, 11, 5, 13, 7, 15]),
            (2, [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
            (4, [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
        ):
            for first in (row for row in range(LANES) if not row & distance):
                one, other = rows[first], rows[first + distance]
                rows[first] = builder.shuffle_vector(one, other, _mask(low))
                rows[first + distance] = builder.shuffle_vector(one, other, _mask(high))
        return context.make_tuple(builder, vectors, rows)

    return vectors(a, a, a, a, a, a, a, a), generate


def _operation(on_floats: str, on_whole: str) -> Any:
    @intrinsic
    def operate(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, on_whole if a.scalar == types.int32 else on_floats)(*arguments)

        return a(a, a), generate

    return operate


_add, _subtract, _multiply = _operation("fadd", "add"), _operation("fsub", "sub"), _operation("fmul", "mul")
_and, _shift_left, _shift_right = (_operation("", name) for name in ("and_", "shl", "ashr"))


@intrinsic
def _less(typing: Any, a: Any, b: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fcmp_ordered("<", *arguments)

    return _BOOLEAN(a, a), generate


def _overload(function: Any, implementation: Any) -> None:
    """Let Numba compile the operator `function` of two vectors as `implementation`."""

    @overload(function)
    def choose(a: Any, b: Any) -> Callable[[Any, Any], Any] | None:
        def operate(a: Any, b: Any) -> Any:
            return implementation(a, b)

        return operate if isinstance(a, Vector) and a == b else None


for _function, _implementation in (
    (operator.add, _add),
    (operator.sub, _subtract),
    (operator.mul, _multiply),
    (operator.and_, _and),
    (operator.lshift, _shift_left),
    (operator.rshift, _shift_right),
    (operator.lt, _less),
):
    _overload(_function, _implementation)
