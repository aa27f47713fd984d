"""The order of a row of H·d numbers inside the attention loops.

The d numbers of one head must be *added up*. But number c of one head and number c of all others go the same way, into
different sums, so they should lie side by side, as the lanes of one register (see `lanes`):

    head order   h0: c0 c1 c2 …   h1: c0 c1 c2 …
    lane order   c0: h0 h1 h2 …   c1: h0 h1 h2 …

Registers hold 16 or 8 numbers, and heads are rarely a multiple of that. Of 20 heads, the first 16 make d whole vectors. The
other 4 share: four c's of 4 heads make one vector, and at the end of a sum it is folded to 4 lanes.

    c0: h0 … h15   c1: h0 … h15   …   c0 c1 c2 c3 of h16 … h19   c4 c5 c6 c7 of h16 … h19   …
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled
from nrms_np.kernels.engine.parallel import even_bounds, run_each
from nrms_np.kernels.engine.workspace import workspace

REGISTERS = (8, 16)  # numbers in one register
ROWS_PER_TASK = 512


class LaneOrder(NamedTuple):
    """How H heads of width d are laid out.

    lanes:    numbers in a vector.
    groups:   groups of `lanes` heads; each has d vectors.
    sharing:  heads of the last group, which share vectors; 0 if there is no such group.
    together: how many numbers of each sharing head stand in one vector; the group has d / together vectors.
    head_of:  (H·d,) the place in head order of what stands at each place in lane order.
    lane_of:  (H·d,) the other way round.
    """

    lanes: int
    groups: int
    sharing: int
    together: int
    head_of: IntArray
    lane_of: IntArray


@cache
def lane_order(heads: int, head_dim: int) -> LaneOrder:
    """Lay out the heads for the widest register that they fill.

    Where they fill none, a vector is all H heads: right for any H and d, and slow for one head or two.
    """
    lanes, together = heads, 1
    for width in REGISTERS:  # the last one that fits
        sharing = heads % width
        if sharing == 0:
            lanes, together = width, 1
        elif width % sharing == 0 and head_dim % (width // sharing) == 0:
            lanes, together = width, width // sharing
    groups, sharing = divmod(heads, lanes)
    places = np.arange(heads * head_dim).reshape(heads, head_dim)
    parts = [places[g * lanes : (g + 1) * lanes].T for g in range(groups)]
    shared = places[groups * lanes :].T  # row after row is already "together" c's of each head
    head_of = np.concatenate([part.ravel() for part in (*parts, shared)])
    lane_of = np.argsort(head_of)
    head_of.flags.writeable = lane_of.flags.writeable = False  # every caller gets the same ones
    return LaneOrder(lanes, groups, sharing, together, head_of, lane_of)


def to_lane_order(W: Array, heads: int) -> Array:
    """Reorder the columns of W (D, H·d) from head order to lane order."""
    return side_by_side([W], heads)


def to_head_order(W: Array, heads: int) -> Array:
    """Reorder the columns of W (D, H·d) from lane order to head order."""
    return apart(W, 1, heads)[0]


def side_by_side(matrices: Sequence[Array], heads: int) -> Array:
    """Each matrix (D, H·d) from head order to lane order, all as one, (D, as many · H·d)."""
    D, width = matrices[0].shape
    order = lane_order(heads, width // heads).head_of
    out = workspace.empty((D, len(matrices) * width), matrices[0].dtype)
    rows = [*pairwise(even_bounds(D, ROWS_PER_TASK))]
    run_each([partial(_reorder, W, 0, order, out, i * width, *part) for i, W in enumerate(matrices) for part in rows])
    return out


def apart(W: Array, count: int, heads: int) -> list[Array]:
    """Undoes `side_by_side` for so many matrices."""
    D, width = len(W), W.shape[1] // count
    order = lane_order(heads, width // heads).lane_of
    outs = [workspace.empty((D, width), W.dtype) for _ in range(count)]
    rows = [*pairwise(even_bounds(D, ROWS_PER_TASK))]
    run_each([partial(_reorder, W, i * width, order, out, 0, *part) for i, out in enumerate(outs) for part in rows])
    return outs


def _reorder_each(W: Array, at: int, order: IntArray, out: Array, out_at: int, first: int, last: int) -> None:
    for row in range(first, last):
        for e in range(len(order)):
            out[row, out_at + e] = W[row, at + order[e]]


def _reorder_whole(W: Array, at: int, order: IntArray, out: Array, out_at: int, first: int, last: int) -> None:
    out[first:last, out_at : out_at + len(order)] = W[first:last, at + order]


_reorder = compiled(_reorder_each, otherwise=_reorder_whole)
