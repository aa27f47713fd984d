"""The pieces of the paper on packed batches: BLAS for the large products, Numba for the loops.

The names below are those of `layers` and mean the same, to rounding. Where a layer takes one sequence x, its kernel takes a
table and the sequences that refer to its rows.
"""

from nrms_np.kernels.additive_attention import (
    additive_attention_backward,
    additive_attention_forward,
    mean_pooling_backward,
    mean_pooling_forward,
)
from nrms_np.kernels.click import (
    click_score_backward,
    click_score_forward,
    score_candidates,
    softmax_loss_backward,
    softmax_loss_forward,
)
from nrms_np.kernels.dropout import dropout_backward, dropout_forward
from nrms_np.kernels.embedding import embedding_backward, embedding_forward
from nrms_np.kernels.self_attention import (
    bilinear_attention_backward,
    bilinear_attention_forward,
    product_backward,
    product_forward,
    projected_attention_backward,
    projected_attention_forward,
)
