"""Exercises of lesson 13: less work, and numbers in the right place."""

import numpy as np


def add_into_rows(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Sum values[t] over all t with index[t] = row, for each row, without np.add.at.

    Sort the references by row, so that all that goes into one row stands together; then sum each stretch.

    values: (N, n).    index: (N,) row numbers, in no order.    rows: how many rows there are; some are never referred to.

    Returns (rows, n).
    """
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(rows + 1))
    total = np.zeros((rows, values.shape[1]))
    for row in range(rows):
        total[row] = values[order[starts[row] : starts[row + 1]]].sum(axis=0)
    return total


def to_lane_order(W: np.ndarray, heads: int) -> np.ndarray:
    """Reorder the columns of W so that the same number of all heads stands side by side.

    W: (D, H·d) in head order: number c of head k is column k·d + c.    heads: H.

    Returns (D, H·d) in lane order: number c of head k is column c·H + k.
    """
    D, width = W.shape
    return W.reshape(D, heads, width // heads).transpose(0, 2, 1).reshape(D, width)


def to_head_order(W: np.ndarray, heads: int) -> np.ndarray:
    """Undo to_lane_order.

    W: (D, H·d) in lane order.    heads: H.

    Returns (D, H·d) in head order.
    """
    D, width = W.shape
    return W.reshape(D, width // heads, heads).transpose(0, 2, 1).reshape(D, width)


def project_once_backward(
    dy: np.ndarray, table: np.ndarray, index: np.ndarray, W: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Backward of y = (table W)[index]: each row of the table is multiplied once, however often it is looked up.

    First add dy into rows, then multiply: the products have `rows` rows and not N. You may call your add_into_rows.

    dy: (N, m) gradient of the loss with respect to y.    table: (rows, D).    index: (N,) row numbers.    W: (D, m).

    Returns d_table (rows, D), dW (D, m).
    """
    d_projected = add_into_rows(dy, index, len(table))
    return d_projected @ W.T, table.T @ d_projected
