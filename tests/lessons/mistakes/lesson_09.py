"""Mistakes in the exercises of lesson 09."""

MISTAKES = [
    ("click_score_forward", "r @ u", "r * u"),
    ("click_score_forward", "r @ u", "(r @ u) / np.sqrt(len(u))"),
    ("click_score_backward", "d_scores @ r", "r.sum(axis=0)"),
    ("click_score_backward", "np.outer(d_scores, u)", "np.outer(d_scores, d_scores @ r)"),
    ("derive_loss_gradient", "    d_scores[0] -= 1\n", ""),
    ("derive_loss_gradient", "return d_scores", "return -d_scores"),
    ("derive_loss_gradient", "return d_scores", "return d_scores * (1 - d_scores)"),
    ("softmax_loss_forward", "scores - scores.max()", "scores"),
    (
        "softmax_loss_forward",
        "np.log(np.exp(shifted).sum()) - shifted[",
        "-np.log(np.exp(shifted) / np.exp(shifted).sum())[",
    ),
    ("softmax_loss_backward", "d_scores[clicked] -= 1", "d_scores[0] -= 1"),
    ("softmax_loss_backward", "np.exp(scores - scores.max())", "np.exp(scores)"),
    ("softmax_loss_backward", "d_scores * d_loss", "d_scores"),
    ("draw_negatives", "replace=len(not_clicked) < K", "replace=True"),
    ("draw_negatives", "replace=len(not_clicked) < K", "replace=False"),
    ("draw_negatives", "rng.choice", "np.random.default_rng().choice"),
    ("draw_negatives", "return rng", "return np.resize(not_clicked, K)\n    return rng"),
]
