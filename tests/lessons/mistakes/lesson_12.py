"""Mistakes in the exercises of lesson 12."""

MISTAKES = [
    ("offsets_of", "np.concatenate([[0], np.cumsum(lengths)])", "np.cumsum(lengths)"),
    ("pack", "for row in sequence], dtype=int)", "for row in sequence])"),
    ("take", "[chosen] - new_offsets[:-1]", "[np.sort(chosen)] - new_offsets[:-1]"),
    ("padded_weights", "        if T > 0:", "        if True:"),
    ("padded_weights", "scores[s, :T].max()", "scores[s].max()"),
    ("padded_weights", "exps / exps.sum()", "exps / np.exp(scores[s] - scores[s, :T].max()).sum()"),
]
