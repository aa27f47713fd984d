"""Exercises of lesson 16: our parameters in PyTorch's layout and back, and which array is wrong. None needs PyTorch."""

import numpy as np


def pool_from_linear(
    weight: np.ndarray, bias: np.ndarray, query: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parameters of additive attention out of two layers nn.Linear(D, A) and nn.Linear(A, 1, bias=False) of PyTorch.

    A Linear computes x @ weight.T + bias: its weight has a row for each output.

    weight: (A, D).    bias: (A,).    query: (1, A), the weight of the second layer.

    Returns W (D, A), b (A,), q (A,), so that the score of h is tanh(h @ W + b) @ q.
    """
    W = weight.T  # bug: W = weight.reshape(weight.shape[1], weight.shape[0])
    return W, bias, query[0]


def worst_array(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> tuple[str, float]:
    """The array whose gradients differ most, and its error: ‖ours − theirs‖ / (‖ours‖ + ‖theirs‖), 0 where both are all zeros.

    An array that one of them lacks, or that has another shape, has the error 1, the largest there is.

    ours, theirs: gradients by the names of the parameters.
    """
    names = set(ours) | set(theirs)  # blank: of all arrays that one of them has
    errors = {}
    for name in sorted(names):
        errors[name] = 1.0
        if name in ours and name in theirs and ours[name].shape == theirs[name].shape:
            size = np.linalg.norm(ours[name]) + np.linalg.norm(theirs[name])  # blank: the sum of the two lengths
            distance = np.linalg.norm(ours[name] - theirs[name])  # blank: the length of the difference
            errors[name] = float(distance / size) if size else 0.0
    worst = max(errors, key=lambda name: errors[name])
    return worst, errors[worst]


def to_multihead(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> dict[str, np.ndarray]:
    """Self-attention of one level in the layout of PyTorch's nn.MultiheadAttention, which then computes the same.

    It makes queries, keys and values by one product, x @ in_proj_weight.T, whose columns are all queries, then all keys,
    then all values, head after head in each; and it ends with a product h @ out_proj.weight.T that the paper does not have.
    It divides by √d as we do, and its biases may be left out.

    Q, K, V: (D, H·d) with D = H·d, as on the news level.

    Returns {"in_proj_weight": (3·D, D), "out_proj.weight": (D, D)}.
    """
    return {"in_proj_weight": np.vstack([Q.T, K.T, V.T]), "out_proj.weight": np.eye(len(Q), dtype=Q.dtype)}
