"""The size of a step's gradients, all together, and how it is kept in bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nrms_np.arrays import Array
from nrms_np.packed import RowGradient

Gradients = Mapping[str, Array | RowGradient]


def norm(gradients: Gradients) -> float:
    r"""The Euclidean norm of all gradients as one vector, :math:`\sqrt{\sum g^2}`; inf or NaN where they hold such.

    Each array is summed in float32 at least, the sums of the arrays in float64. Rows that a RowGradient leaves out are zero.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(np.vdot(flat, flat)) for flat in map(_flat, gradients.values()))))


def clip(gradients: Gradients, size: float, largest: float) -> None:
    """Scale all gradients down in place, by the same factor, so that their norm is `largest` where it is more.

    size: their norm.
    """
    if size > largest:
        for gradient in gradients.values():
            flat = _flat(gradient)
            flat *= flat.dtype.type(largest / size)


def _flat(gradient: Array | RowGradient) -> Array:
    values = gradient.values if isinstance(gradient, RowGradient) else gradient
    assert values.flags.c_contiguous, "a copy would be scaled in place of the gradient"
    return values.reshape(-1)
