"""Mistakes in the exercises of lesson 12."""

MISTAKES = [
    ("derive_lookup_backward", "np.add.at(d_product, index, dy)", "d_product[index] = dy"),
    ("derive_lookup_backward", "E.T @ d_product", "E[index].T @ d_product[index]"),
    ("derive_lookup_backward", "d_product @ W.T, E.T", "dy @ W.T, E.T"),
    ("keep_only", "np.append(0, places)", "np.append(places, 0)"),
    ("keep_only", "index[kept], kept_before[offsets]", "index[kept], offsets"),
    ("sequence_sums", "np.diff(ends[offsets], axis=0)", "np.add.reduceat(np.concatenate([h, zeros]), offsets[:-1], axis=0)"),
    ("sequence_sums", "np.cumsum(h, axis=0)", "np.cumsum(h, axis=0)[::-1]"),
    ("sequence_sums", "np.cumsum(h, axis=0)", "np.cumsum(h, axis=1)"),
    ("renumber", "used = np.flatnonzero(is_used)",
     "return np.unique(references, return_inverse=True)\n    used = np.flatnonzero(is_used)"),
    ("renumber", "np.cumsum(is_used) - 1", "np.cumsum(is_used)"),
    ("renumber", "used, place[references]", "references, place[references]"),
    ("padded_weights", "np.where(real, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)",
     "scores.max(axis=1, keepdims=True)"),
    ("padded_weights", "exps = np.where(real, np.exp(np.where(real, scores - largest, 0.0)), 0.0)",
     "exps = np.exp(np.where(real, scores - largest, 0.0))"),
    ("padded_weights", "np.maximum(exps.sum(axis=1, keepdims=True), np.finfo(scores.dtype).tiny)",
     "exps.sum(axis=1, keepdims=True)"),
]  # fmt: skip
