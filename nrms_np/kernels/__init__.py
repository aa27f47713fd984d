"""The pieces of the paper on packed batches: BLAS for the large products, Numba for the loops.

The names below are those of `layers` and mean the same, to rounding. Where a layer takes one sequence x, its kernel takes a
table and the sequences that refer to its rows.
"""

from nrms_np.kernels.additive_attention import pooling_backward, pooling_forward
from nrms_np.kernels.click import (
    click_score_backward,
    click_score_forward,
    softmax_loss_backward,
    softmax_loss_forward,
)
from nrms_np.kernels.embedding import dropout_backward, dropout_forward, embedding_backward, embedding_forward
from nrms_np.kernels.self_attention import self_attention_backward, self_attention_forward

__all__ = [
    "click_score_backward",
    "click_score_forward",
    "dropout_backward",
    "dropout_forward",
    "embedding_backward",
    "embedding_forward",
    "pooling_backward",
    "pooling_forward",
    "self_attention_backward",
    "self_attention_forward",
    "softmax_loss_backward",
    "softmax_loss_forward",
]
