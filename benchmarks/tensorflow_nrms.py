"""NRMS in TensorFlow, the ordinary way: titles padded to 30 words, histories to 50 clicks; a graph, traced once.

As in `torch_nrms.PaddedNRMS`, each occurrence of a news item is encoded anew, and padding takes no part in attention.
Parameters have our names and shapes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

import padded
from nrms_np.packed import Batch


class TensorFlowNRMS:
    """The projected form, from given parameters; `dropout` falls on word vectors and on the titles' self-attention."""

    def __init__(self, parameters: dict[str, NDArray[np.floating]], heads: int, *, dropout: float) -> None:
        self.variables = {name: tf.Variable(value) for name, value in parameters.items()}
        self.heads = heads
        self.dropout = dropout

    def scores(self, batch: padded.PaddedBatch, *, training: bool) -> tf.Tensor:
        """Score the candidates: (B, 1 + K)."""
        # Histories and candidates go through the encoder together, as one large batch of titles.
        words = tf.concat([batch.history_words, batch.candidate_words], axis=1)
        lengths = tf.concat([batch.title_lengths, batch.candidate_lengths], axis=1)
        B, titles, T = words.shape
        x = tf.gather(self.variables["word_embedding"], tf.reshape(words, [-1, T]))
        news = self._attend(self._drop(x, training), tf.reshape(lengths, [-1]), "news", training)
        news = tf.reshape(news, [B, titles, -1])
        clicks = batch.history_words.shape[1]
        users = self._attend(news[:, :clicks], batch.history_lengths, "user", training=False)
        return tf.linalg.matvec(news[:, clicks:], users)

    def loss(self, batch: padded.PaddedBatch, *, training: bool) -> tf.Tensor:
        """Average the cross entropy over the samples; the clicked candidate is in column 0."""
        return -tf.reduce_mean(tf.nn.log_softmax(self.scores(batch, training=training))[:, 0])

    def _attend(self, x: tf.Tensor, lengths: tf.Tensor, level: str, training: bool) -> tf.Tensor:
        """Encode x (n, T, D), of which sequence i uses the first lengths[i] rows, to (n, H·d)."""
        Q, K, V, W, b, q = (
            self.variables[f"{level}.{name}"]
            for name in ("attention.Q", "attention.K", "attention.V", "pool.W", "pool.b", "pool.q")
        )
        n, T, _ = x.shape
        # An empty sequence keeps one row so that its softmax is defined; its vector is set to zero at the end.
        here = tf.sequence_mask(tf.maximum(lengths, 1), T)
        nothing = tf.where(here, tf.zeros([], x.dtype), x.dtype.min)  # added to the scores of padding
        queries, keys, values = (tf.reshape(x @ matrix, [n, T, self.heads, -1]) for matrix in (Q, K, V))
        queries, keys, values = (tf.transpose(rows, [0, 2, 1, 3]) for rows in (queries, keys, values))
        scores = tf.matmul(queries, keys, transpose_b=True) / np.sqrt(queries.shape[-1]).astype(x.dtype.as_numpy_dtype)
        alpha = tf.nn.softmax(scores + nothing[:, None, None, :])
        h = tf.reshape(tf.transpose(alpha @ values, [0, 2, 1, 3]), [n, T, -1])
        h = self._drop(h, training)
        weights = tf.nn.softmax(tf.linalg.matvec(tf.tanh(h @ W + b), q) + nothing)
        vectors = tf.squeeze(weights[:, None, :] @ h, axis=1)
        return vectors * tf.cast(lengths > 0, x.dtype)[:, None]

    def _drop(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        return tf.nn.dropout(x, self.dropout) if training and self.dropout > 0 else x


def loss_and_gradients(model: TensorFlowNRMS, batch: padded.PaddedBatch) -> tuple[float, dict[str, NDArray]]:
    """Compute the loss without dropout and its gradients, all of them dense."""
    with tf.GradientTape() as tape:
        loss = model.loss(batch, training=False)
    gradients = tape.gradient(loss, model.variables)
    return float(loss), {name: tf.convert_to_tensor(value).numpy() for name, value in gradients.items()}


def training_step(model: TensorFlowNRMS, batch: Batch, learning_rate: float) -> Callable[[], float]:
    """Make a function that does one step with Adam and returns the loss before it."""
    optimizer = tf.keras.optimizers.Adam(learning_rate)
    variables = list(model.variables.values())
    arrays = padded.PaddedBatch(*(tf.constant(array) for array in padded.pad_batch(batch)))

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = model.loss(arrays, training=True)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return lambda: float(step())
