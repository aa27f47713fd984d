"""Memory that is used again in the next step.

The operating system hands out fresh memory page by page and fills it with zeros, each time. A training step uses some
200 MB in large arrays, so taking them fresh costs more than the arithmetic on them. The workspace keeps the memory instead and
hands it out again once nobody looks at it any more. It knows that from Python's own count of references, so there is nothing to
give back and an array stays valid for as long as anyone holds it.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from operator import attrgetter
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

SMALL = 1 << 16  # bytes; below this fresh memory costs nothing
LINE = 64  # bytes of a cache line; rows that start on one are read in fewer steps
HEADROOM = 1.2  # batches differ a little in size


class _Block(NamedTuple):
    """size: bytes.    start: the first that begins a cache line.    memory: all of them."""

    size: int
    start: int
    memory: NDArray[np.uint8]


class Workspace:
    """Keeps large blocks of memory and hands them out as arrays."""

    def __init__(self) -> None:
        self._lock = Lock()
        # A block that nobody uses tells how many references such a block has.
        self._blocks = [_Block(0, 0, np.empty(0, dtype=np.uint8))]  # by size
        self._count_when_free = self._references(0)
        self._blocks.clear()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array with arbitrary contents, like np.empty."""
        dtype = np.dtype(dtype)
        size = math.prod(shape) * dtype.itemsize
        if size < SMALL:
            return np.empty(shape, dtype)
        with self._lock:
            _, start, memory = self._blocks[self._free_block(size + LINE)]
            return np.ndarray(shape, dtype, memory, start)

    def _free_block(self, size: int) -> int:
        """The number of the smallest free block that has this size."""
        fitting = self._place(size)
        for i in range(fitting, len(self._blocks)):
            if self._references(i) == self._count_when_free:
                return i
        for i in reversed(range(fitting)):  # all free ones are too small: the largest makes room for its successor
            if self._references(i) == self._count_when_free:
                del self._blocks[i]
                break
        memory = np.empty(int(size * HEADROOM), dtype=np.uint8)
        place = self._place(memory.nbytes)
        self._blocks.insert(place, _Block(memory.nbytes, -memory.ctypes.data % LINE, memory))
        return place

    def _place(self, size: int) -> int:
        return bisect_left(self._blocks, size, key=attrgetter("size"))

    def _references(self, i: int) -> int:
        return sys.getrefcount(self._blocks[i].memory)


workspace = Workspace()
"""The one all kernels share."""
