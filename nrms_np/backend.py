"""What the encoder asks of a backend, and the two that there are."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from nrms_np.packed import Packed, RowGradient

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

MODULES = {"kernels": "nrms_np.kernels", "layers": "nrms_np.one_by_one"}


class Backend(Protocol):
    """The pieces of the model on packed batches. Shapes and meaning are in the docstrings of `kernels`."""

    def embedding_forward(self, table: Array, rows: IntArray) -> tuple[Array, Any]:
        """Look up rows."""

    def embedding_backward(self, dx: Array, cache: Any) -> RowGradient:
        """Gradient of the table."""

    def dropout_forward(self, x: Array, rate: float, key: int) -> tuple[Array, Any]:
        """Drop a share of the numbers."""

    def dropout_backward(self, dy: Array, cache: Any) -> Array:
        """Gradient of x."""

    def self_attention_forward(
        self, table: Array, sequences: Packed, parameters: dict[str, Array], heads: int, scale: float
    ) -> tuple[Array, Any]:
        """Let the elements of each sequence look at each other."""

    def self_attention_backward(self, dh: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
        """Gradients of table and parameters."""

    def pooling_forward(self, h: Array, offsets: IntArray, parameters: dict[str, Array]) -> tuple[Array, Any]:
        """Pool each sequence into one vector."""

    def pooling_backward(self, d_pooled: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
        """Gradients of h and parameters."""

    def click_score_forward(self, users: Array, news: Array, candidates: IntArray) -> tuple[Array, Any]:
        """Score the candidates of each user."""

    def click_score_backward(self, d_scores: Array, cache: Any) -> tuple[Array, Array]:
        """Gradients of users and news."""

    def softmax_loss_forward(self, scores: Array, clicked: IntArray) -> tuple[Array, Any]:
        """The loss of each sample."""

    def softmax_loss_backward(self, d_losses: Array, cache: Any) -> Array:
        """Gradient of the scores."""


def get_backend(name: str) -> Backend:
    """The backend `kernels` or `layers`; imported here, so that a model with `layers` works without Numba."""
    return cast(Backend, import_module(MODULES[name]))
