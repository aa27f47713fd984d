"""Sizes for the tests: all different, so that a transposed axis cannot pass."""

from __future__ import annotations

import numpy as np

from nrms_np.config import Config
from nrms_np.packed import Batch, Packed

T, D, H, d, A = 5, 7, 3, 2, 4
WIDTH = H * d
SCALE = 1 / d**0.5

FORMS = ("QKV", "QKVO", "QV", "QVO", "V", "VO")


def attention_parameters(form: str, rng: np.random.Generator, width_in: int = D) -> dict[str, np.ndarray]:
    """Parameters of one form of self-attention, float64; without K, Q is the bilinear (H, D, D)."""
    shapes = {
        "Q": (width_in, WIDTH) if "K" in form else (H, width_in, width_in),
        "K": (width_in, WIDTH),
        "V": (width_in, WIDTH),
        "O": (WIDTH, WIDTH),
    }
    return {name: rng.standard_normal(shapes[name]) for name in form}


def pool_parameters(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Parameters of additive attention, float64."""
    return {"W": rng.standard_normal((WIDTH, A)), "b": rng.standard_normal(A), "q": rng.standard_normal(A)}


def ragged_sequences() -> Packed:
    """Sequences that refer to 9 rows: lengths 4, 0, 1 and 6, with rows used twice, and row 8 not at all."""
    return Packed.from_lists([[2, 0, 2, 5], [], [7], [1, 2, 3, 4, 6, 0]])


ROWS = 9

WORDS = 13
"""Rows of the word embedding in the tests of the whole model."""


def ragged_batch() -> Batch:
    """Repeated words, repeated titles, an empty title, an empty history, a candidate that is also in the history."""
    titles = Packed.from_lists([[0, 3, 3, 1], [], [2], [4, 0, 5, 1, 6], [0, 3, 3, 1], [6, 6]])
    histories = Packed.from_lists([[0, 1, 3], [], [2, 2, 5, 4, 0]])
    candidates = np.array([[3, 1, 2], [4, 0, 5], [5, 3, 1]])
    return Batch(np.array([1, 2, 4, 6, 7, 10, 12], dtype=np.int32), titles, histories, candidates)


def small_config(**changes: object) -> Config:
    """A model of the sizes above."""
    return Config(**{"word_dim": D, "heads": H, "head_dim": d, "query_dim": A, **changes})  # type: ignore[arg-type]
