"""Mistakes in the exercises of lesson 08."""

MISTAKES = [
    ("derive_one_click", "V @ du", "du @ V"),
    ("derive_one_click", "V @ du", "np.zeros_like(r)"),
    ("derive_one_click", "np.outer(r, du)", "np.outer(r, r) @ V"),
    ("last_clicks", "history[max(len(history) - most, 0) :]", "history[-most:]"),
    ("last_clicks", "history[max(len(history) - most, 0) :]", "history[:most]"),
    ("last_clicks", "history[max(len(history) - most, 0) :]", "history[len(history) - most :]"),
    ("user_forward", "news[history[max(len(history) - most, 0) :]]", "news[history]"),
    ("user_forward", "news[history[max(len(history) - most, 0) :]]", "news[np.unique(history)]"),
    ("user_forward", "return u", "return h.mean(axis=0)"),
    ("user_backward", "np.add.at(d_news, clicks, dr)", "d_news[clicks] = dr"),
    ("user_backward", "np.add.at(d_news, clicks, dr)", "np.add.at(d_news, history[: len(dr)], dr)"),
    ("user_backward", "*of_attention, *of_pool", "*of_pool, *of_attention"),
]
