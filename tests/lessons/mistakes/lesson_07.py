"""Mistakes in the exercises of lesson 07."""

MISTAKES = [
    ("history_forward", "news[clicks], Q", "news, Q"),
    ("history_backward", "np.add.at(d_news, clicks, dx)", "d_news[clicks] = dx"),
    ("news_gradient", "np.add.at(d_news, candidates, d_candidates)", "d_news[candidates] = d_candidates"),
    ("shared_gradients", "np.sum([", "np.mean(["),
]
