"""Mistakes in the exercises of lesson 11."""

MISTAKES = [
    ("running_means", "BETA_2 * v + (1 - BETA_2) * g**2", "BETA_2 * v + (1 - BETA_2) * g"),
    ("corrected", "v / (1 - BETA_2**t)", "v / (1 - BETA_2)"),
    ("adam_step", "np.sqrt(v_hat) + EPSILON), m, v", "np.sqrt(v_hat) + EPSILON), m_hat, v_hat"),
    ("adam_step", "theta - learning_rate", "theta + learning_rate"),
    ("best_epoch", "max(epochs", "max(epochs[::-1]"),
    (
        "best_epoch",
        'int(max(epochs, key=lambda epoch: epoch["auc"])["epoch"])',
        'int(np.argmax([e["auc"] for e in epochs]))',
    ),
]
