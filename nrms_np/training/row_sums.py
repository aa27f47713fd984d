"""The sum over all ranks of a gradient of which each has some rows.

If every rank got all rows of all others, what comes in would grow with the ranks, and each would do the same additions. So the
table is cut into as many parts as there are ranks. Each rank gets the rows of one part from all others, adds them up in the
order of the ranks, so that the sum is the same whoever makes it, and all get all sums: each word once, for any number of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.packed import RowGradient

NO_ROW = np.iinfo(np.int32).max
"""Greater than the number of any row."""


def sum_of_rows(world: Any, ours: RowGradient) -> RowGradient:
    """The sum of the ranks' gradients of one table, the same numbers on each rank.

    world: their communicator (`mpi4py.MPI.Comm`).
    """
    rank, width = world.Get_rank(), ours.values.shape[1]
    lengths = lengths_of_all(world, len(ours.rows))
    rows = end_to_end(world, ours.rows.astype(np.int32), lengths)
    used, cuts = parts_of(rows, world.Get_size())
    limits = np.append(used, NO_ROW)[cuts]  # the rows from limits[r] to limits[r + 1] are those of rank r
    mine = used[cuts[rank] : cuts[rank + 1]]
    ends = np.cumsum(lengths).tolist()
    of_ranks = [rows[first:last] for first, last in pairwise([0, *ends])]
    arriving = [each[slice(*np.searchsorted(each, limits[rank : rank + 2]))] for each in of_ranks]
    sent = np.diff(np.searchsorted(ours.rows, limits))
    values = np.empty((sum(map(len, arriving)), width), ours.values.dtype)
    world.Alltoallv(
        (np.ascontiguousarray(ours.values), (sent * width).tolist()),
        (values, [len(each) * width for each in arriving]),
    )
    sums, start = np.zeros((len(mine), width), values.dtype), 0
    for each in arriving:  # in one rank's rows each stands once
        sums[np.searchsorted(mine, each)] += values[start : start + len(each)]
        start += len(each)
    return RowGradient(used, end_to_end(world, sums, np.diff(cuts).tolist()))


def parts_of(rows: IntArray, parts: int) -> tuple[IntArray, list[int]]:
    """Cut the rows that occur into parts of about as much work.

    rows: (total,) the row numbers of all ranks.
    Returns (used, cuts): the distinct rows, ascending, and where in them each part starts, with the end. What comes in for a part
    and what goes out are each at most twice an even share, and a row's: frequent words come from every rank, others from one.
    """
    named = np.bincount(rows).astype(np.int64)
    used = np.flatnonzero(named).astype(np.int32)
    effort = np.cumsum(named[used] * len(used) + len(rows))  # half of it in all is of the rows that come in
    return used, np.searchsorted(effort, effort[-1:].sum() * np.arange(parts + 1) // parts, side="right").tolist()


def lengths_of_all(world: Any, ours: int) -> list[int]:
    """Every rank's number, in the order of the ranks."""
    every = np.empty(world.Get_size(), np.int64)
    world.Allgather(np.array([ours], np.int64), every)
    return every.tolist()


def end_to_end(world: Any, ours: np.ndarray[Any, Any], lengths: list[int]) -> np.ndarray[Any, Any]:
    """The arrays of all ranks joined along the first axis, in the order of the ranks.

    lengths: of each of them.
    """
    every: np.ndarray[Any, Any] = np.empty((sum(lengths), *ours.shape[1:]), ours.dtype)
    width = int(np.prod(ours.shape[1:]))
    world.Allgatherv(np.ascontiguousarray(ours), (every, [length * width for length in lengths]))
    return every
