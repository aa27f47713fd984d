"""Mistakes in the exercises of lesson 10."""

MISTAKES = [
    ("derive_limit", "6 / (rows + columns)", "3 / (rows + columns)"),
    ("derive_limit", "6 / (rows + columns)", "3 / rows"),
    ("derive_loss_change", "-learning_rate", "learning_rate"),
    ("derive_loss_change", "gradient**2", "gradient"),
    ("derive_loss_change", "-learning_rate", "-(learning_rate**2)"),
    ("model_forward", "r = news[history]", "r = news[candidates]"),
    ("model_forward", "projected_attention_forward(r, *of_user", "projected_attention_forward(r, *of_news"),
    ("model_forward", "np.sqrt(width // heads)", "np.sqrt(width)"),
    ("model_forward", "click_score_forward(u, news[candidates])", "click_score_forward(u, news)"),
    ("model_backward", "    np.add.at(d_news, history, dr)\n", ""),
    ("model_backward", "np.add.at(d_news, history, dr)", "d_news[history] += dr"),
    ("model_backward", "np.add.at(d_news, candidates, d_candidates)", "d_news[candidates] = d_candidates"),
    ("model_backward", 'np.add.at(gradients["word_embedding"], title, dx)', 'gradients["word_embedding"][title] += dx'),
    (
        "model_backward",
        'gradients[f"news.attention.{name}"] += gradient',
        'gradients[f"news.attention.{name}"] = gradient',
    ),
    ("model_backward", 'gradients[f"news.pool.{name}"] += gradient', 'gradients[f"news.pool.{name}"] -= gradient'),
    ("directional_check", "before[name] + sign", "value + sign"),
    ("directional_check", "/ (2 * step)", "/ step"),
    ("directional_check", "np.sum(gradients[name] * directions[name])", "np.sum(gradients[name])"),
]
