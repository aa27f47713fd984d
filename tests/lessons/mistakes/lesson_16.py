"""Mistakes in the exercises of lesson 16."""

MISTAKES = [
    ("pool_from_linear", "W = weight.T", "W = weight.reshape(weight.shape[1], weight.shape[0])"),
    ("pool_from_linear", "W = weight.T", "W = weight"),
    ("pool_from_linear", "query[0]", "query"),
    ("worst_array", "set(ours) | set(theirs)", "set(ours) & set(theirs)"),
    ("worst_array", "set(ours) | set(theirs)", "set(ours)"),
    ("worst_array", "np.linalg.norm(ours[name]) + np.linalg.norm(theirs[name])", "1.0"),
    (
        "worst_array",
        "np.linalg.norm(ours[name] - theirs[name])",
        "np.linalg.norm(ours[name]) - np.linalg.norm(theirs[name])",
    ),
    ("worst_array", "max(errors", "min(errors"),
    ("to_multihead", "[Q.T, K.T, V.T]", "[Q, K, V]"),
    ("to_multihead", "[Q.T, K.T, V.T]", "[Q.T, V.T, K.T]"),
    ("to_multihead", "np.eye(len(Q), dtype=Q.dtype)", "np.ones((len(Q), len(Q)))"),
    ("to_multihead", "np.vstack([Q.T, K.T, V.T])", "np.hstack([Q, K, V])"),
]
