r"""attend: NRMS's one function, used twice.

    words ──attend──▶ news ──attend──▶ users

Self-attention lets the elements of each sequence look at each other (equations 1-2 and 6-7), then additive attention pools
each sequence into one vector (3-5 and 8-10). On the first level the elements are words and the sequences are titles; on the
second the elements are the news vectors just computed and the sequences are click histories.

The parameters decide which form runs, here and nowhere else. Self-attention with {Q, K, V} is projected, with {Q, V} bilinear; {V}
alone is attention switched off, h = x V, to measure what it is worth. With O as well, one more matrix mixes the heads. Pooling with
{W, b, q} is additive attention, with {} the plain mean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.backend import Backend
from nrms_np.packed import Packed


class Dropout(NamedTuple):
    """What a dropout mask is computed from: the rate, the key of `layers.dropout.dropout_key`, and which rows it is for.

    rows: (n,) of the whole batch's mask, for a share of a batch; None for all of them in order.
    """

    rate: float
    key: int
    rows: IntArray | None = None


class SelfAttentionCache(NamedTuple):
    """names: the parameters of the form that ran, QKV, QV or V. The rest: caches of the steps, None for a step not done."""

    names: str
    rows: int
    attention: Any
    lookup: Any
    output: Any


class AttendCache(NamedTuple):
    """sequences, heads, backend: the inputs that are needed again. pools: whether additive attention pooled, not the mean.

    The rest: the caches of the steps; dropout is None where none was done.
    """

    sequences: Packed
    heads: int
    backend: Backend
    attention: SelfAttentionCache
    dropout: Any
    pooling: Any
    pools: bool


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
    h, attention = self_attention_forward(table, sequences, subset(parameters, "attention"), heads, scale, backend)
    dropped = None
    if dropout is not None:
        h, dropped = backend.dropout_forward(h, *dropout)
    pool = subset(parameters, "pool")
    if pool:
        vectors, pooling = backend.additive_attention_forward(h, sequences.offsets, pool["W"], pool["b"], pool["q"])
    else:
        vectors, pooling = backend.mean_pooling_forward(h, sequences.offsets)
    return vectors, AttendCache(sequences, heads, backend, attention, dropped, pooling, bool(pool))


def attend_backward(d_vectors: Array, cache: AttendCache) -> tuple[Array, dict[str, Array]]:
    """Gradients of the table and, under their names, of the parameters: the steps of the forward in reverse.

    d_vectors: (n, H·d).    Returns d_table (rows, D), {"attention.Q": dQ, ..., "pool.W": dW, ...}.
    """
    backend = cache.backend
    gradients: dict[str, Array] = {}
    if cache.pools:
        # vectors = additive_attention(h)
        dh, *d_pool = backend.additive_attention_backward(d_vectors, cache.pooling)
        gradients = dict(zip(("pool.W", "pool.b", "pool.q"), d_pool, strict=True))
    else:
        # vectors = mean(h)
        dh = backend.mean_pooling_backward(d_vectors, cache.pooling)
    # h = dropout(h)
    if cache.dropout is not None:
        dh = backend.dropout_backward(dh, cache.dropout)
    # h = self_attention(table)
    d_table, d_attention = self_attention_backward(dh, cache.attention, backend)
    return d_table, {**prefixed(d_attention, "attention"), **gradients}


def self_attention_forward(
    table: Array, sequences: Packed, parameters: dict[str, Array], heads: int, scale: float, backend: Backend
) -> tuple[Array, SelfAttentionCache]:
    """Self-attention over each sequence in the form that the parameters have: {Q, K, V}, {Q, V} or {V}, each also with O.

    table: (rows, D).    sequences: refer to its rows, N references in all.

    Returns (h, cache): h (N, H·d), one row per reference, in the order of sequences.index.
    """
    names = "".join(name for name in "QKV" if name in parameters)
    V = parameters["V"]
    lookup = output = None
    if names == "QKV":
        h, attention = backend.projected_attention_forward(
            table, sequences, parameters["Q"], parameters["K"], V, heads, scale
        )
    elif names == "QV":
        h, attention = backend.bilinear_attention_forward(table, sequences, parameters["Q"], V, scale)
    else:  # every element sees only itself
        values, attention = backend.product_forward(table, V)
        h, lookup = backend.embedding_forward(values, sequences.index)
    if "O" in parameters:
        h, output = backend.product_forward(h, parameters["O"])
    return h, SelfAttentionCache(names, len(table), attention, lookup, output)


def self_attention_backward(dh: Array, cache: SelfAttentionCache, backend: Backend) -> tuple[Array, dict[str, Array]]:
    """Gradients of the table and, under the names they came with, of the parameters.

    dh: (N, H·d).    Returns d_table (rows, D), {"Q": dQ, ...}.
    """
    gradients: dict[str, Array] = {}
    # h = h @ O
    if cache.output is not None:
        dh, gradients["O"] = backend.product_backward(dh, cache.output)
    if cache.names == "QKV":
        # h = projected_attention(table, Q, K, V)
        d_table, *matrices = backend.projected_attention_backward(dh, cache.attention)
    elif cache.names == "QV":
        # h = bilinear_attention(table, Q, V)
        d_table, *matrices = backend.bilinear_attention_backward(dh, cache.attention)
    else:
        # h = values[sequences.index]
        d_values = backend.embedding_backward(dh, cache.lookup).dense(cache.rows)
        # values = table @ V
        d_table, *matrices = backend.product_backward(d_values, cache.attention)
    return d_table, {**dict(zip(cache.names, matrices, strict=True)), **gradients}


def attention_weights(cache: AttendCache, s: int) -> tuple[Array, Array]:
    """How the elements of sequence s were weighed in the forward pass that made the cache.

    Returns (alpha (H, T, T), weights (T,)): how element i of each head looks at element j (equations 1 and 6), and how much
    each element counts in the pooled vector (equations 4 and 9). Switched off, an element sees only itself, and all count alike.
    """
    T = int(cache.sequences.lengths[s])
    alpha = np.tile(np.eye(T), (cache.heads, 1, 1))
    if cache.attention.names != "V":
        alpha = cache.attention.attention.weights(s)
    return alpha, cache.pooling.weights(s) if cache.pools else np.full(T, 1 / max(T, 1))


def subset(parameters: dict[str, Array], group: str) -> dict[str, Array]:
    """The parameters whose names start with `group` and a dot, named by what follows."""
    start = group + "."
    return {name.removeprefix(start): value for name, value in parameters.items() if name.startswith(start)}


def prefixed(values: dict[str, Array], group: str) -> dict[str, Array]:
    """The same values named by `group`, a dot, and their own name: undoes `subset`."""
    return {f"{group}.{name}": value for name, value in values.items()}
