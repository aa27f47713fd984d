"""Lesson 17: shares of a batch, their sums, and the ring."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect
from lessons.checks.run import Function, Task
from nrms_np.layers.dropout import dropout_mask


def check_share_weight(derive_share_weight: Function) -> None:
    """Equal shares, an uneven one, an empty one."""
    for ours, whole in ((32, 64), (1, 3), (2, 3), (0, 5)):
        expect(derive_share_weight(ours, whole), factor=ours / whole)


def check_share_of(share_of: Function) -> None:
    """Shares that come out even, that do not, and more ranks than samples; any way that is even is right."""
    for samples, ranks in ((64, 2), (6, 3), (7, 3), (65, 8), (2, 5), (0, 2)):
        bounds = [share_of(samples, rank, ranks) for rank in range(ranks)]
        for bound in bounds:
            expect(bound, first=np.array(bound[0]), last=np.array(bound[1]))
        sizes = [int(last) - int(first) for first, last in bounds]
        if min(sizes) < 0 or max(sizes) - min(sizes) > 1:
            raise AnswerError(f"{samples} samples on {ranks} ranks: the shares have {sizes} samples.")
        covered = [i for first, last in bounds for i in range(int(first), int(last))]
        if covered != list(range(samples)):
            raise AnswerError(
                f"{samples} samples on {ranks} ranks: the shares {bounds} are not all of them, each once."
            )


def check_drop_share(drop_share: Function) -> None:
    """Rows from the middle, in another order, all of them, none."""
    rng = np.random.default_rng([17, 1])
    x = rng.standard_normal((9, 6))
    for places in ([2, 3, 7], [8, 0, 5], list(range(9)), []):
        rows = np.array(places, dtype=int)
        kept = dropout_mask(1234567, 9, 6, 0.25)[rows]
        expect(drop_share(x[rows], rows, 0.25, 1234567), y=x[rows] * kept / 0.75)


def check_sum_rows(sum_rows: Function) -> None:
    """Rows of one rank, of both, an empty rank, one rank alone; and numbers whose order matters."""
    rng = np.random.default_rng([17, 2])
    for rows in ([[0, 2, 5], [2, 3], [0, 2, 9]], [[4, 7], [], [1]], [[3, 8]]):
        values = [rng.standard_normal((len(each), 3)) for each in rows]
        dense = np.zeros((10, 3))
        for each, ours in zip(rows, values, strict=True):
            dense[each] += ours
        used = np.unique(np.concatenate([np.array(each, dtype=int) for each in rows]))
        expect(sum_rows([np.array(each, dtype=int) for each in rows], values), used=used, sums=dense[used])
    order = [np.array([[number]]) for number in (1e16, 1.0, -1e16)]
    expect(sum_rows([np.array([6])] * 3, order), used=np.array([6]), sums=np.array([[(1e16 + 1.0) - 1e16]]))


def check_ring_bytes(derive_ring_bytes: Function) -> None:
    """Two ranks, many, and one, which sends nothing."""
    for ranks, size in ((2, 1000), (3, 999), (64, 4_000_000), (1, 50)):
        expect(derive_ring_bytes(ranks, size), size=2 * size - 2 * size / ranks)


def check_ring(ring_all_reduce: Function) -> None:
    """Chunks of one length; of several; fewer numbers than ranks; one rank. The order of each sum is that of the ring."""
    rng = np.random.default_rng([17, 3])
    for ranks, length in ((2, 6), (3, 12), (4, 10), (5, 3), (1, 4)):
        arrays = list(rng.standard_normal((ranks, length)))
        sums, sent = _two(ring_all_reduce(arrays), ranks)
        for rank, ours in enumerate(sums):
            expect(ours, **{f"sums[{rank}]": np.sum(arrays, axis=0)})
            if not np.array_equal(ours, sums[0]):
                raise AnswerError(
                    f"The sums of rank 0 and rank {rank} differ in their last digits: is each chunk summed once?"
                )
        if length % ranks == 0:
            expect(sent, sent=np.full(ranks, 2 * (ranks - 1) * length // ranks))
        else:
            expect(np.asarray(sent).sum(), sum_of_sent=2 * (ranks - 1) * length)
    # A chunk's sum begins at the rank of its number and goes round: order matters for these numbers.
    large = [np.array([1e16, 1.0, 1.0]), np.array([1.0, 1e16, -1e16]), np.array([-1e16, -1e16, 1e16])]
    starts = [[large[(c + step) % 3][c] for step in range(3)] for c in range(3)]
    right = np.array([(a + b) + c for a, b, c in starts])
    sums, _ = _two(ring_all_reduce(large), 3)
    expect(sums[1], **{"sums[1]": right})


def _two(got: object, ranks: int) -> tuple[list[object], object]:
    if not isinstance(got, tuple) or len(got) != 2 or not isinstance(got[0], list) or len(got[0]) != ranks:
        raise AnswerError(f"It should return two things: a list of {ranks} arrays, and an array of {ranks} numbers.")
    return got


TASKS = {
    "derive_share_weight": Task(
        check_share_weight,
        "The rank's gradient is its sum divided by its own number of samples; the batch's is divided by all of them.",
    ),
    "share_of": Task(check_share_of, "Take 7 samples and 3 ranks, and write down the shares. Who has the last sample?"),
    "drop_share": Task(
        check_drop_share,
        "Which rows of the mask does it take? Try a rank whose rows are 2, 3 and 7 of the batch.",
    ),
    "sum_rows": Task(
        check_sum_rows,
        "`place` has one number for each row of each rank, end to end; the rows of this rank begin at `start`. In the rows of one "
        "rank each stands once, so += with an array of row numbers adds them all.",
    ),
    "derive_ring_bytes": Task(check_ring_bytes, "2 (N − 1) sends. How large is a chunk?"),
    "ring_all_reduce": Task(
        check_ring,
        "Try two ranks and an array of two numbers on paper. In each send make a list of (who gets it, which chunk, a copy of the "
        "numbers) for all ranks first, and only then let the ranks take what they got.",
    ),
}
