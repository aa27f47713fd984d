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

from functools import cache
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray

REGISTERS = (8, 16)  # numbers in one register


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
    return W.take(lane_order(heads, W.shape[1] // heads).head_of, axis=1)


def to_head_order(W: Array, heads: int) -> Array:
    """Reorder the columns of W (D, H·d) from lane order to head order."""
    return W.take(lane_order(heads, W.shape[1] // heads).lane_of, axis=1)
