"""Ranks as threads of one process: enough of an MPI communicator for what sends arrays, in tests that need no mpirun."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np


class Communicator:
    """One rank's end of it. Each call leaves what it has where all can see it, and waits for the others before and after."""

    def __init__(self, rank: int, seen: list[Any], barrier: Barrier) -> None:
        self._rank, self._seen, self._barrier = rank, seen, barrier
        self.received = 0

    def Get_rank(self) -> int:  # noqa: N802
        return self._rank

    def Get_size(self) -> int:  # noqa: N802
        return len(self._seen)

    def _from_all(self, ours: Any) -> list[Any]:
        self._barrier.wait()
        self._seen[self._rank] = ours
        self._barrier.wait()
        return list(self._seen)

    def Allgather(self, ours: np.ndarray, every: np.ndarray) -> None:  # noqa: N802
        every.reshape(len(self._seen), -1)[...] = self._from_all(ours.copy())

    def Allgatherv(self, ours: np.ndarray, every: Any) -> None:  # noqa: N802
        array, counts = every
        found = self._from_all(ours.copy())
        assert [len(each.reshape(-1)) for each in found] == list(counts)
        array.reshape(-1)[...] = np.concatenate([each.reshape(-1) for each in found])
        self.received += array.nbytes - ours.nbytes

    def Allreduce(self, ours: np.ndarray, sums: np.ndarray) -> None:  # noqa: N802
        sums[...] = sum(self._from_all(ours.copy()))

    def Alltoallv(self, ours: Any, every: Any) -> None:  # noqa: N802
        array, counts = ours
        pieces = np.split(array.reshape(-1).copy(), np.cumsum(counts)[:-1])
        found = [each[self._rank] for each in self._from_all(pieces)]
        assert [len(each) for each in found] == list(every[1])
        every[0].reshape(-1)[...] = np.concatenate(found)
        self.received += every[0].nbytes - pieces[self._rank].nbytes


def on_ranks(count: int, work: Callable[[Communicator], Any]) -> list[Any]:
    """What `work` returns on each of so many ranks."""
    seen: list[Any] = [None] * count
    barrier = Barrier(count, timeout=10)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda rank: work(Communicator(rank, seen, barrier)), range(count)))
