"""Exercises of lesson 06: the pieces put together.

The pieces are given: each forward returns (output, cache), each backward takes (d_output, cache) and returns the gradients
in the order of the forward's arrays. What is left is to call them in the right order.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 06`.
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
    raise NotImplementedError


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
    raise NotImplementedError
