r"""NRMS: the words of titles become news vectors, the news of histories become user vectors, their dot products click scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.backend import Backend, get_backend
from nrms_np.config import Config, fastest_backend
from nrms_np.data.vocabulary import Vocabulary
from nrms_np.encoder import AttendCache, Dropout, attend_backward, attend_forward, prefixed, subset
from nrms_np.errors import ConfigError, ModelFileError
from nrms_np.layers.dropout import dropout_key
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.packed import Batch, Packed, RowGradient, distinct
from nrms_np.parameters import initial_parameters, parameter_shapes

SEQUENCES_PER_BLOCK = 2048
"""Encoding goes through the sequences in blocks of this many, so that memory does not grow with their number."""

WORD_LAYER, NEWS_LAYER = 0, 1
"""The numbers by which the two dropout masks of a step differ."""


class ForwardCache(NamedTuple):
    """The caches of the steps; word_dropout is None where none was done."""

    embedding: Any
    word_dropout: Any
    news: AttendCache
    users: AttendCache
    scores: Any


class NRMS:
    """The model: settings, vocabulary and parameters.

    parameters: the arrays, by the names of `parameter_shapes`; every function works in their dtype.
    vocabulary: word i is row i of word_embedding, word 0 stands for all unknown words.
    backend: what computes, where it is neither of the two that config.backend names.
    """

    def __init__(
        self, config: Config, vocabulary: list[str], parameters: dict[str, Array], backend: Backend | None = None
    ) -> None:
        for name, shape in parameter_shapes(config, len(vocabulary)).items():
            if name not in parameters:
                raise ModelFileError(f"the parameter {name} is missing.")
            if parameters[name].shape != shape:
                raise ModelFileError(
                    f"the parameter {name} has shape {parameters[name].shape}, but should have {shape}."
                )
        self.config = config
        self.vocabulary = vocabulary
        self.parameters = {name: np.ascontiguousarray(value) for name, value in parameters.items()}
        self._given = backend
        self._backend: Backend = get_backend(config.backend) if backend is None else backend

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it again: for copies and pickles, which cannot hold a backend that is a module."""
        return type(self), (self.config, self.vocabulary, self.parameters, self._given)

    @classmethod
    def create(cls, config: Config, vocabulary: list[str], word_vectors: Array | None = None) -> NRMS:
        """A new model with first values drawn from config.seed.

        word_vectors: (words, word_dim) to start from, for example GloVe; drawn at random without.
        """
        return cls(config, vocabulary, initial_parameters(config, len(vocabulary), word_vectors))

    @cached_property
    def words(self) -> Vocabulary:
        """The vocabulary as what reads titles. Raises ModelFileError where it is not one that titles can be read with."""
        try:
            return Vocabulary(self.vocabulary, self.config.tokens)
        except ValueError as error:
            raise ModelFileError(f"the model's vocabulary cannot be used, {error}.") from error

    def encode_titles(self, titles: Iterable[str]) -> Packed:
        """Titles as sequences of rows of the word embedding, cut into words as in the model's training."""
        return self.words.encode(titles, self.config.title_length)

    def encode_news(self, titles: Packed | Iterable[str]) -> Array:
        """News vectors r of titles (equations 1-5).

        titles: n titles, as strings, or as rows of the word embedding from `encode_titles`.    Returns (n, H·d).
        """
        packed = titles if isinstance(titles, Packed) else self.encode_titles(titles)
        return self._encode(self.parameters["word_embedding"], packed, "news")

    def encode_users(self, news_vectors: Array, histories: Packed) -> Array:
        """User vectors u of click histories (equations 6-10).

        news_vectors: (n, H·d) from `encode_news`.    histories: refer to rows of news_vectors.    Returns (users, H·d).
        """
        return self._encode(news_vectors, histories, "user")

    def attend(
        self, table: Array, sequences: Packed, level: str, dropout: Dropout | None = None
    ) -> tuple[Array, AttendCache]:
        """`encoder.attend_forward` with the parameters of a level, `news` or `user`."""
        config, parameters = self.config, subset(self.parameters, level)
        return attend_forward(table, sequences, parameters, config.heads, config.scale, self._backend, dropout)

    def score(self, users: Array, which: IntArray, news: Array, candidates: Packed) -> Array:
        """Click scores for ranking, any number of candidates for each user.

        users: (m, H·d).    which: (n,) the row of users that each sequence of candidates is for.
        news: (rows, H·d).    candidates: n sequences that refer to its rows.

        Returns (total,) scores, aligned with candidates.index.
        """
        return self._backend.score_candidates(users, which, news, candidates)

    def _encode(self, table: Array, sequences: Packed, level: str) -> Array:
        vectors = np.empty((sequences.count, self.config.news_dim), dtype=table.dtype)
        for start in range(0, sequences.count, SEQUENCES_PER_BLOCK):
            block = sequences.take(np.arange(start, min(start + SEQUENCES_PER_BLOCK, sequences.count)))
            used, index = distinct(block.index, len(table))  # no other rows are multiplied
            out, _ = self.attend(table[used], Packed(index, block.offsets), level)
            vectors[start : start + block.count] = out
        return vectors

    def forward(self, batch: Batch, dropout_step: int | None = None) -> tuple[Array, ForwardCache]:
        """Click scores of a batch (equations 1-10 and ŷ = uᵀ r_c).

        dropout_step: the training step whose dropout masks to use; None switches dropout off.

        Returns (scores, cache): scores (B, 1 + K).
        """
        backend, config = self._backend, self.config
        words, title_words = (None, None) if batch.share is None else (batch.share.words, batch.share.title_words)
        word_dropout = self._dropout(dropout_step, WORD_LAYER, words)
        news_dropout = self._dropout(dropout_step, NEWS_LAYER, title_words) if config.dropout_after_attention else None
        x, embedding = backend.embedding_forward(self.parameters["word_embedding"], batch.words)
        dropped = None
        if word_dropout is not None:
            x, dropped = backend.dropout_forward(x, *word_dropout)
        news, news_cache = self.attend(x, batch.titles, "news", news_dropout)
        # News of histories come first in a batch; candidates that nobody clicked on before need no query, key or value.
        clicked = news[: batch.histories.index.max(initial=-1) + 1]
        users, users_cache = self.attend(clicked, batch.histories, "user")
        scores, scores_cache = backend.click_score_forward(users, news, batch.candidates)
        return scores, ForwardCache(embedding, dropped, news_cache, users_cache, scores_cache)

    def backward(self, d_scores: Array, cache: ForwardCache) -> dict[str, Array | RowGradient]:
        """Gradients of all parameters by their names; word_embedding's as a RowGradient.

        d_scores: (B, 1 + K).
        """
        backend = self._backend
        # scores = click_score(users, news)
        d_users, d_news = backend.click_score_backward(d_scores, cache.scores)  # news as candidates
        # users = attend(clicked, histories)
        d_clicked, user_gradients = attend_backward(d_users, cache.users)
        d_news[: len(d_clicked)] += d_clicked  # and news as clicks of a history: one encoder, two uses
        # news = attend(x, titles)
        dx, news_gradients = attend_backward(d_news, cache.news)
        # x = dropout(word_embedding[words])
        if cache.word_dropout is not None:
            dx = backend.dropout_backward(dx, cache.word_dropout)
        return {
            "word_embedding": backend.embedding_backward(dx, cache.embedding),
            **prefixed(news_gradients, "news"),
            **prefixed(user_gradients, "user"),
        }

    def loss(self, batch: Batch) -> float:
        """Mean loss of the samples (equations 11-12), without dropout; of a share of a batch its summand of the whole one's."""
        scores, _ = self.forward(batch)
        losses, _ = self._backend.softmax_loss_forward(scores, np.zeros(len(scores), dtype=np.intp))
        return float(losses.sum() / batch.samples)

    def loss_and_row_gradients(
        self, batch: Batch, dropout_step: int | None = None
    ) -> tuple[float, dict[str, Array | RowGradient]]:
        """Mean loss of the samples (equations 11-12) and gradients; word_embedding's as a RowGradient, for training.

        Of a share of a batch: its summands of the whole batch's mean and gradients.
        """
        scores, cache = self.forward(batch, dropout_step)
        clicked = np.zeros(len(scores), dtype=np.intp)
        losses, loss_cache = self._backend.softmax_loss_forward(scores, clicked)
        # loss = losses.sum() / samples
        d_losses = np.full(len(losses), 1 / batch.samples, dtype=scores.dtype)
        d_scores = self._backend.softmax_loss_backward(d_losses, loss_cache)
        return float(losses.sum() / batch.samples), self.backward(d_scores, cache)

    def loss_and_gradients(self, batch: Batch, dropout_step: int | None = None) -> tuple[float, dict[str, Array]]:
        """Mean loss of the samples (equations 11-12) and the gradients of all parameters, each of its parameter's shape."""
        loss, gradients = self.loss_and_row_gradients(batch, dropout_step)
        return loss, {
            name: gradient.dense(len(self.parameters[name])) if isinstance(gradient, RowGradient) else gradient
            for name, gradient in gradients.items()
        }

    def _dropout(self, step: int | None, layer: int, rows: IntArray | None) -> Dropout | None:
        if step is None or self.config.dropout == 0:
            return None
        return Dropout(self.config.dropout, dropout_key(self.config.seed, step, layer), rows)

    def save(self, path: str | Path) -> None:
        """Write parameters, vocabulary and settings to an .npz file. It appears whole or not at all.

        Raises ModelFileError for what `load` would refuse: parameters in other numbers than float32, and arrays of other names.
        """
        check_types(self.parameters, parameter_shapes(self.config, len(self.vocabulary)))
        write_arrays(Path(path), {**self.parameters, "vocabulary": self.vocabulary, "config": self.config.to_json()})

    @classmethod
    def load(cls, path: str | Path, backend: str | None = None) -> NRMS:
        """Read what `save` wrote.

        path:    the file, or the folder of a run, whose best model is then read.
        backend: what to compute with, `kernels` or `layers`; None for what the model was trained with, or for `layers` where that
            needs Numba and Numba is not installed.
        Raises ModelFileError where the file is missing, broken or of another program.
        """
        path = model_path(Path(path))
        arrays = read_arrays(path, "this is not a saved model")
        try:
            config = Config.from_json(text_of(arrays.pop("config"), ndim=0).item())
            trained_with = "layers" if fastest_backend() == "layers" else config.backend
            config = replace(config, backend=backend or trained_with)
            words = text_of(arrays.pop("vocabulary"), ndim=1).tolist()
            check_types(arrays, parameter_shapes(config, len(words)))
            return cls(config, words, arrays)
        except KeyError as error:
            raise ModelFileError(f"{path}: this is not a saved model, it has no {error.args[0]}.") from error
        except (ConfigError, ModelFileError) as error:
            raise ModelFileError(f"{path}: {error}") from error


def text_of(array: Any, ndim: int) -> Any:
    """The array, which must hold text. Raises ModelFileError where it does not."""
    if array.dtype.kind != "U" or array.ndim != ndim:
        raise ModelFileError(f"text is needed where there is an array of {array.dtype} with shape {array.shape}.")
    return array


def check_types(arrays: dict[str, Any], names: Iterable[str]) -> None:
    """Raise ModelFileError for an array of another name, and for one that is not of float32."""
    for name, array in arrays.items():
        if name not in names:
            raise ModelFileError(f"there is an array {name!r}, which is not one of its parameters.")
        if array.dtype != np.float32:
            raise ModelFileError(f"the parameter {name} is of {array.dtype}, but should be of float32; convert it.")


def model_path(run: Path) -> Path:
    """Where the model of a run is: in its folder, or the path itself where that is a file.

    Raises ModelFileError for a folder without model.npz.
    """
    if not run.is_dir():
        return run
    path = run / "model.npz"
    if not path.is_file():
        raise ModelFileError(f"{run}: this folder has no model.npz; give the folder of a run that has ended an epoch.")
    return path
