"""Exercises of lesson 08: the user vector, for long, short and empty histories.

The two forwards return (output, cache), the backwards take (d_output, cache) and return the gradients in the order of the
forward's arrays. `parameters` are "attention.Q", "attention.K", "attention.V" (D, H·d) of the self-attention, scaled by 1/√d, and
"pool.W" (H·d, A), "pool.b", "pool.q" (A,) of the additive attention.

`last_clicks` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 08`.
"""

import numpy as np

from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward


def derive_one_click(du: np.ndarray, r: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derive: the gradients that a history of one click passes back, without any attention function.

    du: (H·d,) gradient of the loss with respect to u.    r: (D,) the clicked news.    V: (D, H·d) the values' matrix.

    Returns dr (D,), dV (D, H·d).
    """
    raise NotImplementedError


def last_clicks(history: np.ndarray, most: int) -> np.ndarray:
    """Cut a history to its last clicks. The oldest click stands first.

    history: (N,) rows of news.    most: how many clicks to keep, 0 or more.

    Returns the last `most` of them in the same order, or all where there are fewer.
    """
    return history[-most:]


def user_forward(
    news: np.ndarray, history: np.ndarray, parameters: dict[str, np.ndarray], heads: int, most: int
) -> np.ndarray:
    """Equations 6 to 10: the vector of a user, from the last `most` clicks.

    news: (n, D).    history: (N,) rows of news, the oldest click first.    parameters: see above.    heads: H.

    Returns u (H·d,). For an empty history it is the zero vector.
    """
    Q, K, V = (parameters[f"attention.{name}"] for name in "QKV")
    W, b, q = (parameters[f"pool.{name}"] for name in "Wbq")
    scale = 1 / np.sqrt(Q.shape[1] // heads)
    r = ...  # the vectors of the last clicks, (T, D)
    h, _ = projected_attention_forward(r, Q, K, V, heads, scale)
    u, _ = ...  # (u, cache) of equations 8 to 10
    return u


def user_backward(
    du: np.ndarray, news: np.ndarray, history: np.ndarray, parameters: dict[str, np.ndarray], heads: int, most: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Backward of user_forward.

    du: (H·d,) gradient of the loss with respect to u.    The rest: as the forward was given it.

    Returns d_news (n, D), zero for news that were not read, and the gradients of the parameters, by the parameters' names.
    """
    raise NotImplementedError
