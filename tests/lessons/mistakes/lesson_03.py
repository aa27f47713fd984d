"""Mistakes in the exercises of lesson 03."""

MISTAKES = [
    ("derive_weight_by_score", "np.diag(p) - np.outer(p, p)", "np.diag(p * (1 - p))"),
    ("derive_weight_by_score", "np.diag(p) - np.outer(p, p)", "np.outer(p, p) - np.diag(p)"),
    ("softmax_forward", "np.exp(a - a.max(axis=-1, keepdims=True, initial=-np.inf))", "np.exp(a)"),
    ("softmax_forward", "a.max(axis=-1, keepdims=True, initial=-np.inf)", "a.max(initial=-np.inf)"),
    ("softmax_forward", "a.max(axis=-1, keepdims=True, initial=-np.inf)", "a.max(axis=-1, keepdims=True)"),
    ("softmax_forward", "exps.sum(axis=-1, keepdims=True)", "exps.sum(axis=0)"),
    ("softmax_forward", "exps.sum(axis=-1, keepdims=True)", "exps.sum()"),
    ("softmax_backward", "alpha * (d_alpha - (alpha * d_alpha).sum(axis=-1, keepdims=True))", "np.zeros_like(alpha)"),
    ("softmax_backward", "(alpha * d_alpha).sum(axis=-1", "d_alpha.sum(axis=-1"),
    ("softmax_backward", "(alpha * d_alpha).sum(axis=-1", "(alpha * d_alpha).sum(axis=0"),
    ("softmax_backward", "(d_alpha - (alpha * d_alpha).sum(axis=-1, keepdims=True))", "d_alpha * (1 - alpha)"),
    ("cross_scores_backward", "dS.T @ Y", "dS.T @ x"),
    ("cross_scores_backward", " + np.outer(da, c)", ""),
    ("cross_scores_backward", "dS.sum(axis=0)", "dS.mean(axis=0)"),
    ("cross_scores_backward", "dY @ B.T", "dY @ B"),
    ("cross_scores_backward", "return dx, dB, dy, dc", "return dx, dB.T, dy, dc"),
    ("scaled_scores_backward", "dx += dZ.T @ x @ B", "dx += dZ @ x @ B"),
    ("scaled_scores_backward", "d_scale = (dS", "d_scale = (dZ"),
    ("scaled_scores_backward", "(dS * (x @ B @ x.T)).sum()", "dS.sum()"),
    ("scaled_scores_backward", "dZ = scale * dS", "dZ = dS"),
]
