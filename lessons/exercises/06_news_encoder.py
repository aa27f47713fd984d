"""Exercises of lesson 06: the pieces put together, for one title and for many.

The pieces are given: each forward returns (output, cache), each backward takes (d_output, cache) and returns the gradients
in the order of the forward's arrays. `parameters` are "attention.Q", "attention.K", "attention.V" (D, H·d) of the self-attention,
which is scaled by 1/√d, and "pool.W" (H·d, A), "pool.b" (A,), "pool.q" (A,) of the additive attention.

`attend_forward` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 06`.
"""

import numpy as np

from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward


def derive_chain(dr: np.ndarray, J_r: np.ndarray, J_h: np.ndarray) -> np.ndarray:
    """Derive: the gradient of x, where r depends on h and h on x; all three are long vectors.

    dr: (R,).    J_r: (R, N), row a, column n is ∂r_a / ∂h_n.    J_h: (N, M), row n, column m is ∂h_n / ∂x_m.

    Returns dx (M,).
    """
    raise NotImplementedError


def attend_forward(x: np.ndarray, parameters: dict[str, np.ndarray], heads: int) -> np.ndarray:
    """Equations 1 to 5 for one sequence: self-attention, then additive attention.

    x: (T, D).    parameters: see above.    heads: H.

    Returns r (H·d,); zeros where T is 0.
    """
    Q, K, V = (parameters[f"attention.{name}"] for name in "QKV")
    W, b, q = (parameters[f"pool.{name}"] for name in "Wbq")
    scale = 1 / np.sqrt(Q.shape[1])
    h, _ = projected_attention_forward(x, Q, K, V, heads, scale)
    r, _ = additive_attention_forward(h, W, b, q)
    return r


def attend_backward(
    dr: np.ndarray, x: np.ndarray, parameters: dict[str, np.ndarray], heads: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Backward of attend_forward.

    dr: (H·d,) gradient of the loss with respect to r.    The rest: as the forward was given it.

    Returns dx (T, D) and the gradients of the parameters, by the parameters' names.
    """
    raise NotImplementedError


def news_forward(
    table: np.ndarray, titles: list[np.ndarray], parameters: dict[str, np.ndarray], heads: int
) -> np.ndarray:
    """The shared encoder: the news vectors of several titles.

    table: (words, D).    titles: n titles, each (T,) row numbers of the table.    parameters: see above.    heads: H.

    Returns news (n, H·d).
    """
    raise NotImplementedError


def news_backward(
    d_news: np.ndarray, table: np.ndarray, titles: list[np.ndarray], parameters: dict[str, np.ndarray], heads: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Backward of news_forward. A word may stand in several titles, and twice in one.

    d_news: (n, H·d) gradient of the loss with respect to the news vectors.    The rest: as the forward was given it.

    Returns d_table (words, D) and the gradients of the parameters, by the parameters' names.
    """
    raise NotImplementedError
