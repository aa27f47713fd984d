"""Exercises of lesson 17: shares of a batch, their sums, and the ring."""

import numpy as np

from nrms_np.layers.dropout import dropout_mask


def derive_share_weight(ours: int, whole: int) -> float:
    """Derive: by what a rank multiplies its gradient before it is added to those of the others.

    The gradient is of the mean loss of this rank's samples. The sum over the ranks should be that of the whole batch's mean loss.
    ours: how many samples this rank has.    whole: how many the batch has.

    Returns the factor.
    """
    return ours / whole


def share_of(samples: int, rank: int, ranks: int) -> tuple[int, int]:
    """Cut the samples of a batch into shares, in order, as evenly as can be: two shares differ by one sample at most.

    samples: B, from 0 on.    rank: from 0 to ranks - 1.

    Returns (first, last): the rank has the samples from `first` to `last` - 1, perhaps none. Each sample is in one share.
    """
    first = rank * samples // ranks  # bug: first = rank * (samples // ranks)
    last = (rank + 1) * samples // ranks  # bug: last = (rank + 1) * (samples // ranks)
    return first, last


def drop_share(x: np.ndarray, places: np.ndarray, rate: float, key: int) -> np.ndarray:
    """Dropout on those rows of a batch's array that a rank has: it drops what one process drops there.

    `dropout_mask(key, rows, columns, rate)` gives the rows with these numbers of the mask that belongs to `key`, True where a
    number is kept; where `rows` is one number, the first so many.
    x: (W, D) the rank's rows.    places: (W,) where each stands in the whole batch's array.    rate: below 1.    key: of the mask.

    Returns (W, D): what is kept is divided by 1 − rate.
    """
    kept = dropout_mask(key, places, x.shape[1], rate)  # bug: kept = dropout_mask(key, len(x), x.shape[1], rate)
    return x * kept / (1 - rate)


def sum_rows(rows: list[np.ndarray], values: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Merge gradients that are kept as rows, in the order of the ranks: rank 0's numbers first, then rank 1's are added, and so on.

    rows: for each rank (W_r,) the numbers of the rows that it has, each once, ascending.    values: for each rank (W_r, D).

    Returns (used, sums): `used` (W,) all rows that any rank has, each once, ascending; `sums` (W, D) of the dtype of the values.
    """
    used, place = np.unique(np.concatenate(rows), return_inverse=True)
    # place: for each row of `rows`, end to end, where it stands in `used`
    sums = np.zeros((len(used), values[0].shape[1]), dtype=values[0].dtype)  # blank: zeros, of which shape and dtype?
    start = 0
    for ours in values:
        here = place[start : start + len(ours)]
        sums[here] += ours  # blank: what do the sums get at the places of this rank's rows?
        start += len(ours)
    return used, sums


def derive_ring_bytes(ranks: int, size: int) -> float:
    """Derive: how many bytes each rank sends in a ring all-reduce.

    First N − 1 sends of one chunk, until each rank has one whole sum; then N − 1 sends of one chunk, until all have all.
    ranks: N, from 1 on.    size: bytes of the array, which is cut into N equal chunks.

    Returns the bytes, one number.
    """
    return 2 * (ranks - 1) * size / ranks


def ring_all_reduce(arrays: list[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """The sum of all ranks' arrays, on each rank, by a ring: a rank sends to the next one only, the last one to rank 0.

    Chunk c of L numbers goes from c · L // N to (c + 1) · L // N. First reduce and scatter: in send s = 0, 1, … N − 2 rank r sends
    its chunk (r − s) mod N, and the rank that gets it adds it to its own. Then gather: in send s rank r sends its chunk
    (r + 1 − s) mod N, and the rank that gets it puts it in the place of its own. All ranks send at the same time: take what is sent
    before anything is added.
    arrays: N arrays (L,) of one dtype, which stay as they are. N may be 1, and L smaller than N.

    Returns (sums, sent): `sums`, N arrays (L,), and `sent` (N,) whole numbers, how many numbers each rank has sent.
    """
    ranks, length = len(arrays), len(arrays[0])
    sums = [array.copy() for array in arrays]
    sent = np.zeros(ranks, dtype=int)
    chunks = [slice(c * length // ranks, (c + 1) * length // ranks) for c in range(ranks)]
    for gathers in (False, True):
        for s in range(ranks - 1):
            on_the_way = []
            for rank in range(ranks):
                chunk = chunks[(rank + gathers - s) % ranks]
                on_the_way.append((chunk, sums[rank][chunk].copy()))
                sent[rank] += len(on_the_way[-1][1])
            for rank, (chunk, numbers) in enumerate(on_the_way):
                following = sums[(rank + 1) % ranks]
                following[chunk] = numbers if gathers else following[chunk] + numbers
    return sums, sent
