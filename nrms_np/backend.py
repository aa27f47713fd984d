"""What the encoder asks of a backend, and the two that there are."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from nrms_np.arrays import Array, IntArray
from nrms_np.config import fastest_backend
from nrms_np.errors import ConfigError
from nrms_np.packed import Packed, RowGradient

MODULES = {"kernels": "nrms_np.kernels", "layers": "nrms_np.layers.batched"}


class Backend(Protocol):
    """The pieces of the model on packed batches. Shapes and meaning are in the docstrings of `kernels`.

    The caches of both attentions have a method `weights(s)`: the attention weights of sequence s, for those who want to look.
    """

    def embedding_forward(self, table: Array, rows: IntArray) -> tuple[Array, Any]:
        """Look up rows."""

    def embedding_backward(self, dx: Array, cache: Any) -> RowGradient:
        """Gradient of the table."""

    def dropout_forward(self, x: Array, rate: float, key: int) -> tuple[Array, Any]:
        """Drop a share of the numbers."""

    def dropout_backward(self, dy: Array, cache: Any) -> Array:
        """Gradient of x."""

    def projected_attention_forward(
        self, table: Array, sequences: Packed, Q: Array, K: Array, V: Array, heads: int, scale: float
    ) -> tuple[Array, Any]:
        """Let the elements of each sequence look at each other."""

    def projected_attention_backward(self, dh: Array, cache: Any) -> tuple[Array, ...]:
        """Gradients of table, Q, K, V."""

    def bilinear_attention_forward(
        self, table: Array, sequences: Packed, Q: Array, V: Array, scale: float
    ) -> tuple[Array, Any]:
        """The same by equation 1 to the letter."""

    def bilinear_attention_backward(self, dh: Array, cache: Any) -> tuple[Array, ...]:
        """Gradients of table, Q, V."""

    def product_forward(self, x: Array, W: Array) -> tuple[Array, Any]:
        """A plain product x W."""

    def product_backward(self, dy: Array, cache: Any) -> tuple[Array, Array]:
        """Gradients of x and W."""

    def additive_attention_forward(
        self, h: Array, offsets: IntArray, W: Array, b: Array, q: Array
    ) -> tuple[Array, Any]:
        """Pool each sequence into one vector."""

    def additive_attention_backward(self, d_pooled: Array, cache: Any) -> tuple[Array, ...]:
        """Gradients of h, W, b, q."""

    def mean_pooling_forward(self, h: Array, offsets: IntArray) -> tuple[Array, Any]:
        """The plain mean of each sequence."""

    def mean_pooling_backward(self, d_pooled: Array, cache: Any) -> Array:
        """Gradient of h."""

    def click_score_forward(self, users: Array, news: Array, candidates: IntArray) -> tuple[Array, Any]:
        """Score the candidates of each user."""

    def click_score_backward(self, d_scores: Array, cache: Any) -> tuple[Array, Array]:
        """Gradients of users and news."""

    def softmax_loss_forward(self, scores: Array, clicked: IntArray) -> tuple[Array, Any]:
        """The loss of each sample."""

    def softmax_loss_backward(self, d_losses: Array, cache: Any) -> Array:
        """Gradient of the scores."""

    def score_candidates(self, users: Array, which: IntArray, news: Array, candidates: Packed) -> Array:
        """Scores for ranking, any number of candidates for each user."""


def get_backend(name: str) -> Backend:
    """The backend `kernels` or `layers`; imported here, so that a model with `layers` works without Numba.

    Raises ConfigError where the kernels are asked for and Numba is not installed.
    """
    if name == "kernels" and fastest_backend() != "kernels":
        raise ConfigError("the kernels need Numba, which is not installed; install it, or take the backend layers.")
    return cast(Backend, import_module(MODULES[name]))
