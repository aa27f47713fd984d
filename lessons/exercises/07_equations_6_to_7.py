"""Exercises of lesson 07: the same function on news, and gradients that meet.

projected_attention_forward returns (h, cache), projected_attention_backward takes (dh, cache) and returns dx, dQ, dK, dV.

`history_forward` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 07`.
"""

from collections.abc import Callable

import numpy as np

from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward


def derive_news_row_gradient(m: int, uses: list[np.ndarray], d_uses: list[np.ndarray]) -> np.ndarray:
    """Derive: the gradient of row m of a table R that is used several times. Place t of use s reads row uses[s][t].

    m: a row number.    uses: for each use, (T,) row numbers.    d_uses: for each use, (T, D) the gradients of what it read.

    Returns dR_m (D,), zeros where nobody read the row.
    """
    raise NotImplementedError


def history_forward(
    news: np.ndarray, clicks: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> np.ndarray:
    """Equations 6 and 7: self-attention, scaled by 1/√d, over the clicked news of one user.

    news: (n, D) the vectors of all news.    clicks: (T,) the rows of the clicked ones, in the order of the clicks.
    Q, K, V: (D, H·d).    heads: H.

    Returns h (T, H·d), a row for each click.
    """
    r = news[np.unique(clicks)]
    scale = 1 / np.sqrt(Q.shape[1] // heads)
    h, _ = projected_attention_forward(r, Q, K, V, heads, scale)
    return h


def history_backward(
    dh: np.ndarray, news: np.ndarray, clicks: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of history_forward, for a table that is long and a history that is short: only the rows that were read.

    dh: (T, H·d) gradient of the loss with respect to h.    The rest: as the forward was given it.
    `np.unique(clicks, return_inverse=True)` returns the different numbers in clicks, rising, and for each click the place of
    its number among them.

    Returns rows (m,) the different row numbers in clicks, rising, d_rows (m, D) the gradients of these rows of news,
    dQ, dK, dV (D, H·d).
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
    raise NotImplementedError
