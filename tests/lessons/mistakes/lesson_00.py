"""Mistakes in the exercises of lesson 00."""

MISTAKES = [
    ("rank_candidates", "return rank", "return best_first + 1"),
    ("rank_candidates", '-scores, kind="stable")', 'scores, kind="stable")[::-1]'),
    ("auc", "(yes > no) + 0.5 * (yes == no)", "yes > no"),
    ("mrr", "np.mean(1 / rank[clicked])", "1 / rank[clicked].min()"),
    ("mrr", "np.mean(1 / rank[clicked])", "1 / np.mean(rank[clicked])"),
    ("ndcg", "min(k, len(ranks_of_clicked))", "len(ranks_of_clicked)"),
    ("ndcg", "[ranks_of_clicked <= k]", ""),
]
