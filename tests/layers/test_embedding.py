import numpy as np

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from tests.helpers.sizes import D

ROWS = np.array([3, 0, 3, 3, 1])


def test_lookup_takes_rows():
    table = np.random.default_rng(0).standard_normal((6, D))
    x, _ = embedding_forward(table, ROWS)
    assert np.array_equal(x, np.stack([table[3], table[0], table[3], table[3], table[1]]))


def test_embedding_backward_agrees_with_finite_differences():
    table = np.random.default_rng(1).standard_normal((6, D))
    _, cache = embedding_forward(table, ROWS)
    check_gradients(
        lambda table: embedding_forward(table, ROWS)[0],
        {"table": table},
        lambda dx: {"table": embedding_backward(dx, cache)},
    )


def test_a_word_used_three_times_gets_the_sum_of_three_gradients():
    _, cache = embedding_forward(np.zeros((6, D), dtype=np.float32), ROWS)
    dx = np.arange(5 * D, dtype=np.float32).reshape(5, D)
    d_table = embedding_backward(dx, cache)
    assert np.array_equal(d_table[3], dx[0] + dx[2] + dx[3])
    assert not d_table[[2, 4, 5]].any()
    assert d_table.dtype == np.float32


def test_no_words_give_no_rows_and_no_gradient():
    x, cache = embedding_forward(np.ones((6, D)), np.zeros(0, dtype=np.int32))
    assert x.shape == (0, D)
    assert not embedding_backward(x, cache).any()
