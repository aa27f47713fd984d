"""Mistakes in the exercises of lesson 03."""

MISTAKES = [
    ("softmax_forward", "np.exp(a - a.max(axis=1, keepdims=True))", "np.exp(a)"),
    ("softmax_forward", "a.max(axis=1, keepdims=True)", "a.max()"),
    ("softmax_backward", "p * (dp - (p * dp).sum(axis=1, keepdims=True))", "np.zeros_like(p)"),
    ("softmax_backward", "(p * dp).sum(axis=1", "dp.sum(axis=1"),
    ("scores_backward", "dS.T @ x @ Q", "dS @ x @ Q"),
    ("scores_backward", "x.T @ dS @ x", "x.T @ dS.T @ x"),
]
