"""Memory that is used again in the next step.

The operating system hands out fresh memory page by page and fills it with zeros, each time. A training step uses some
200 MB in large arrays, so taking them fresh costs more than the arithmetic on them. The workspace keeps the memory instead and
hands it out again once nobody looks at it any more. It knows that from Python's own count of references, so there is nothing to
give back and an array stays valid for as long as anyone holds it.
"""

from __future__ import annotations

import math
import sys
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

SMALL = 1 << 16  # bytes; below this fresh memory costs nothing
LINE = 64  # bytes of a cache line; rows that start on one are read in fewer steps
HEADROOM = 1.2  # batches differ a little in size


class Workspace:
    """Keeps large blocks of memory and hands them out as arrays."""

    def __init__(self) -> None:
        self._lock = Lock()
        # A block that nobody uses tells how many references such a block has.
        self._blocks: list[NDArray[np.uint8]] = [np.empty(0, dtype=np.uint8)]
        self._count_when_free = self._reference_counts()[0]
        self._blocks.clear()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array with arbitrary contents, like np.empty."""
        dtype = np.dtype(dtype)
        size = math.prod(shape) * dtype.itemsize
        if size < SMALL:
            return np.empty(shape, dtype)
        with self._lock:
            block = self._free_block(size + LINE)
            start = -block.ctypes.data % LINE
            return block[start : start + size].view(dtype).reshape(shape)

    def _free_block(self, size: int) -> NDArray[np.uint8]:
        counts = self._reference_counts()
        free = [i for i, count in enumerate(counts) if count == self._count_when_free]
        fitting = [i for i in free if self._blocks[i].nbytes >= size]
        if fitting:
            return self._blocks[min(fitting, key=lambda i: self._blocks[i].nbytes)]
        if free:  # all too small: the largest makes room for its successor
            del self._blocks[max(free, key=lambda i: self._blocks[i].nbytes)]
        block = np.empty(int(size * HEADROOM), dtype=np.uint8)
        self._blocks.append(block)
        return block

    def _reference_counts(self) -> list[int]:
        return [sys.getrefcount(block) for block in self._blocks]


workspace = Workspace()
"""The one all kernels share."""
