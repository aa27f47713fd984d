"""Mistakes in the exercises of lesson 00."""

MISTAKES = [
    ("rank_candidates", "rank[best_first] = np.arange(1, len(scores) + 1)", "rank = best_first + 1"),
    ("rank_candidates", '-scores, kind="stable")', 'scores, kind="stable")[::-1]'),
    ("auc_from_ranks", "rank[clicked].sum() - P * (P + 1) / 2", "rank[clicked].sum() - P"),
    ("auc_from_ranks", "1 - wrong_pairs / (P * N)", "wrong_pairs / (P * N)"),
    ("auc_from_ranks", "(P * N)", "(P * len(clicked))"),
    ("ndcg", "min(k, clicked.sum())", "clicked.sum()"),
    ("ndcg", "min(k, clicked.sum())", "k"),
    ("ndcg", " & (rank <= k)", ""),
    ("mean_auc", "if y.any() and not y.all():", "if len(y):"),
    ("mean_auc", " + 0.5 * (s[y][:, None] == s[~y])", ""),
    ("mean_auc", "first, end = offsets[i], offsets[i + 1]", "first, end = offsets[0], offsets[-1]"),
]
