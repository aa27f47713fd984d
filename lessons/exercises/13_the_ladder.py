"""Exercises of lesson 13: less work, and numbers in the right place.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 13`.
"""

import numpy as np


def add_into_rows(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Sum values[t] over all t with index[t] = row, for each row, without np.add.at.

    Sort the references by row, so that all that goes into one row stands together; then sum each stretch.

    values: (N, n).    index: (N,) row numbers, in no order.    rows: how many rows there are; some are never referred to.

    Returns (rows, n).
    """
    raise NotImplementedError


def to_lane_order(W: np.ndarray, heads: int) -> np.ndarray:
    """Reorder the columns of W so that the same number of all heads stands side by side.

    W: (D, H·d) in head order: number c of head k is column k·d + c.    heads: H.

    Returns (D, H·d) in lane order: number c of head k is column c·H + k.
    """
    raise NotImplementedError


def to_head_order(W: np.ndarray, heads: int) -> np.ndarray:
    """Undo to_lane_order.

    W: (D, H·d) in lane order.    heads: H.

    Returns (D, H·d) in head order.
    """
    raise NotImplementedError


def project_once_backward(
    dy: np.ndarray, table: np.ndarray, index: np.ndarray, W: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Backward of y = (table W)[index]: each row of the table is multiplied once, however often it is looked up.

    First add dy into rows, then multiply: the products have `rows` rows and not N. You may call your add_into_rows.

    dy: (N, m) gradient of the loss with respect to y.    table: (rows, D).    index: (N,) row numbers.    W: (D, m).

    Returns d_table (rows, D), dW (D, m).
    """
    raise NotImplementedError
