"""Mistakes in the exercises of lesson 04."""

MISTAKES = [
    ("one_head_forward", " / np.sqrt(Q.shape[1])", " / np.sqrt(Q.shape[0])"),
    ("split_heads", "values.reshape(T, heads, width // heads).transpose(1, 0, 2)", "values.reshape(heads, T, -1)"),
    ("values_backward", "alpha.T @ dh", "alpha @ dh"),
    ("bilinear_from_projected", "K[:, columns].T / np.sqrt(d)", "K[:, columns].T / np.sqrt(width)"),
]
