"""The operations of `lanes` as instructions of the processor, for Numba's compiler.

Each builder writes one operation in LLVM's language. LLVM knows the widths of all processors: 16 lanes of float32 are one register
with AVX-512, two with AVX2, four with NEON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, overload, register_model

from nrms_np.kernels.engine.compile import MAY_CHANGE
from nrms_np.kernels.engine.lanes import (
    add,
    fill,
    fold,
    load,
    multiply,
    multiply_add,
    repeat,
    store,
    xor_shift,
)


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


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any, vector: Any) -> Any:
    """Point at place `at` of the array as at a vector."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


def _places(numbers: Iterable[int]) -> Any:
    """Constant lane numbers: what a shuffle takes from where."""
    numbers = list(numbers)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), numbers)


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


@_instruction_for(store)
def _store(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    _check(array, lanes)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = context.get_value_type(lanes)
        stored = builder.store(arguments[2], _pointer(context, builder, array, arguments[0], arguments[1], vector))
        stored.align = context.get_abi_sizeof(vector.element)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), build


@_instruction_for(fill)
def _fill(typing: Any, number: Any, count: Any) -> Any:
    lanes = Lanes(number, _constant(count))

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(context.get_value_type(lanes), ir.Undefined)
        one = builder.insert_element(nothing, arguments[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(one, nothing, _places([0] * lanes.count))

    return lanes(number, count), build


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


@_instruction_for(repeat)
def _repeat(typing: Any, lanes: Any, times: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = _places(list(range(lanes.count)) * _constant(times))
        return builder.shuffle_vector(arguments[0], arguments[0], places)

    return Lanes(lanes.dtype, lanes.count * _constant(times))(lanes, times), build


def _lane_by_lane(meaning: Callable[..., Any], write: Callable[..., Any]) -> None:
    """Let `meaning` be what `write` makes of the LLVM values of its arguments; all of one type, as is the result.

    write: (builder, whether the lanes are whole numbers, *values) -> value.
    """

    def instruction(first: Any, count: int) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return write(builder, isinstance(first.dtype, types.Integer), *arguments)

        return first(*[first] * count), build

    if meaning.__code__.co_argcount == 2:
        _instruction_for(meaning)(lambda typing, x, y: instruction(x, 2))
    else:
        _instruction_for(meaning)(lambda typing, x, y, total: instruction(x, 3))


_lane_by_lane(add, lambda to, whole, x, y: to.add(x, y) if whole else to.fadd(x, y, flags=MAY_CHANGE))
_lane_by_lane(multiply, lambda to, whole, x, y: to.mul(x, y) if whole else to.fmul(x, y, flags=MAY_CHANGE))
_lane_by_lane(
    multiply_add,
    lambda to, whole, x, y, total: to.fadd(to.fmul(x, y, flags=MAY_CHANGE), total, flags=MAY_CHANGE),
)
_lane_by_lane(xor_shift, lambda to, whole, x, bits: to.xor(x, to.lshr(x, bits)))
