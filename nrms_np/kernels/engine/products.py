"""The matrix products, in parts on all threads.

BLAS copies both factors of a product into an order of its own. A product cut in two along its rows copies all of the right factor
twice, cut along its columns all of the left factor, and cut along the sum it gives two whole results, which are added up. So each
is cut where the copies cost least, and no finer than sixteen threads need.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise, product

import numpy as np

from nrms_np.arrays import Array
from nrms_np.kernels.engine.parallel import TOGETHER, even_bounds, run_each
from nrms_np.kernels.engine.workspace import workspace

SMALL_PRODUCT = 100_000  # multiplications; below this a product is done before a thread has woken up
SMALL_PART = 4_000_000  # a tenth of a millisecond
LARGE_PART = 300_000_000  # parts above this are cut once more: by then the copies cost little
LINE = 16  # cuts are at multiples of it, because BLAS computes in blocks
ROWS_PER_SUM = 32


def matmul(a: Array, b: Array) -> Array:
    """The product a · b, in an array of the workspace; in parts, on all threads.

    a: (n, k).    b: (k, m).    Returns (n, m).
    """
    return matmuls((a, b))[0]


def matmuls(*factors: tuple[Array, Array]) -> list[Array]:
    """The product a · b of each pair (a, b). The parts of all are done side by side, so there are fewer of each."""
    results, parts, sums = [], [], []
    for a, b in factors:
        n, k, m = a.shape[0], a.shape[1], b.shape[1]
        out = workspace.empty((n, m), a.dtype)
        results.append(out)
        if n * k * m < SMALL_PRODUCT:
            np.dot(a, b, out=out)
            continue
        rows, columns, terms = grid(n, k, m, TOGETHER // len(factors))
        along_sum = _pieces(k, terms)
        addends = workspace.empty((len(along_sum), n, m), a.dtype) if len(along_sum) > 1 else out[None]
        for (addend, inner), i, j in product(
            zip(addends, along_sum, strict=True), _pieces(n, rows), _pieces(m, columns)
        ):
            parts.append(partial(np.matmul, a[i, inner], b[inner, j], out=addend[i, j]))
        if len(along_sum) > 1:
            for first, last in pairwise(even_bounds(n, ROWS_PER_SUM)):
                sums.append(partial(np.sum, addends[:, first:last], axis=0, out=out[first:last]))
    for tasks in (parts, sums):
        if tasks:
            run_each(tasks)
    return results


def grid(n: int, k: int, m: int, parts: int) -> tuple[int, int, int]:
    """In how many pieces to cut the rows, the columns and the sum of a product (n, k) · (k, m), all powers of 2.

    parts: how many parts there should be in all; there are more where they would be large, and fewer where they would be small.
    """
    while n * k * m > parts * LARGE_PART:
        parts *= 2
    while parts > 1 and n * k * m < parts * SMALL_PART:
        parts //= 2
    powers = [1 << i for i in range(parts.bit_length())]
    ways = [
        (rows, columns, parts // (rows * columns)) for rows in powers for columns in powers if rows * columns <= parts
    ]
    return min(ways, key=lambda way: way[1] * n * k + way[0] * k * m + (2 * way[2] * n * m if way[2] > 1 else 0))


def _pieces(length: int, count: int) -> list[slice]:
    """Cut a side into `count` pieces, or fewer where it is short."""
    cuts = sorted({*(length * i // count // LINE * LINE for i in range(count)), length})
    return [slice(first, last) for first, last in pairwise(cuts)]
