r"""Adam (Kingma and Ba, 2015): steps along the gradient, each number at its own pace.

.. math::
    m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2

.. math::
    \theta_t = \theta_{t-1} - \eta \,
    \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}

m is a running mean of the gradient and v of its square. Both start at zero and would stay too small for a while; the divisions
by 1 − βᵗ undo that.

Word vectors are special: a batch touches few of them, and the gradients of all others are zero. There are two ways:

- lazy: only the touched rows, their m and their v move; the other rows keep m and v as they are. PyTorch's SparseAdam does the
  same, and adds ε before the correction of v instead of after it; so do we for rows, so that both optimisers can be compared
  number by number.
- not lazy: the formula for every row. A row that was touched goes on moving by its old m, which shrinks by β₁ a step: its first
  gradient moves it about 1 / (1 − β₁) = 10 times as far as lazily, where it does not come again soon. PyTorch's Adam does this,
  and Keras's, whose ε is 1e-7 and stands before the correction of v.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled
from nrms_np.kernels.engine.parallel import even_bounds, run_each
from nrms_np.packed import RowGradient

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
TINY = 1e-30
"""Running means of untouched rows below this are set to 0: ε is far larger, and tiny numbers make some processors slow."""

NUMBERS_PER_TASK = 1 << 19
ROWS_PER_TASK = 1024


class Adam:
    """The optimiser and its state.

    m, v:  running means by the parameters' names, of their shapes.
    steps: how many steps were made; t in the formula.
    lazy:  whether only the rows that a RowGradient has move, and not the whole table.
    """

    def __init__(self, parameters: dict[str, Array], learning_rate: float, *, lazy: bool = True) -> None:
        self.learning_rate, self.lazy = learning_rate, lazy
        self.m = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.v = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.state = {"m": self.m, "v": self.v}  # what a checkpoint keeps besides the steps
        self.steps = 0

    def step(self, parameters: dict[str, Array], gradients: dict[str, Array | RowGradient]) -> None:
        """Move the parameters, in place, one step against their gradients.

        gradients: by the parameters' names, of their shapes, or as a RowGradient.
        """
        self.steps += 1
        rate = self.learning_rate / (1 - BETA_1**self.steps)
        scale = float(np.sqrt(1 - BETA_2**self.steps))
        tasks: list[Callable[[], object]] = []
        for name, gradient in gradients.items():
            state, number = [parameters[name], self.m[name], self.v[name]], parameters[name].dtype.type
            if isinstance(gradient, RowGradient) and not self.lazy:
                at = np.full(len(parameters[name]), -1)
                at[gradient.rows] = np.arange(len(gradient.rows))
                constants = [number(value) for value in (rate, 1 / scale, EPSILON)]
                tasks += parts_of(_update_table, [at, *state], [gradient.values, *constants], ROWS_PER_TASK)
            elif isinstance(gradient, RowGradient):
                constants = [number(value) for value in (rate, 1 / scale, EPSILON / scale)]
                tasks += parts_of(_update_rows, [*gradient], [*state, *constants], ROWS_PER_TASK)
            else:
                constants = [number(value) for value in (rate, 1 / scale, EPSILON)]
                flat = [array.reshape(-1) for array in (gradient, *state)]
                tasks += parts_of(_update, flat, constants, NUMBERS_PER_TASK)
        run_each(tasks)


def parts_of(
    loop: Callable[..., None], cut: Sequence[Array | IntArray], whole: list[Any], size: int
) -> Iterator[Callable[[], object]]:
    """The calls of a loop on parts of `cut`, arrays of one length, and on all of `whole`."""
    for first, last in pairwise(even_bounds(len(cut[0]), size)):
        yield partial(loop, *(array[first:last] for array in cut), *whole)


def _update_whole(
    gradient: Array, parameter: Array, m: Array, v: Array, rate: Any, correction: Any, epsilon: Any
) -> None:
    one, beta_1, beta_2 = m.dtype.type(1), m.dtype.type(BETA_1), m.dtype.type(BETA_2)
    m[:] = beta_1 * m + (one - beta_1) * gradient
    v[:] = beta_2 * v + (one - beta_2) * gradient * gradient
    parameter -= rate * m / (np.sqrt(v) * correction + epsilon)


def _update_each(
    gradient: Array, parameter: Array, m: Array, v: Array, rate: Any, correction: Any, epsilon: Any
) -> None:
    """The same in one pass over the memory, which takes a quarter of the time once it is compiled."""
    one, beta_1, beta_2 = m.dtype.type(1), m.dtype.type(BETA_1), m.dtype.type(BETA_2)
    for i in range(len(parameter)):
        g = gradient[i]
        m[i] = beta_1 * m[i] + (one - beta_1) * g
        v[i] = beta_2 * v[i] + (one - beta_2) * g * g
        parameter[i] -= rate * m[i] / (np.sqrt(v[i]) * correction + epsilon)


_update = compiled(_update_each, otherwise=_update_whole)


@compiled
def _update_rows(
    rows: IntArray, values: Array, parameter: Array, m: Array, v: Array, rate: Any, correction: Any, epsilon: Any
) -> None:
    for i in range(len(rows)):
        row = rows[i]
        _update(values[i], parameter[row], m[row], v[row], rate, correction, epsilon)


def _update_table_whole(
    at: IntArray, parameter: Array, m: Array, v: Array, values: Array, rate: Any, correction: Any, epsilon: Any
) -> None:
    gradient = np.zeros_like(parameter)
    gradient[at >= 0] = values[at[at >= 0]]
    _update(gradient, parameter, m, v, rate, correction, epsilon)
    m[np.abs(m) < TINY] = 0
    v[v < TINY] = 0


@compiled
def _fade(parameter: Array, m: Array, v: Array, rate: Any, correction: Any, epsilon: Any) -> None:
    """The same as `_update` where the gradient is zero."""
    zero, beta_1, beta_2 = m.dtype.type(0), m.dtype.type(BETA_1), m.dtype.type(BETA_2)
    for i in range(len(parameter)):
        m[i] = zero if abs(m[i]) < TINY else beta_1 * m[i]
        v[i] = zero if v[i] < TINY else beta_2 * v[i]
        parameter[i] -= rate * m[i] / (np.sqrt(v[i]) * correction + epsilon)


def _update_table_each(
    at: IntArray, parameter: Array, m: Array, v: Array, values: Array, rate: Any, correction: Any, epsilon: Any
) -> None:
    """All rows.

    at: where in `values` a row's gradient stands, or -1 where it is zero.
    """
    for row in range(len(at)):
        if at[row] >= 0:
            _update(values[at[row]], parameter[row], m[row], v[row], rate, correction, epsilon)
        else:
            _fade(parameter[row], m[row], v[row], rate, correction, epsilon)


_update_table = compiled(_update_table_each, otherwise=_update_table_whole)
