"""Exercises of lesson 08: the user vector, for long, short and empty histories."""

import numpy as np

from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward


def last_clicks(history: np.ndarray, most: int) -> np.ndarray:
    """Cut a history to its last clicks. The oldest click stands first.

    history: (N,) rows of news.    most: how many clicks to keep, 0 or more.

    Returns the last `most` of them in the same order, or all where there are fewer.
    """
    return history[max(len(history) - most, 0) :]


def user_vector(
    news: np.ndarray, history: np.ndarray, parameters: dict[str, np.ndarray], heads: int, most: int
) -> np.ndarray:
    """Equations 6 to 10: the vector of a user, from the last `most` clicks.

    news: (n, D).    history: (N,) rows of news, the oldest click first.    heads: H.
    parameters: "Q", "K", "V" (D, H·d) of the self-attention, scaled by 1/√d; "W" (H·d, A), "b", "q" (A,) of the additive
    attention. The two forwards return (output, cache).

    Returns u (H·d,). For an empty history it is the zero vector.
    """
    x = news[last_clicks(history, most)]
    d = parameters["Q"].shape[1] // heads
    h, _ = projected_attention_forward(x, parameters["Q"], parameters["K"], parameters["V"], heads, 1 / np.sqrt(d))
    u, _ = additive_attention_forward(h, parameters["W"], parameters["b"], parameters["q"])
    return u


def one_click_user(r: np.ndarray, V: np.ndarray) -> np.ndarray:
    """The user vector of a history of one click, without any attention function: all that is left of equations 6 to 10.

    r: (D,) the vector of the clicked news.    V: (D, H·d) the values' matrix.

    Returns u (H·d,).
    """
    return r @ V


def one_click_backward(du: np.ndarray, r: np.ndarray, Q: np.ndarray, V: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients that a history of one click passes back, without any attention function.

    du: (H·d,) gradient of the loss with respect to u.    r: (D,).    Q: (D, H·d) the queries' matrix.    V: (D, H·d).

    Returns the gradients by name: "r" (D,), "Q" (D, H·d), "V" (D, H·d).
    """
    return {"r": V @ du, "Q": np.zeros_like(Q), "V": np.outer(r, du)}
