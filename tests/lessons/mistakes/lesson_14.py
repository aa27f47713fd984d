"""Mistakes in the exercises of lesson 14."""

MISTAKES = [
    ("top_words", 'np.argsort(-alpha, kind="stable")', "np.argsort(alpha)[::-1]"),
    ("looks_elsewhere", "alpha.shape[1]", "alpha.shape[0]"),
    ("ablation_difference", "differences.std(ddof=1)", "differences.std()"),
    ("ablation_difference", " / np.sqrt(len(differences))", ""),
    ("ablation_difference", "differences.std(ddof=1)", "np.hypot(full.std(ddof=1), ablated.std(ddof=1))"),
]
