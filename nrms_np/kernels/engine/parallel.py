"""One pool of threads for everything: the attention loops and the matrix products.

NumPy's BLAS has threads of its own, which keep a core busy while they wait for more work. Two kinds of threads on two
cores get in each other's way, so while the kernels run, BLAS is held to one thread and our threads call it on parts
of the matrices. Numba's loops and NumPy's functions both let other threads run meanwhile (they release the GIL).

The parts depend on the sizes only, never on the number of threads, and neither do the results.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count, pairwise
from queue import SimpleQueue
from threading import Lock, Thread, local
from typing import Any

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.errors import NestedRunError

TOGETHER = 16
"""The number of parts is a multiple of it: equal parts then end together on 2, 4, 8 and 16 threads."""


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
    _set_blas_threads([number] * len(_blas()))


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
    if len(bounds) < 2:
        return
    with _one_run_at_a_time, limit_blas(1):
        _Run(task, bounds, _helpers(_threads - 1)).whole()


def run_each(tasks: Sequence[Callable[[], object]]) -> None:
    """Call every task once, on all threads; as `run`."""

    def some(first: int, last: int) -> None:
        for task in tasks[first:last]:
            task()

    run(some, list(range(len(tasks) + 1)))


class _Run:
    """What the threads share while they do the tasks of one run: each takes the next part when it is done with one.

    The threads are woken as a tree: the caller wakes two, each of these two more, so that sixteen are awake after four turns.
    The caller waits until all parts are done, not for threads that woke up too late for any.
    """

    def __init__(
        self, task: Callable[[int, int], object], bounds: list[int], helpers: list[SimpleQueue[_Order]]
    ) -> None:
        self.task: Callable[[int, int], object] | None = task
        self.parts = len(bounds) - 1
        self.todo = iter(list(pairwise(bounds)))  # no thread can come between while another takes the next of these two
        self.done = count(1)
        self.helpers = helpers[: self.parts - 1]
        self.errors: list[BaseException] = []
        self.finished = Lock()
        self.finished.acquire()

    def whole(self) -> None:
        """Be the caller."""
        try:
            self.work(0)
            self.finished.acquire()
        finally:
            self.task = None  # a thread that wakes up late must not hold the arrays: the workspace waits for them
        if self.errors:
            raise self.errors[0]

    def work(self, number: int) -> None:
        """Be thread `number`; 0 is the caller."""
        if self.task is None:
            return
        for child in range(2 * number, min(2 * number + 2, len(self.helpers))):
            self.helpers[child].put((self, child + 1))
        _this_thread.is_in_a_task = True
        try:
            for first, last in self.todo:
                try:
                    self.task(first, last)
                except BaseException as error:  # of any task; `whole` raises it
                    self.errors.append(error)
                if next(self.done) == self.parts:
                    self.finished.release()
        finally:
            _this_thread.is_in_a_task = False


def even_bounds(count: int, size: int) -> list[int]:
    """Cut `count` things into parts of about `size`: where each part starts, and the end. As many as `_parts` says."""
    parts = _parts(count, size)
    return [count * i // parts for i in range(parts + 1)]


def sequence_bounds(offsets: IntArray, size: int) -> list[int]:
    """Cut sequences into parts of about `size` rows or pairs: the number of the sequence where each starts, and the end.

    As many as `_parts` says, or fewer where sequences are long. offsets: (n + 1,).
    """
    total, count = int(offsets[-1]), len(offsets) - 1
    parts = _parts(total, size)
    places = total * np.arange(1.0, parts) / parts  # as floats: the products may pass 2^31
    cuts = {*np.searchsorted(offsets, places).tolist()} - {0, count}
    return [0, *sorted(cuts), count]


def _parts(total: int, size: int) -> int:
    """In how many parts of about `size` to cut: a multiple of TOGETHER, so that as many threads as usual end together.

    At least TOGETHER, unless the parts would be tiny, less than an eighth of `size`.
    """
    rounds = max(1, round(total / size / TOGETHER))
    return max(1, min(TOGETHER * rounds, 8 * total // size))


_Order = tuple[_Run, int]


@cache
def _helpers(threads: int) -> list[SimpleQueue[_Order]]:
    """So many threads, each asleep until an order stands in its queue."""
    queues: list[SimpleQueue[_Order]] = [SimpleQueue() for _ in range(threads)]
    for number, orders in enumerate(queues, start=1):
        Thread(target=_obey, args=(orders,), name=f"nrms_{number}", daemon=True).start()
    return queues


def _obey(orders: SimpleQueue[_Order]) -> None:
    while True:
        run, number = orders.get()
        run.work(number)
        del run


@cache
def _blas() -> list[Any]:
    """The BLAS libraries in use; none where what finds them is not installed, as in a browser."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return []
    return [library for library in ThreadpoolController().lib_controllers if library.user_api == "blas"]


@contextmanager
def limit_blas(number: int) -> Iterator[None]:
    """Hold BLAS to so many threads until the end of the `with`."""
    before = [library.num_threads for library in _blas()]
    _set_blas_threads([number] * len(before))
    try:
        yield
    finally:
        _set_blas_threads(before)


def _set_blas_threads(numbers: list[int]) -> None:
    for library, number in zip(_blas(), numbers, strict=True):
        library.set_num_threads(number)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)  # a forked process has none of its parent's threads
