"""Mistakes in the exercises of lesson 05."""

MISTAKES = [
    ("additive_attention_forward", "np.tanh(h @ W + b) @ q\n    alpha", "np.tanh(h @ W) @ q\n    alpha"),
    ("additive_attention_forward", "return alpha @ h", "return np.exp(a) @ h / np.exp(a).sum()"),
    ("additive_scores_backward", " * (1 - hidden**2)", ""),
    ("additive_scores_backward", "dz.sum(axis=0)", "dz.mean(axis=0)"),
    ("pooling_backward", "softmax_backward(h @ dr, alpha)", "h @ dr"),
    ("both_ways", "return dh_sum + dh_scores", "return dh_sum"),
]
