import numpy as np

from nrms_np.packed import Packed, RowGradient, distinct, offsets_of

LISTS = [[4, 0, 4], [], [2, 1]]


def test_lists_survive_packing():
    packed = Packed.from_lists(LISTS)
    assert packed.index.tolist() == [4, 0, 4, 2, 1]
    assert packed.offsets.tolist() == [0, 3, 3, 5]
    assert packed.count == 3
    assert packed.lengths.tolist() == [3, 0, 2]
    assert packed.sequence(2).tolist() == [2, 1]
    assert packed.to_lists() == LISTS
    assert (packed.index.dtype, packed.offsets.dtype) == (np.int32, np.intp)


def test_no_sequences():
    packed = Packed.from_lists([])
    assert packed.count == 0
    assert packed.to_lists() == []
    assert packed.take(np.array([], dtype=np.intp)).to_lists() == []


def test_taking_sequences_in_any_order_and_more_than_once():
    assert Packed.from_lists(LISTS).take(np.array([2, 0, 1, 2])).to_lists() == [[2, 1], [4, 0, 4], [], [2, 1]]


def test_the_last_elements_are_kept_not_the_first():
    assert Packed.from_lists([[1, 2, 3, 4], [], [5]]).last(2).to_lists() == [[3, 4], [], [5]]


def test_distinct_rows_and_their_new_numbers():
    used, renumbered = distinct(np.array([7, 2, 7, 5]), 9)
    assert used.tolist() == [2, 5, 7]
    assert renumbered.tolist() == [2, 0, 2, 1]


def test_offsets_start_with_zero_and_end_with_the_total():
    assert offsets_of(np.array([2, 0, 3])).tolist() == [0, 2, 2, 5]


def test_a_row_gradient_as_a_dense_array():
    dense = RowGradient(np.array([1, 3]), np.array([[1.0, 2.0], [3.0, 4.0]])).dense(5)
    assert dense.tolist() == [[0, 0], [1, 2], [0, 0], [3, 4], [0, 0]]
