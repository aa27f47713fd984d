"""Exercises of lesson 06: the pieces put together.

The pieces are given: each forward returns (output, cache), each backward takes (d_output, cache) and returns the gradients
in the order of the forward's arrays. What is left is to call them in the right order.
"""

import numpy as np

from nrms_np.layers.additive_attention import AdditiveCache, additive_attention_backward, additive_attention_forward
from nrms_np.layers.dropout import DropoutCache, dropout_backward, dropout_forward
from nrms_np.layers.embedding import EmbeddingCache, embedding_backward, embedding_forward
from nrms_np.layers.self_attention import ProjectedCache, projected_attention_backward, projected_attention_forward


def encode_title(
    table: np.ndarray, title: np.ndarray, parameters: dict[str, np.ndarray], heads: int, rate: float, key: int
) -> np.ndarray:
    """The news vector of one title: lookup, dropout, self-attention scaled by 1/√d, additive attention.

    table: (words, D).    title: (T,) row numbers.    heads: H.    rate, key: the last two arguments of dropout_forward.
    parameters: "Q", "K", "V" (D, H·d) of the self-attention; "W" (H·d, A), "b" (A,), "q" (A,) of the additive attention.

    Returns r (H·d,).
    """
    x, _ = embedding_forward(table, title)
    x, _ = dropout_forward(x, rate, key)
    d = parameters["Q"].shape[1] // heads
    h, _ = projected_attention_forward(x, parameters["Q"], parameters["K"], parameters["V"], heads, 1 / np.sqrt(d))
    r, _ = additive_attention_forward(h, parameters["W"], parameters["b"], parameters["q"])
    return r


def encode_title_backward(
    dr: np.ndarray,
    looked_up: EmbeddingCache,
    dropped: DropoutCache,
    attended: ProjectedCache,
    pooled: AdditiveCache,
) -> dict[str, np.ndarray]:
    """Backward of encode_title.

    dr: (H·d,) gradient of the loss with respect to r.
    looked_up, dropped, attended, pooled: the caches of the four steps of the forward.

    Returns the gradients by name: "table", "Q", "K", "V", "W", "b", "q".
    """
    dh, dW, db, dq = additive_attention_backward(dr, pooled)
    dx, dQ, dK, dV = projected_attention_backward(dh, attended)
    dx = dropout_backward(dx, dropped)
    d_table = embedding_backward(dx, looked_up)
    return {"table": d_table, "Q": dQ, "K": dK, "V": dV, "W": dW, "b": db, "q": dq}
