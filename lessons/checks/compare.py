"""Compare what the reader's function returned with what is expected, and say in one sentence what is wrong first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nrms_np.gradcheck import numerical_gradient

Array = np.ndarray[Any, Any]

RELATIVE = 1e-7  # of the array's largest number; a bug is far above, central differences far below
ABSOLUTE = 1e-9


class Wrong(NamedTuple):
    """An array with wrong numbers. close: which are right.    place: where it is furthest off.    said: expected and got there."""

    name: str
    got: Array
    close: Array
    place: tuple[int, ...]
    said: tuple[str, str]


class AnswerError(Exception):
    """What is wrong with an answer: one or two sentences for the reader, and the array where that is what is wrong."""

    def __init__(self, sentence: str, array: Wrong | None = None) -> None:
        super().__init__(sentence)
        self.array = array


def expect(got: object, **expected: object) -> None:
    """Compare everything that was returned: first how many values, then all shapes, then all numbers.

    expected: by name, in the order in which the values are returned; one alone is returned as it is, not in a tuple.
    Raises AnswerError.
    """
    if len(expected) == 1:
        values: tuple[object, ...] = (got,)
    else:
        wanted = ", ".join(expected)
        if got is None:
            raise AnswerError(f"It returned None: is there a `return {wanted}`?")
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            what = f"{len(got)} values" if isinstance(got, (tuple, list)) else "one value"
            raise AnswerError(f"It returned {what}, expected are {len(expected)}: {wanted}.")
        values = tuple(got)
    _expect_all(dict(zip(expected, values, strict=True)), expected)


def expect_named(got: Any, expected: dict[str, Array]) -> None:
    """Compare a dict of arrays. Raises AnswerError."""
    _expect_names(got, expected)
    _expect_all({f'["{name}"]': got[name] for name in expected}, {f'["{name}"]': v for name, v in expected.items()})


def expect_and_named(got: Any, **expected: Array) -> None:
    """Compare an array and a dict of gradients: first the names, then all shapes, then all numbers.

    expected: the array, and after it what is in the dict. Raises AnswerError.
    """
    first, *names = expected
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise AnswerError(f"It should return two things: {first}, and a dict of the parameters' gradients.")
    array, named = got
    _expect_names(named, {name: expected[name] for name in names})
    shown = {name: f'gradients["{name}"]' for name in names}
    _expect_all(
        {first: array, **{shown[name]: named[name] for name in names}},
        {first: expected[first], **{shown[name]: expected[name] for name in names}},
    )


def _expect_names(got: object, expected: dict[str, Array]) -> None:
    if not isinstance(got, dict):
        raise AnswerError(f"It returned {_kind(got)}, expected is a dict with the names {', '.join(expected)}.")
    if set(got) != set(expected):
        raise AnswerError(f"The names in the dict are {', '.join(map(str, got))}; expected are {', '.join(expected)}.")


def gradients(forward: Callable[..., Array], upstream: Array, **inputs: Array) -> dict[str, Array]:
    """Measure by differences what a backward should return.

    forward: takes the inputs in the order given here.    upstream: of the output's shape.
    inputs: under the names of their gradients, such as dx=x.

    Returns the gradients by the same names.
    """

    def loss() -> float:
        return float(np.sum(forward(*inputs.values()) * upstream))

    return {name: numerical_gradient(loss, x) for name, x in inputs.items()}


def _expect_all(got: dict[str, object], expected: dict[str, object]) -> None:
    arrays = {name: _as_array(name, value, expected[name]) for name, value in got.items()}
    for name, array in arrays.items():
        _expect_shape(name, array, np.asarray(expected[name]))
    right = [name for name, array in arrays.items() if _close(array, np.asarray(expected[name])).all()]
    others = f" {_listed(right)} {'is' if len(right) == 1 else 'are'} right." if right else ""
    for name, array in arrays.items():
        _expect_numbers(name, array, np.asarray(expected[name]), others)


def _as_array(name: str, value: object, expected: object) -> Array:
    if value is None:
        raise AnswerError(f"{name} is None: is there a `return`?" if "[" not in name else f"{name} is None.")
    if isinstance(expected, np.ndarray) and not isinstance(value, np.ndarray):
        # The sum of no rows, or a dot product where a matrix was meant, is a number: its shape tells more than its type.
        if not isinstance(value, (int, float, np.generic)):
            raise AnswerError(f"{name} is {_kind(value)}, expected is a NumPy array of shape {expected.shape}.")
    elif not isinstance(value, (np.ndarray, int, float, np.generic)):
        raise AnswerError(f"{name} is {_kind(value)}, expected is a number.")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise AnswerError(f"{name} has the dtype {array.dtype}, expected are numbers.")
    if isinstance(expected, np.ndarray) and expected.dtype.kind in "iu" and array.dtype.kind not in "iu":
        raise AnswerError(f"{name} has the dtype {array.dtype}, expected are whole numbers, such as dtype=int.")
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        raise AnswerError(f"{name} has the dtype {array.dtype}, but the inputs have float64: keep their precision.")
    return array


def _expect_shape(name: str, got: Array, expected: Array) -> None:
    if got.shape == expected.shape:
        return
    if not expected.shape:
        raise AnswerError(f"{name} has the shape {got.shape}, expected is one number.")
    transposed = got.ndim == 2 and got.T.shape == expected.shape and bool(_close(got.T, expected).all())
    remark = " It is the right answer, transposed." if transposed else ""
    raise AnswerError(f"{name} has the shape {got.shape}, expected {expected.shape}.{remark}")


def _expect_numbers(name: str, got: Array, expected: Array, others: str) -> None:
    """others: what to say of the other arrays, which tells where to look."""
    close = _close(got, expected)
    if close.all():
        return
    with np.errstate(all="ignore"):
        distance = np.where(np.isfinite(got), np.abs(got.astype(float) - expected), np.inf)
    distance = np.where(close, -1.0, distance)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(distance), got.shape))
    place = f"{name}[{', '.join(map(str, worst))}]" if worst else name
    count = f" {np.count_nonzero(~close)} of {got.size} numbers are wrong." if got.size > 1 else ""
    said = _two_numbers(expected[worst], got[worst])
    sentence = f"{place} is wrong: expected {said[0]}, got {said[1]}.{count}{_remark(got, expected)}{others}"
    raise AnswerError(sentence, Wrong(name, got, close, worst, said))


def _close(got: Array, expected: Array) -> Array:
    largest = float(np.abs(expected).max(initial=0.0))
    with np.errstate(all="ignore"):
        close: Array = np.abs(got.astype(float) - expected) <= RELATIVE * largest + ABSOLUTE  # false for NaN
    return close


def _remark(got: Array, expected: Array) -> str:
    """What a whole wrong array has in common with the right one."""
    if got.size < 2 or not np.isfinite(got).all():
        return ""
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _close(got.T, expected).all():
        return " It is the right answer, transposed."
    factor = float(np.vdot(got, expected)) / max(float(np.vdot(expected, expected)), 1e-300)
    if factor == 0 or not np.any(expected) or not _close(got / factor, expected).all():
        return ""
    return (
        " Only the sign is wrong." if abs(factor + 1) < 1e-6 else f" All of it is {factor:.4g} times the right answer."
    )


def _two_numbers(expected: Any, got: Any) -> tuple[str, str]:
    """With as many digits as it takes to tell them apart."""
    for digits in (5, 9, 17):
        texts = tuple(f"{x + 0.0:.{digits}g}" if x.dtype.kind == "f" else str(x) for x in (expected, got))
        if texts[0] != texts[1]:
            break
    return texts[0], texts[1]


def _listed(names: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
