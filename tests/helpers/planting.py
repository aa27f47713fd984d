"""Planting bugs: a copy of a module with one line changed, to see that a test notices."""

from __future__ import annotations

import inspect
from types import ModuleType


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
