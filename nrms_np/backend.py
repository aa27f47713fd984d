"""What the encoder asks of a backend, and the two that there are."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, cast

from nrms_np.arrays import Array, IntArray
from nrms_np.config import fastest_backend
from nrms_np.errors import ConfigError
from nrms_np.packed import Packed, RowGradient

MODULES = {"kernels": "nrms_np.kernels", "layers": "nrms_np.layers.batched"}


class Backend(Protocol):
    """The pieces of the model on packed batches. Arguments, shapes and meaning are in the docstrings of `kernels`.

    The caches of both attentions have a method `weights(s)`: the attention weights of sequence s, for those who want to look.
    """

    embedding_forward: Callable[[Array, IntArray], tuple[Array, Any]]
    embedding_backward: Callable[[Array, Any], RowGradient]
    dropout_forward: Callable[[Array, float, int, IntArray | None], tuple[Array, Any]]
    dropout_backward: Callable[[Array, Any], Array]
    projected_attention_forward: Callable[[Array, Packed, Array, Array, Array, int, float], tuple[Array, Any]]
    projected_attention_backward: Callable[[Array, Any], tuple[Array, ...]]
    bilinear_attention_forward: Callable[[Array, Packed, Array, Array, float], tuple[Array, Any]]
    bilinear_attention_backward: Callable[[Array, Any], tuple[Array, ...]]
    product_forward: Callable[[Array, Array], tuple[Array, Any]]
    product_backward: Callable[[Array, Any], tuple[Array, Array]]
    additive_attention_forward: Callable[[Array, IntArray, Array, Array, Array], tuple[Array, Any]]
    additive_attention_backward: Callable[[Array, Any], tuple[Array, ...]]
    mean_pooling_forward: Callable[[Array, IntArray], tuple[Array, Any]]
    mean_pooling_backward: Callable[[Array, Any], Array]
    click_score_forward: Callable[[Array, Array, IntArray], tuple[Array, Any]]
    click_score_backward: Callable[[Array, Any], tuple[Array, Array]]
    softmax_loss_forward: Callable[[Array, IntArray], tuple[Array, Any]]
    softmax_loss_backward: Callable[[Array, Any], Array]
    score_candidates: Callable[[Array, IntArray, Array, Packed], Array]


def get_backend(name: str) -> Backend:
    """The backend `kernels` or `layers`; imported here, so that a model with `layers` works without Numba.

    Raises ConfigError where the kernels are asked for and Numba is not installed.
    """
    if name == "kernels" and fastest_backend() != "kernels":
        raise ConfigError("the kernels need Numba, which is not installed; install it, or take the backend layers.")
    return cast(Backend, import_module(MODULES[name]))
