"""The size of a step's gradients, all together, and how it is kept in bounds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import numpy as np

from nrms_np.arrays import Array
from nrms_np.kernels.engine.parallel import even_bounds, run, run_each
from nrms_np.packed import RowGradient

Gradients = Mapping[str, Array | RowGradient]

NUMBERS_PER_TASK = 1 << 19


def norm(gradients: Gradients) -> float:
    r"""The Euclidean norm of all gradients as one vector, :math:`\sqrt{\sum g^2}`; inf or NaN where they hold such.

    The arrays are summed in parts, these in float32 at least, the sums of the parts in float64. Rows that a RowGradient leaves out
    are zero.
    """
    parts = _parts(gradients)
    squares = np.zeros(len(parts))

    def task(first: int, last: int) -> None:
        for i in range(first, last):
            squares[i] = np.vdot(parts[i], parts[i])

    run(task, list(range(len(parts) + 1)))
    return float(np.sqrt(squares.sum()))


def clip(gradients: Gradients, size: float, largest: float) -> None:
    """Scale all gradients down in place, by the same factor, so that their norm is `largest` where it is more.

    size: their norm.
    """
    if size > largest:
        run_each([partial(np.multiply, part, part.dtype.type(largest / size), out=part) for part in _parts(gradients)])


def _parts(gradients: Gradients) -> list[Array]:
    """Views of all the gradients' numbers, in parts for the threads."""
    return [
        flat[first:last]
        for flat in map(_flat, gradients.values())
        for first, last in pairwise(even_bounds(len(flat), NUMBERS_PER_TASK))
    ]


def _flat(gradient: Array | RowGradient) -> Array:
    values = gradient.values if isinstance(gradient, RowGradient) else gradient
    assert values.flags.c_contiguous, "a copy would be scaled in place of the gradient"
    return values.reshape(-1)
