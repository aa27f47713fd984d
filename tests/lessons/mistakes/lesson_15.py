"""Mistakes in the exercises of lesson 15."""

MISTAKES = [
    ("pool_backward", "(1 - t**2)", "(1 - z**2)"),
    ("pool_backward", "(1 - t**2)", "(1 - t)"),
    ("pool_backward", "alpha[:, None] * dr + dz @ W.T", "alpha[:, None] * dr"),
    ("pool_backward", "alpha * (d_alpha - alpha @ d_alpha)", "alpha * (1 - alpha) * d_alpha"),
    ("draw_negatives", "shown[~clicked]", "shown"),
    ("draw_negatives", "shown[~clicked]", "shown[clicked]"),
    ("draw_negatives", "replace=len(pool) < k", "replace=True"),
    ("auc_by_ranks", "(below + 1 + up_to) / 2", "below + 1"),
    ("auc_by_ranks", "(below + 1 + up_to) / 2", "up_to"),
    ("auc_by_ranks", "yes * (yes + 1) / 2", "yes * (yes - 1) / 2"),
    ("depends_on_its_batch", "encode([title]) for title in titles", "encode([title, title]) for title in titles"),
    ("depends_on_its_batch", "np.allclose(together, alone)", "np.array_equal(together, alone)"),
    ("depends_on_its_batch", "np.allclose(together, alone)", "np.allclose(together[0], alone[0])"),
    ("depends_on_its_batch", "not np.allclose(together, alone)", "np.allclose(together, alone)"),
]
