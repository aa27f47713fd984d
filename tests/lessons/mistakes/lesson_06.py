"""Mistakes in the exercises of lesson 06."""

MISTAKES = [
    ("derive_chain", "J_h.T @ (J_r.T @ dr)", "J_h.T @ J_h @ (J_h.T @ (J_r.T @ dr))"),
    ("derive_chain", "J_h.T @ (J_r.T @ dr)", "J_r.T @ dr"),
    ("derive_chain", "J_h.T @ (J_r.T @ dr)", "(J_r @ J_h).sum(axis=0)"),
    ("attend_forward", "1 / np.sqrt(Q.shape[1] // heads)", "1"),
    ("attend_forward", "(x, Q, K, V,", "(x, K, Q, V,"),
    ("attend_forward", "    return r", "    return h.mean(axis=0)"),
    ("attend_backward", "*of_attention, *of_pool", "*of_pool, *of_attention"),
    ("attend_backward", "Q.shape[1] // heads", "Q.shape[1]"),
    ("attend_backward", "return dx, dict", "return dh, dict"),
    ("news_forward", "attend_forward(table[title], parameters, heads)", "attend_forward(table, parameters, heads)"),
    ("news_forward", "table[title]", "table[np.unique(title)]"),
    ("news_backward", "np.add.at(d_table, title, dx)", "d_table[title] = dx"),
    ("news_backward", "np.add.at(d_table, title, dx)", "d_table[title] += dx"),
    ("news_backward", "gradients[name] += of_title[name]", "gradients[name] = of_title[name]"),
    ("news_backward", "d_news[i]", "d_news[0]"),
]
