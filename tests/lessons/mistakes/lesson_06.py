"""Mistakes in the exercises of lesson 06."""

MISTAKES = [
    ("encode_title", "    x, _ = dropout_forward(x, rate, key)\n", ""),
    ("encode_title", "1 / np.sqrt(d)", "1"),
    ("encode_title_backward", "    dx = dropout_backward(dx, dropped)\n", ""),
    ("encode_title_backward", '"Q": dQ, "K": dK', '"Q": dK, "K": dQ'),
]
