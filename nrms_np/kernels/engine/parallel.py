"""One pool of threads for everything: the attention loops and the matrix products.

NumPy's BLAS has threads of its own, which keep a core busy while they wait for more work. Two kinds of threads on two
cores get in each other's way, so while the kernels run, BLAS is held to one thread and our threads call it on parts
of the matrices. Numba's loops and NumPy's functions both let other threads run meanwhile (they release the GIL).

The parts depend on the sizes only, never on the number of threads, and neither do the results.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from itertools import pairwise
from threading import Lock, local
from typing import Any

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.errors import NestedRunError
from nrms_np.kernels.engine.workspace import workspace

ROWS_PER_PART = 1024
TERMS_PER_PART = 4096
SMALL_PRODUCT = 100_000  # multiplications; below this a product is done before a thread has woken up


def available_threads() -> int:
    """The number of processors this process may use."""
    if sys.platform == "emscripten":  # in a browser there are no threads
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_threads = available_threads()
_one_run_at_a_time = Lock()  # the number of BLAS threads is one for the whole process
_this_thread = local()


def set_threads(number: int) -> None:
    """Use so many threads from now on, for our own loops and for NumPy's products."""
    global _threads
    _threads = number
    limit_blas(number)


def threads_in_use() -> int:
    """The number of threads that `set_threads` set, or all there are."""
    return _threads


def run(task: Callable[[int, int], object], bounds: list[int]) -> None:
    """Call task(bounds[i], bounds[i + 1]) for every i, on all threads.

    The tasks must not write to the same places. An exception in one of them is raised here.
    Raises NestedRunError when a task calls it: the threads are busy, and it would wait for them forever.
    """
    if getattr(_this_thread, "is_in_a_task", False):
        raise NestedRunError("a task called parallel.run, whose threads are all busy with tasks; call it from outside.")
    with _one_run_at_a_time, limit_blas(1):
        parts = list(pairwise(bounds))
        todo = iter(parts)  # shared: each thread takes the next part when it is done with one

        def work() -> None:
            _this_thread.is_in_a_task = True
            try:
                for first, last in todo:
                    task(first, last)
            finally:
                _this_thread.is_in_a_task = False

        helpers = [_pool(_threads).submit(work) for _ in range(min(_threads, len(parts)) - 1)]
        try:
            work()
        finally:
            wait(helpers)
        for helper in helpers:
            helper.result()


def even_bounds(count: int, size: int) -> list[int]:
    """Cut `count` things into parts of about `size`: where each part starts, and the end."""
    parts = max(1, round(count / size))
    return [count * i // parts for i in range(parts + 1)]


def sequence_bounds(offsets: IntArray, size: int) -> list[int]:
    """Cut sequences into parts of about `size` rows or pairs: the number of the sequence where each starts, and the end.

    At least four parts, so that threads finish together, unless they would be tiny. offsets: (n + 1,).
    """
    total, count = int(offsets[-1]), len(offsets) - 1
    parts = max(1, min(4, 8 * total // size), round(total / size))
    places = total * np.arange(1.0, parts) / parts  # as floats: the products may pass 2^31
    cuts = np.unique(np.searchsorted(offsets, places))
    return [0, *cuts[(cuts > 0) & (cuts < count)].tolist(), count]


def matmul(a: Array, b: Array) -> Array:
    """The product a · b, in an array of the workspace; in parts, on all threads.

    A tall a is cut into groups of rows. A wide one, as in the gradient of a weight, is cut along the sum: each part of the
    columns gives a whole product, and these are added up. The parts are large, for the sake of BLAS, and so few for a batch of
    64 that more than four threads have little to do.

    a: (n, k).    b: (k, m).    Returns (n, m).
    """
    n, k, m = a.shape[0], a.shape[1], b.shape[1]
    out = workspace.empty((n, m), a.dtype)
    if n * k * m < SMALL_PRODUCT:
        return np.dot(a, b, out=out)
    if k > 2 * n:
        bounds = even_bounds(k, min(TERMS_PER_PART, -(-k // 4)))
        products = workspace.empty((len(bounds) - 1, n, m), a.dtype)
        run(lambda i, j: np.dot(a[:, i:j], b[i:j], out=products[bounds.index(i)]), bounds)
        run(lambda i, j: np.sum(products[:, i:j], axis=0, out=out[i:j]), even_bounds(n, -(-n // 4)))
    else:
        run(lambda i, j: np.dot(a[i:j], b, out=out[i:j]), even_bounds(n, min(ROWS_PER_PART, -(-n // 2))))
    return out


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="nrms")


@cache
def _blas() -> Any:
    """What sets the number of BLAS threads; None where it is not installed, as in a browser."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def limit_blas(number: int) -> AbstractContextManager[Any]:
    """Hold BLAS to so many threads from now on, or to the end of a `with`."""
    blas = _blas()
    return nullcontext() if blas is None else blas.limit(limits=number, user_api="blas")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of its parent's threads
