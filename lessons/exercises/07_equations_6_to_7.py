"""Exercises of lesson 07: the same function on news, and gradients that meet.

projected_attention_forward returns (h, cache), projected_attention_backward takes (dh, cache) and returns dx, dQ, dK, dV.

`encode_once` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 07`.
"""

from collections.abc import Callable

import numpy as np

from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward


def derive_row_gradient(m: int, uses: list[np.ndarray], d_uses: list[np.ndarray]) -> np.ndarray:
    """Derive: the gradient of row m of a table R that is used several times. Place t of use s reads row uses[s][t].

    m: a row number.    uses: for each use, (T,) row numbers.    d_uses: for each use, (T, D) the gradients of what it read.

    Returns dR_m (D,), zeros where nobody read the row.
    """
    raise NotImplementedError


def history_forward(
    news: np.ndarray, clicks: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> np.ndarray:
    """Equations 6 and 7: self-attention, scaled by 1/√d, over the clicked news of one user.

    news: (n, D) the vectors of all news.    clicks: (T,) the rows of the clicked ones.    Q, K, V: (D, H·d).    heads: H.

    Returns h (T, H·d).
    """
    r = ...  # the vectors of the clicks, (T, D)
    scale = ...  # 1/√d, d is the width of one head
    h, _ = projected_attention_forward(r, Q, K, V, heads, scale)
    return h


def history_backward(
    dh: np.ndarray, news: np.ndarray, clicks: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of history_forward. The same news item may have been clicked twice.

    dh: (T, H·d) gradient of the loss with respect to h.    The rest: as the forward was given it.

    Returns d_news (n, D), dQ, dK, dV (D, H·d).
    """
    raise NotImplementedError


def encode_once(
    uses: list[np.ndarray], d_uses: list[np.ndarray], count: int, encoder_backward: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The gradient of the words' table, when news vectors are used several times: once through the news encoder.

    uses: for each use, (T,) rows of news; one may stand there twice.    d_uses: for each use, (T, D) the gradients of what it read.
    count: how many news items there are.
    encoder_backward: takes d_news (count, D) and returns d_table; it is slow, so call it once.

    Returns d_table.
    """
    d_news = np.zeros((count, d_uses[0].shape[1]), dtype=d_uses[0].dtype)
    for rows, d_rows in zip(uses, d_uses, strict=True):
        d_news[rows] += d_rows
    return encoder_backward(d_news)
