r"""The user level for one click history at a time, as a web service asks for it: equations 6-10 without what a batch needs.

`encoder.attend` is made for batches: it multiplies the news of all histories by Q, K and V, and shares work out among threads. A
single request would pay for both. But query, key and value of a news item do not depend on who clicked it: they can be kept beside
its vector (`project`), and what is left of a request are the T × T pairs of its clicks and the pooling (`encode`).

All heads are done at once, on the thread that asks: services answer several requests at a time on threads of their own. NumPy's
matrix products would wake other threads from LARGEST_PRODUCT multiplications on, and wait long for them where all are busy, so the
one large product is cut into a stack of smaller ones. (Telling BLAS to use one thread would tell it to the whole process.)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nrms_np.arrays import Array
from nrms_np.encoder import subset
from nrms_np.kernels.engine.exponential import exp_in_place, tanh_in_place
from nrms_np.model import NRMS
from nrms_np.packed import Packed

LARGEST_PRODUCT = 1 << 18
"""Multiplications of the largest product that OpenBLAS, NumPy's BLAS, does on one thread."""

LEAST_SUM, MOST_SUM = 1e-25, 1e34
"""Between these no exp of a softmax has been too large for `exp_in_place`, and those too small for it do not count."""


class OneUser:
    """Encodes click histories one by one, as `NRMS.encode_users` does to rounding.

    It does the default form: projected attention, pooled by additive attention. Any other is left to the model.

    width: how many numbers `project` makes of a news item.
    """

    def __init__(self, model: NRMS) -> None:
        config = model.config
        attention, pool = subset(model.parameters, "user.attention"), subset(model.parameters, "user.pool")
        self.is_default = set(attention) == {"Q", "K", "V"} and bool(pool)
        self.width = config.news_dim * (3 if self.is_default else 1)
        if not self.is_default:  # the plain layers: the kernels take longer for one history
            self._model = NRMS(replace(config, backend="layers"), model.vocabulary, model.parameters)
            return
        self._heads = config.heads
        Q = attention["Q"] * attention["Q"].dtype.type(config.scale)  # scaled here, not in each request
        self._QKV = np.concatenate([Q, attention["K"], attention["V"]], axis=1)  # (H·d, 3·H·d)
        # W with its columns as rows, zeros up to a multiple of what one product of the stack takes.
        rows = max(4, min(20, LARGEST_PRODUCT // (config.history_length * config.news_dim) // 4 * 4))
        padding = [(0, -config.query_dim % rows)]
        self._W = np.pad(pool["W"].T, [*padding, (0, 0)]).reshape(-1, rows, config.news_dim)
        self._b, self._q = np.pad(pool["b"], padding)[:, None], np.pad(pool["q"], padding)
        self.encode(self.project(np.zeros((1, config.news_dim), Q.dtype)))  # so that no request waits for the compiler

    def project(self, vectors: Array) -> Array:
        """What `encode` needs to know of clicked news: query, key and value of each, or of other forms the vector itself.

        vectors: (n, H·d) news vectors.    Returns (n, width).
        """
        return vectors @ self._QKV if self.is_default else vectors

    def encode(self, projected: Array) -> Array:
        """The user vector of one history.

        projected: (T, width) what `project` made of its clicks, oldest first; T is 1 or more.    Returns u (H·d,).
        """
        T = len(projected)
        if not self.is_default:
            return self._model.encode_users(projected, Packed.from_lists([range(T)]))[0]
        # All of one history stands with T last: a sum over another axis then adds whole rows.
        queries, keys, values = projected.reshape(T, 3, self._heads, -1).transpose(1, 2, 3, 0)  # (H, d, T) each
        keys = keys.transpose(0, 2, 1)
        exps = keys @ queries  # (H, T, T): a column for each click that looks
        exp_in_place(exps)
        ones = np.ones((1, T), dtype=exps.dtype)
        sums = ones @ exps  # (H, 1, T)
        if not (sums.min() > LEAST_SUM and sums.max() < MOST_SUM):  # near the limits of exp: subtract the maximum first
            exps = keys @ queries
            exps -= exps.max(axis=1, keepdims=True)
            exp_in_place(exps)
            sums = ones @ exps
        h = values @ exps  # (H, d, T)
        h /= sums  # fewer numbers to divide than there are weights
        h = h.reshape(-1, T)  # (H·d, T)
        hidden = np.matmul(self._W, h).reshape(-1, T)  # (A, T), and zeros
        hidden += self._b
        tanh_in_place(hidden)
        scores = self._q @ hidden
        weights = np.exp(scores - scores.max())
        return h @ (weights / weights.sum())
