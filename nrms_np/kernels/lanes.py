"""Several numbers as one value, for the hot loops.

A processor multiplies 8 or 16 numbers in one instruction if they lie side by side in one of its registers. Compilers find such
places in simple loops. In the attention loops they do not find them all: sums that could stay in registers go to memory and back
for every pair of words. The functions below say it outright: `load` takes neighbouring numbers ("lanes") as one value,
`multiply_add` is one instruction on such values, and a sum stays in a register while its name is in use, if there are enough
registers.

The Python functions say what each operation means, and run when compilation is switched off (NUMBA_DISABLE_JIT=1). Below each
stands its builder, which writes the same operation in LLVM's language for Numba's compiler. LLVM knows the widths of all
processors: 16 lanes of float32 are one register with AVX-512, two with AVX2, four with NEON.

`count` and `times` must be constants for the compiler. Compiled, nothing checks that a place lies inside the array. Numba keeps
compiled loops on disk and compiles them anew when *their* file changes: after a change of this file remove `__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_model
from numpy.typing import NDArray

Array = NDArray[Any]

# The compiler may make one instruction of a multiplication and an addition, reorder sums, and forget the sign of a zero.
MAY_CHANGE = ("contract", "reassoc", "nsz")


class Lanes(types.Type):
    """Numba's type of such a value: `count` numbers of a dtype."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """In LLVM it is a vector."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        number = manager.lookup(lanes.dtype).get_data_type()
        super().__init__(manager, lanes, ir.VectorType(number, lanes.count))  # type: ignore[no-untyped-call]


def _instruction_for(meaning: Callable[..., Any]) -> Callable[[Callable[..., Any]], None]:
    """Let compiled code that calls `meaning` use the instruction that the decorated builder makes.

    The builder's own name is not used any more. Compiled code must give the arguments by position.
    """

    def decorate(builder: Callable[..., Any]) -> None:
        built: Any = intrinsic(prefer_literal=True)(builder)
        calls: dict[int, Any] = {
            2: lambda a, b: lambda a, b: built(a, b),
            3: lambda a, b, c: lambda a, b, c: built(a, b, c),
        }
        overload(meaning, prefer_literal=True)(calls[meaning.__code__.co_argcount])

    return decorate


def _constant(number: Any) -> int:
    """The value of an argument that the compiler must know."""
    if not isinstance(number, types.IntegerLiteral):
        raise TypingError("the number of lanes and of repetitions must be a constant.")
    return int(number.literal_value)


def _check(array: Any, lanes: Any) -> None:
    """Refuse what would be read or written wrongly."""
    flat = isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C"
    if not flat or array.dtype != lanes.dtype:
        raise TypingError(f"load and store need a flat, contiguous array of {lanes.dtype}, not {array}.")


def _whole(lanes: Any) -> bool:
    """Whether the lanes are whole numbers."""
    return isinstance(lanes.dtype, types.Integer)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any, vector: Any) -> Any:
    """Point at place `at` of the array as at a vector."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


def _places(numbers: Iterable[int]) -> Any:
    """Constant lane numbers: what a shuffle takes from where."""
    numbers = list(numbers)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), numbers)


def load(array: Array, at: int, count: int) -> Array:
    """The `count` numbers of a flat array from place `at` on."""
    return array[at : at + count].copy()


@_instruction_for(load)
def _load(typing: Any, array: Any, at: Any, count: Any) -> Any:
    lanes = Lanes(array.dtype, _constant(count))
    _check(array, lanes)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = context.get_value_type(lanes)
        loaded = builder.load(_pointer(context, builder, array, arguments[0], arguments[1], vector))
        loaded.align = context.get_abi_sizeof(vector.element)  # a row may start anywhere
        return loaded

    return lanes(array, types.intp, count), build


def store(array: Array, at: int, lanes: Array) -> None:
    """Write the lanes into a flat array from place `at` on."""
    array[at : at + len(lanes)] = lanes


@_instruction_for(store)
def _store(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    _check(array, lanes)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = context.get_value_type(lanes)
        stored = builder.store(arguments[2], _pointer(context, builder, array, arguments[0], arguments[1], vector))
        stored.align = context.get_abi_sizeof(vector.element)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), build


def fill(number: Any, count: int) -> Array:
    """The same number in `count` lanes."""
    return np.full(count, number)


@_instruction_for(fill)
def _fill(typing: Any, number: Any, count: Any) -> Any:
    lanes = Lanes(number, _constant(count))

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(context.get_value_type(lanes), ir.Undefined)
        one = builder.insert_element(nothing, arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(one, nothing, _places([0] * lanes.count))

    return lanes(number, count), build


def add(x: Array, y: Array) -> Array:
    """Lane by lane, x + y."""
    return x + y


@_instruction_for(add)
def _add(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.add(*arguments) if _whole(x) else builder.fadd(*arguments, flags=MAY_CHANGE)

    return x(x, y), build


def multiply(x: Array, y: Array) -> Array:
    """Lane by lane, x · y. Unsigned whole numbers wrap around."""
    return x * y


@_instruction_for(multiply)
def _multiply(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.mul(*arguments) if _whole(x) else builder.fmul(*arguments, flags=MAY_CHANGE)

    return x(x, y), build


def multiply_add(x: Array, y: Array, total: Array) -> Array:
    """Lane by lane, x · y + total. Not for whole numbers."""
    return x * y + total


@_instruction_for(multiply_add)
def _multiply_add(typing: Any, x: Any, y: Any, total: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y, total = arguments
        return builder.fadd(builder.fmul(x, y, flags=MAY_CHANGE), total, flags=MAY_CHANGE)

    return x(x, y, total), build


def fold(lanes: Array, times: int) -> Array:
    """Cut the lanes into `times` equal pieces and add these up. Not for whole numbers."""
    return lanes.reshape(times, -1).sum(axis=0)


@_instruction_for(fold)
def _fold(typing: Any, lanes: Any, times: Any) -> Any:
    width, rest = divmod(lanes.count, _constant(times))
    if rest:
        raise TypingError(f"{lanes} cannot be cut into {_constant(times)} equal pieces.")

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = arguments[0]
        starts = range(0, lanes.count, width)
        pieces = [builder.shuffle_vector(whole, whole, _places(range(start, start + width))) for start in starts]
        total = pieces[0]
        for piece in pieces[1:]:
            total = builder.fadd(total, piece, flags=MAY_CHANGE)
        return total

    return Lanes(lanes.dtype, width)(lanes, times), build


def repeat(lanes: Array, times: int) -> Array:
    """The lanes, `times` times one after another."""
    return np.tile(lanes, times)


@_instruction_for(repeat)
def _repeat(typing: Any, lanes: Any, times: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = _places(list(range(lanes.count)) * _constant(times))
        return builder.shuffle_vector(arguments[0], arguments[0], places)

    return Lanes(lanes.dtype, lanes.count * _constant(times))(lanes, times), build


def xor_shift(x: Array, bits: Array) -> Array:
    """Lane by lane, x xor (x shifted right by some bits), for unsigned whole numbers."""
    return x ^ (x >> bits)


@_instruction_for(xor_shift)
def _xor_shift(typing: Any, x: Any, bits: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.xor(arguments[0], builder.lshr(*arguments))

    return x(x, bits), build
