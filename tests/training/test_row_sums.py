"""The sum of the ranks' rows is the sum in the order of the ranks, to the bit, and no rank gets every row of every other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nrms_np.packed import RowGradient
from nrms_np.training.ranks import Together
from nrms_np.training.row_sums import parts_of, sum_of_rows
from tests.helpers.pretended_mpi import on_ranks

WORDS, WIDTH = 2000, 30


def rows_of_ranks(count, seed=3):
    """Frequent words on all ranks, others on one or two, as in shares of a batch."""
    rng = np.random.default_rng([seed, count])
    often = 1 / (np.arange(WORDS) + 2.0)
    for _ in range(count):
        rows = np.unique(rng.choice(WORDS, 300, p=often / often.sum())).astype(np.int32)
        yield RowGradient(rows, rng.standard_normal((len(rows), WIDTH)).astype(np.float32))


def in_order(gradients):
    table = np.zeros((WORDS, WIDTH), np.float32)
    for gradient in gradients:
        table[gradient.rows] += gradient.values
    used = np.unique(np.concatenate([gradient.rows for gradient in gradients]))
    return used, table[used]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_all_ranks_get_the_sum_in_the_order_of_the_ranks(count):
    gradients = list(rows_of_ranks(count))
    gradients[-1] = RowGradient(gradients[-1].rows[:0], gradients[-1].values[:0])  # a rank without samples
    used, sums = in_order(gradients)
    for found in on_ranks(count, lambda world: sum_of_rows(world, gradients[world.Get_rank()])):
        np.testing.assert_array_equal(found.rows, used)
        np.testing.assert_array_equal(found.values, sums)
        assert found.rows.dtype == np.int32


def test_one_row_for_many_ranks_and_none_at_all():
    for rows in ([7], []):
        ours = RowGradient(np.array(rows, np.int32), np.ones((len(rows), WIDTH), np.float32))
        for found in on_ranks(4, lambda world, ours=ours: sum_of_rows(world, ours)):
            assert found.rows.tolist() == rows
            assert (found.values == 4).all()


def test_no_rank_receives_all_that_all_others_have():
    gradients = list(rows_of_ranks(24))

    def received(world):
        sum_of_rows(world, gradients[world.Get_rank()])
        return world.received

    every_row = sum(gradient.values.nbytes for gradient in gradients)
    assert max(on_ranks(24, received)) < 0.5 * every_row


@pytest.mark.parametrize("parts", [2, 7, 16])
def test_parts_are_at_most_twice_an_even_share_of_what_comes_in_and_of_what_goes_out(parts):
    rows = np.concatenate([gradient.rows for gradient in rows_of_ranks(parts)])
    used, cuts = parts_of(rows, parts)
    assert cuts[0] == 0
    assert cuts[-1] == len(used)
    named = np.bincount(rows)[used]
    for first, last in pairwise(cuts):
        assert last - first <= 2 * len(used) / parts + 1
        assert named[first:last].sum() <= 2 * len(rows) / parts + parts


def test_loss_and_dense_gradients_are_summed_and_differing_ranks_are_named():
    def work(world):
        ranks = Together(world)
        dense = np.full((2, 3), world.Get_rank() + 1.0)
        loss, totals = ranks.total(0.5, {"W": dense, "b": dense[0]})
        with pytest.raises(Exception, match="rank 2 has other settings or other data"):
            ranks.agree([b"settings", b"old" if world.Get_rank() == 2 else b"new"])
        ranks.agree([b"same"])
        assert ranks.total(0.25, {})[0] == 0.75
        return loss, totals["W"].tolist(), totals["b"].tolist(), ranks.bounds(10)

    found = on_ranks(3, work)
    assert {(loss, str(w), str(b)) for loss, w, b, _ in found} == {(1.5, str([[6.0] * 3] * 2), str([6.0] * 3))}
    assert [bounds for *_, bounds in found] == [(0, 3), (3, 6), (6, 10)]
