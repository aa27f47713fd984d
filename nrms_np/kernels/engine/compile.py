"""How loops are compiled: the one place for Numba's options.

Numba keeps compiled loops on disk and compiles them anew when the file of the function changes. But the loops are also made
of functions of other files, such as those of `lanes`. So they are kept in a folder whose name is computed from all the files of
nrms_np: after any change the old ones are not found any more.

Without Numba the loops run as plain Python: right, and slow.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

numba: Any = import_module("numba") if find_spec("numba") else None

Loop = TypeVar("Loop", bound=Callable[..., Any])

MAY_CHANGE = ("contract", "reassoc", "nsz")
"""What the compiler may do to sums: make one instruction of a product and an addition, reorder, forget the sign of a zero."""


def compiled(loop: Loop, otherwise: Loop | None = None, fused: bool = False) -> Loop:
    """Compile a loop that keeps the order of its additions; other threads run meanwhile.

    otherwise: what is quicker than the loop where nothing is compiled.
    fused:     whether a product and an addition may become one instruction, which rounds once.
    """
    return _compiled(loop, fastmath={"contract"} if fused else False) if numba or otherwise is None else otherwise


def compiled_freely(loop: Loop) -> Loop:
    """Compile a loop whose sums may be reordered, which lets several numbers be added at once."""
    return _compiled(loop, fastmath={*MAY_CHANGE, "arcp"})


def inlined(loop: Loop) -> Loop:
    """Mark a function that becomes a part of the loops that call it.

    It is not compiled on its own: a compiled function that uses another one made inside a function is not found on disk again.
    """
    if numba is None:
        return loop
    return numba.extending.register_jitable(nogil=True, error_model="numpy", forceinline=True)(loop)


def _compiled(loop: Loop, fastmath: Any) -> Loop:
    if numba is None:
        return loop
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_folder_of_loops(before))  # where Numba looks for a loop is settled when it is made
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=fastmath)(loop)
    finally:
        numba.config.CACHE_DIR = before


@cache
def _folder_of_loops(given: str) -> Path:
    """given: NUMBA_CACHE_DIR where that is set; else the loops are kept beside Python's own compiled files."""
    here, package = Path(__file__).parent, Path(__file__).parents[2]
    digest = blake2b(digest_size=8)
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    folder = Path(given or here / "__pycache__") / f"loops-{digest.hexdigest()}"
    if not given:
        for old in folder.parent.glob("loops-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return folder
