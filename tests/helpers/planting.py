"""Planting bugs: a copy of a module with one line changed, to see that a test notices."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nrms_np.gradcheck import GradientError, check_gradients


def planted(module: ModuleType, old: str, new: str) -> ModuleType:
    """A copy of the module in which `old` is replaced by `new`; `old` must occur exactly once.

    Numba's loops run as plain Python in the copy, so nothing is compiled.
    """
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times in {module.__name__}"
    source = source.replace(old, new)
    source = source.replace("nrms_np.kernels.engine.compile", "tests.helpers.uncompiled")
    copy = ModuleType(module.__name__ + "_with_a_bug")
    exec(compile(source, str(module.__file__), "exec"), copy.__dict__)
    return copy


def assert_caught(module: ModuleType, check: Callable[[ModuleType], None], old: str, new: str) -> None:
    """The check passes for the module as it is, and fails for the copy with the bug."""
    check(module)
    with pytest.raises(GradientError):
        check(planted(module, old, new))


def check_pair(
    inputs: dict[str, np.ndarray],
    forward: Callable[..., tuple[np.ndarray, Any]],
    backward: Callable[[np.ndarray, Any], Sequence[np.ndarray]],
) -> None:
    """Check a backward, which gives the gradients of all inputs in order, against finite differences of its forward."""
    _, cache = forward(**inputs)
    check_gradients(lambda **inputs: forward(**inputs)[0], inputs,
                    lambda upstream: dict(zip(inputs, backward(upstream, cache), strict=True)))  # fmt: skip
