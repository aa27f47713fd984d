"""Lesson 13: sums by sorting, lane order, products made once."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.kernels.engine.lane_order import to_head_order as package_head_order
from nrms_np.kernels.engine.lane_order import to_lane_order as package_lane_order


class Counted(np.ndarray[Any, Any]):
    """An array that notes how many multiplications its matrix products take."""

    multiplications = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Count, then compute with plain arrays."""
        plain = [np.asarray(value) for value in inputs]
        if "out" in options:
            options["out"] = tuple(np.asarray(out) for out in options["out"])
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            Counted.multiplications += result.size * plain[0].shape[-1]
        return result


def check_add_into_rows(add_into_rows: Function) -> None:
    """Rows that nothing refers to, at the ends too; no reference at all."""
    rng = np.random.default_rng([13, 0])
    for index in (np.array([3, 1, 5, 1, 3, 3, 1]), np.zeros(0, dtype=int)):
        values = rng.standard_normal((len(index), 4))
        total = np.zeros((8, 4))
        for t, row in enumerate(index):
            total[row] += values[t]
        expect(add_into_rows(values, index, 8), sums=total)


def check_lane_order(to_lane_order: Function) -> None:
    """By eye, at random, one head."""
    expect(to_lane_order(np.array([[10, 11, 12, 20, 21, 22]]), 2), lanes=np.array([[10, 20, 11, 21, 12, 22]]))
    W = np.random.default_rng([13, 1]).standard_normal((5, 12))
    expect(to_lane_order(W, 3), lanes=package_lane_order(W, 3))
    expect(to_lane_order(W, 1), lanes=W)


def check_head_order(to_head_order: Function) -> None:
    """By eye, at random, one head."""
    expect(to_head_order(np.array([[10, 20, 11, 21, 12, 22]]), 2), heads=np.array([[10, 11, 12, 20, 21, 22]]))
    W = np.random.default_rng([13, 2]).standard_normal((5, 12))
    expect(to_head_order(W, 3), heads=package_head_order(W, 3))
    expect(to_head_order(W, 1), heads=W)


def check_project_backward(project_once_backward: Function) -> None:
    """Against differences; then the number of multiplications; then no reference at all."""
    rng = np.random.default_rng([13, 3])
    table, W = rng.standard_normal((4, 3)), rng.standard_normal((3, 5))
    index = rng.integers(0, 3, 30)
    dy = rng.standard_normal((30, 5))
    right = gradients(lambda table, W: (table @ W)[index], dy, d_table=table, dW=W)
    expect(project_once_backward(dy, table, index, W), **right)
    Counted.multiplications = 0
    project_once_backward(dy, table.view(Counted), index, W.view(Counted))
    if Counted.multiplications > 2 * 4 * 3 * 5:
        raise AnswerError(
            f"The gradients are right, but the products took {Counted.multiplications} multiplications where 120 are "
            "enough: add the 30 rows of dy into 4 rows first, then multiply."
        )
    nothing = project_once_backward(dy[:0], table, index[:0], W)
    expect(nothing, d_table=np.zeros((4, 3)), dW=np.zeros((3, 5)))


TASKS = {
    "add_into_rows": Task(
        check_add_into_rows,
        "order = np.argsort(index, kind='stable') sorts the references. np.searchsorted(index[order], np.arange(rows + 1)) "
        "says where each row's stretch starts and ends; a stretch may be empty.",
    ),
    "to_lane_order": Task(
        check_lane_order,
        "reshape(D, H, d) gives the columns two numbers, k and c. Let the two axes change places, then reshape to (D, H·d).",
    ),
    "to_head_order": Task(check_head_order, "In lane order c is the outer number: reshape(D, d, H) this time."),
    "project_once_backward": Task(
        check_project_backward,
        "Name the middle: P = table W, y = P[index]. Looking up passes back a sum into rows, dP; the product passes back "
        "dP Wᵀ and tableᵀ dP.",
    ),
}
