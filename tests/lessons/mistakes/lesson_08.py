"""Mistakes in the exercises of lesson 08."""

MISTAKES = [
    ("last_clicks", "history[max(len(history) - most, 0) :]", "history[-most:]"),
    ("last_clicks", "history[max(len(history) - most, 0) :]", "history[:most]"),
    ("user_vector", "news[last_clicks(history, most)]", "news[history]"),
    ("one_click_user", "return r @ V", "return V[0]"),
    ("one_click_backward", "np.zeros_like(Q)", "np.outer(r, du)"),
]
