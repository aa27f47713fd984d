"""Exercises of lesson 07: the same function on news, and gradients that meet."""

import numpy as np

from nrms_np.layers.self_attention import ProjectedCache, projected_attention_backward, projected_attention_forward


def history_forward(
    news: np.ndarray, clicks: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, heads: int
) -> tuple[np.ndarray, ProjectedCache]:
    """Equations 6 and 7: self-attention, scaled by 1/√d, over the clicked news of one user.

    news: (n, D) the vectors of all news.    clicks: (T,) the rows of the clicked ones.    Q, K, V: (D, H·d).    heads: H.

    Returns (h, cache): h (T, H·d), and the cache of projected_attention_forward.
    """
    d = Q.shape[1] // heads
    return projected_attention_forward(news[clicks], Q, K, V, heads, 1 / np.sqrt(d))


def history_backward(
    dh: np.ndarray, cache: ProjectedCache, clicks: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of history_forward.

    dh: (T, H·d) gradient of the loss with respect to h.    cache: that of projected_attention_forward.
    clicks: (T,) rows of news.    count: how many news items there are.

    Returns d_news (count, D), dQ, dK, dV (D, H·d).
    """
    dx, dQ, dK, dV = projected_attention_backward(dh, cache)
    d_news = np.zeros((count, dx.shape[1]))
    np.add.at(d_news, clicks, dx)
    return d_news, dQ, dK, dV


def news_gradient(
    d_clicked: np.ndarray, clicks: np.ndarray, d_candidates: np.ndarray, candidates: np.ndarray, count: int
) -> np.ndarray:
    """The gradient of all news vectors when they are used twice: as clicks of a history and as candidates.

    d_clicked: (T, D) gradient of the loss with respect to news[clicks].    clicks: (T,) rows of news.
    d_candidates: (C, D) gradient of the loss with respect to news[candidates].    candidates: (C,) rows of news.
    count: how many news items there are. The same one may stand in both lists, and more than once in each.

    Returns d_news (count, D).
    """
    d_news = np.zeros((count, d_clicked.shape[1]))
    np.add.at(d_news, clicks, d_clicked)
    np.add.at(d_news, candidates, d_candidates)
    return d_news


def shared_gradients(of_titles: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The gradients of the news encoder's parameters: one encoder encoded all titles.

    of_titles: for each title, at least one, the parameters' gradients by name. They must be left as they are.

    Returns the gradients by name.
    """
    return {name: np.sum([gradients[name] for gradients in of_titles], axis=0) for name in of_titles[0]}
