"""Mistakes in the exercises of lesson 01."""

MISTAKES = [
    ("numerical_gradient", "(loss(x + step) - loss(x - step)) / (2 * h)", "(loss(x + step) - loss(x)) / h"),
    ("numerical_gradient", "step[i] = h", "step[i] = 1e-5"),
    ("relative_error", " if size > 0 else 0.0", ""),
    ("relative_error", "np.linalg.norm(a - n)", "abs(np.linalg.norm(a) - np.linalg.norm(n))"),
    ("product_backward", "return dC @ B.T, A.T @ dC", "return A.T @ dC, dC @ B.T"),
    ("square_of_product_backward", "dy * 2 * (x @ W)", "dy * 2"),
]
