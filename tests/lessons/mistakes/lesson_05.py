"""Mistakes in the exercises of lesson 05."""

MISTAKES = [
    ("derive_score_gradient", "alpha * ((h - r) @ dr)", "alpha * (h @ dr)"),
    ("derive_score_gradient", "alpha * ((h - r) @ dr)", "(h - r) @ dr"),
    ("derive_score_gradient", "r = alpha @ h", "r = h.mean(axis=0)"),
    ("additive_attention_forward", "np.tanh(h @ W + b)  # blank", "np.tanh(h @ W)  # blank"),
    ("additive_attention_forward", "np.tanh(h @ W + b)  # blank", "h @ W + b  # blank"),
    ("additive_attention_forward", "return alpha @ h", "return np.exp(a) @ h / np.exp(a).sum()"),
    ("additive_attention_backward", " * (1 - hidden**2)", ""),
    ("additive_attention_backward", "dz.sum(axis=0)", "dz.mean(axis=0)"),
    ("additive_attention_backward", "np.outer(alpha, dr) + dz @ W.T", "np.outer(alpha, dr)"),
    ("additive_attention_backward", "np.outer(alpha, dr) + dz @ W.T", "dz @ W.T"),
    ("additive_attention_backward", "da = softmax_backward(h @ dr, alpha)", "da = h @ dr"),
    ("two_questions_backward", "d_hidden += from_question", "d_hidden = from_question"),
    ("two_questions_backward", " * (1 - hidden**2)", " * (1 - hidden)"),
]
