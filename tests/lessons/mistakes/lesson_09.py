"""Mistakes in the exercises of lesson 09."""

MISTAKES = [
    ("click_score_backward", "d_scores @ r", "r.sum(axis=0)"),
    ("softmax_loss_forward", "scores - scores.max()", "scores"),
    (
        "softmax_loss_forward",
        "np.log(np.exp(shifted).sum()) - shifted[",
        "-np.log(np.exp(shifted) / np.exp(shifted).sum())[",
    ),
    ("softmax_loss_backward", "d_scores[clicked] -= 1", "d_scores[0] -= 1"),
    ("softmax_loss_backward", "np.exp(scores - scores.max())", "np.exp(scores)"),
    ("draw_negatives", "replace=len(not_clicked) < K", "replace=True"),
    ("draw_negatives", "replace=len(not_clicked) < K", "replace=False"),
    ("draw_negatives", "rng.choice", "np.random.default_rng().choice"),
    ("draw_negatives", "return rng", "return np.resize(not_clicked, K)\n    return rng"),
]
