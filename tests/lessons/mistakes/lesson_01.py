"""Mistakes in the exercises of lesson 01."""

MISTAKES = [
    ("derive_product_gradients", "return dC @ B.T, A.T @ dC", "return A.T @ dC, dC @ B.T"),
    ("derive_product_gradients", "A.T @ dC", "(dC.T @ A)"),
    ("better_difference", "(4 * fine - coarse) / 3", "fine"),
    ("better_difference", "(4 * fine - coarse) / 3", "2 * fine - coarse"),
    ("better_difference", "(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h) - f(x)) / h"),
    ("error_of_backward", "np.sum(g * forward(x + step))", "np.sum(forward(x + step))"),
    ("error_of_backward", "(above - below) / 2e-5", "(above - below) / 1e-5"),
    ("error_of_backward", " if size > 0 else 0.0", ""),
    (
        "error_of_backward",
        "np.linalg.norm(by_hand - measured)",
        "abs(np.linalg.norm(by_hand) - np.linalg.norm(measured))",
    ),
    ("three_matrices_backward", " * (1 - hidden**2)", ""),
    ("three_matrices_backward", "hidden.T @ dY", "(A @ B).T @ dY"),
    ("three_matrices_backward", "dZ @ B.T, A.T @ dZ", "dZ @ B.T, A.T @ (dY @ C.T)"),
    ("centred_backward", "dx += dm / len(x)", "dx += dm * x.mean()"),
    ("centred_backward", "dm = -dy.sum()", "dm = dy.sum()"),
]
