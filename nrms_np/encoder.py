r"""attend: NRMS's one function, used twice.

    words ──attend──▶ news ──attend──▶ users

Self-attention lets the elements of each sequence look at each other (equations 1-2 and 6-7), then additive attention pools
each sequence into one vector (3-5 and 8-10). On the first level the elements are words and the sequences are titles; on the
second the elements are the news vectors just computed and the sequences are click histories.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.backend import Backend
from nrms_np.packed import Packed

Array = NDArray[np.floating[Any]]


class Dropout(NamedTuple):
    """What a dropout mask is computed from: the rate, and the key of `layers.dropout.dropout_key`."""

    rate: float
    key: int


class AttendCache(NamedTuple):
    """The caches of the steps; dropout is None where none was done."""

    attention: Any
    dropout: Any
    pooling: Any
    backend: Backend


def attend_forward(
    table: Array,
    sequences: Packed,
    parameters: dict[str, Array],
    heads: int,
    scale: float,
    backend: Backend,
    dropout: Dropout | None = None,
) -> tuple[Array, AttendCache]:
    """Encode each sequence of rows of the table as one vector.

    table: (rows, D).    sequences: n sequences of references to its rows, N in all.
    parameters: `attention.*` (see `layers.self_attention`) and `pool.*` (see `layers.additive_attention`).
    dropout: between self-attention and pooling; None for none.

    Returns (vectors, cache): vectors (n, H·d), zeros for a sequence of length 0.
    """
    h, attention = backend.self_attention_forward(table, sequences, subset(parameters, "attention"), heads, scale)
    dropped = None
    if dropout is not None:
        h, dropped = backend.dropout_forward(h, dropout.rate, dropout.key)
    vectors, pooling = backend.pooling_forward(h, sequences.offsets, subset(parameters, "pool"))
    return vectors, AttendCache(attention, dropped, pooling, backend)


def attend_backward(d_vectors: Array, cache: AttendCache) -> tuple[Array, dict[str, Array]]:
    """Gradients of the table and, under their names, of the parameters: the steps of the forward in reverse.

    d_vectors: (n, H·d).    Returns d_table (rows, D), {"attention.Q": dQ, ..., "pool.W": dW, ...}.
    """
    backend = cache.backend
    # vectors = pooling(h)
    dh, d_pool = backend.pooling_backward(d_vectors, cache.pooling)
    # h = dropout(h)
    if cache.dropout is not None:
        dh = backend.dropout_backward(dh, cache.dropout)
    # h = self_attention(table)
    d_table, d_attention = backend.self_attention_backward(dh, cache.attention)
    return d_table, {**prefixed(d_attention, "attention"), **prefixed(d_pool, "pool")}


def subset(parameters: dict[str, Array], group: str) -> dict[str, Array]:
    """The parameters whose names start with `group` and a dot, named by what follows."""
    start = group + "."
    return {name.removeprefix(start): value for name, value in parameters.items() if name.startswith(start)}


def prefixed(values: dict[str, Array], group: str) -> dict[str, Array]:
    """The same values named by `group`, a dot, and their own name: undoes `subset`."""
    return {f"{group}.{name}": value for name, value in values.items()}
