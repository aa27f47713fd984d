"""Mistakes in the exercises of lesson 11."""

MISTAKES = [
    ("derive_first_step", "np.sqrt(v / (1 - BETA_2**t))", "np.sqrt(v)"),
    ("derive_first_step", "(m / (1 - BETA_1**t)) / np.sqrt(v / (1 - BETA_2**t))", "1.0 + 0 * m * v"),
    ("derive_first_step", "1 - BETA_2**t", "1 - BETA_2"),
    ("epoch_loss", "np.sum(losses * sizes) / np.sum(sizes)", "np.mean(losses)"),
    ("epoch_loss", "/ np.sum(sizes)", "/ (len(sizes) * sizes[0])"),
    ("adam_rows_step", "m[rows] / (1 - BETA_1**t)", "m[rows]"),
    ("adam_rows_step", "(1 - BETA_2) * g**2", "(1 - BETA_2) * g"),
    (
        "adam_rows_step",
        "    m[rows] = BETA_1 * m[rows] + (1 - BETA_1) * g",
        "    m *= BETA_1; m[rows] += (1 - BETA_1) * g",
    ),
    ("adam_rows_step", "    m_hat = m[rows]", "    m[rows] /= 1 - BETA_1**t; m_hat = m[rows]"),
    ("clip", "min(1.0, most / norm)", "most / norm"),
    (
        "clip",
        "np.sqrt(sum(np.sum(g**2) for g in gradients.values()))",
        "max(np.sqrt(np.sum(g**2)) for g in gradients.values())",
    ),
    ("clip", "g * factor", "np.clip(g, -most, most)"),
    ("clip", "np.sum(g**2)", "np.sum(np.abs(g))"),
]
