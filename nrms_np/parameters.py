"""Names, shapes and first values of the parameters."""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import Array
from nrms_np.config import Config

WORD_SCALE = 0.4
"""Standard deviation of random word vectors; 300-dimensional GloVe vectors have about this one."""


def parameter_shapes(config: Config, words: int) -> dict[str, tuple[int, ...]]:
    """The name and shape of every parameter of a model with these settings.

    words: rows of the word embedding.
    """
    H, A, width = config.heads, config.query_dim, config.news_dim
    shapes: dict[str, tuple[int, ...]] = {"word_embedding": (words, config.word_dim)}
    for level, D in (("news", config.word_dim), ("user", width)):
        if f"{level}.attention" not in config.ablate:
            if config.attention == "projected":
                shapes[f"{level}.attention.Q"] = (D, width)
                shapes[f"{level}.attention.K"] = (D, width)
            else:
                shapes[f"{level}.attention.Q"] = (H, D, D)
        shapes[f"{level}.attention.V"] = (D, width)
        if config.output_projection:
            shapes[f"{level}.attention.O"] = (width, width)
        if f"{level}.pool" not in config.ablate:
            shapes[f"{level}.pool.W"] = (width, A)
            shapes[f"{level}.pool.b"] = (A,)
            shapes[f"{level}.pool.q"] = (A,)
    return shapes


def initial_parameters(config: Config, words: int, word_vectors: Array | None = None) -> dict[str, Array]:
    r"""Draw the first values, float32, from config.seed.

    Matrices are uniform in ±√(6 / (rows + columns)) (Glorot and Bengio, 2010), which keeps the size of the numbers through a
    product; the bias is zero; word vectors are normal with standard deviation WORD_SCALE.

    word_vectors: (words, word_dim) to start from instead, for example GloVe.
    """
    parameters: dict[str, Array] = {}
    for number, (name, shape) in enumerate(parameter_shapes(config, words).items()):
        rng = np.random.default_rng([config.seed, number, 11])
        if name == "word_embedding":
            value = WORD_SCALE * rng.standard_normal(shape) if word_vectors is None else word_vectors
        elif name.endswith(".b"):
            value = np.zeros(shape)
        else:
            rows, columns = shape[-2:] if len(shape) > 1 else (shape[0], 1)
            limit = np.sqrt(6 / (rows + columns))
            value = rng.uniform(-limit, limit, shape)
        parameters[name] = np.array(value, dtype=np.float32)
    return parameters
