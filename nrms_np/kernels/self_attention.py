"""Self-attention on packed sequences in the form that the parameters have; see `layers.self_attention`.

Rows of the table that no sequence refers to are left out before anything is multiplied: a batch's candidates are news
vectors too, but most of them stand in no history.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.kernels.bilinear_attention import (
    BilinearCache,
    bilinear_attention_backward,
    bilinear_attention_forward,
)
from nrms_np.kernels.parallel import matmul
from nrms_np.kernels.projected_attention import (
    ProjectedCache,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.kernels.rows import add_into_rows
from nrms_np.kernels.workspace import workspace
from nrms_np.packed import Packed, distinct

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


class ValuesCache(NamedTuple):
    """Attention switched off: the factors of table · V, and the references."""

    table: Array
    sequences: Packed
    V: Array


class OutputCache(NamedTuple):
    """The two factors of h · O."""

    h: Array
    O: Array  # noqa: E741  (the output matrix has this name everywhere)


class SelfAttentionCache(NamedTuple):
    """attention: of the form that ran; output: None without the output matrix; used: the rows of the table that took part."""

    attention: ProjectedCache | BilinearCache | ValuesCache
    output: OutputCache | None
    used: IntArray
    rows: int


def self_attention_forward(
    table: Array, sequences: Packed, parameters: dict[str, Array], heads: int, scale: float
) -> tuple[Array, SelfAttentionCache]:
    """Self-attention over each sequence.

    table: (rows, D).    sequences: refer to its rows, N references in all.
    parameters: {Q, K, V}, {Q, V} or {V}, each also with O.

    Returns (h, cache): h (N, H·d), one row a reference, in the order of sequences.index.
    """
    attention: ProjectedCache | BilinearCache | ValuesCache
    rows, V = len(table), parameters["V"]
    used, index = distinct(sequences.index, rows)
    if len(used) < rows:
        table, sequences = table[used], Packed(index, sequences.offsets)
    if "K" in parameters:
        h, attention = projected_attention_forward(table, sequences, parameters["Q"], parameters["K"], V, heads, scale)
    elif "Q" in parameters:
        h, attention = bilinear_attention_forward(table, sequences, parameters["Q"], V, scale)
    else:
        h, attention = matmul(table, V)[sequences.index], ValuesCache(table, sequences, V)
    if "O" not in parameters:
        return h, SelfAttentionCache(attention, None, used, rows)
    output = OutputCache(h, parameters["O"])
    return matmul(h, parameters["O"]), SelfAttentionCache(attention, output, used, rows)


def self_attention_backward(dh: Array, cache: SelfAttentionCache) -> tuple[Array, dict[str, Array]]:
    """Gradients of the table and, under the names they came with, of the parameters.

    dh: (N, H·d).    Returns d_table (rows, D), {"Q": dQ, ...}.
    """
    gradients: dict[str, Array] = {}
    if cache.output is not None:
        h, O = cache.output  # noqa: E741
        # y = h @ O
        gradients["O"] = matmul(h.T, dh)
        dh = matmul(dh, O.T)
    if isinstance(cache.attention, ProjectedCache):
        d_table, gradients["Q"], gradients["K"], gradients["V"] = projected_attention_backward(dh, cache.attention)
    elif isinstance(cache.attention, BilinearCache):
        d_table, gradients["Q"], gradients["V"] = bilinear_attention_backward(dh, cache.attention)
    else:
        table, sequences, V = cache.attention
        # h = (table @ V)[sequences.index]
        d_values = add_into_rows(dh, sequences.index, len(table))
        gradients["V"] = matmul(table.T, d_values)
        d_table = matmul(d_values, V.T)
    if len(cache.used) == cache.rows:
        return d_table, gradients
    d_all = workspace.zeros((cache.rows, d_table.shape[1]), d_table.dtype)
    d_all[cache.used] = d_table
    return d_all, gradients
