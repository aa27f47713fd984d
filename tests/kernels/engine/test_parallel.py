import os
import signal
import time
import weakref
from functools import partial

import numpy as np
import pytest

from nrms_np.errors import NestedRunError
from nrms_np.kernels import additive_attention, click, dropout, embedding
from nrms_np.kernels.engine import lane_order, pair_softmax, parallel, products, rows
from nrms_np.kernels.engine.rows import add_into_rows
from nrms_np.model import NRMS
from nrms_np.packed import offsets_of
from nrms_np.training import adam
from tests.helpers.sizes import WORDS, ragged_batch, small_config


@pytest.fixture
def restore_threads():
    yield
    parallel.set_threads(parallel.available_threads())


@pytest.mark.parametrize("lazy", [True, False])
def test_results_do_not_depend_on_the_number_of_threads(restore_threads, monkeypatch, lazy):
    # Parts so small that even the tests' batch has many of each kind.
    for module, name in ((products, "SMALL_PART"), (products, "LARGE_PART"), (products, "LINE"), (products, "ROWS_PER_SUM"),
                         (additive_attention, "ROWS_PER_TASK"), (rows, "REFERENCES_PER_TASK"), (rows, "COLUMNS_PER_TASK"),
                         (embedding, "ROWS_PER_TASK"), (dropout, "ROWS_PER_TASK"), (lane_order, "ROWS_PER_TASK"),
                         (pair_softmax, "PAIRS_PER_TASK"), (adam, "ROWS_PER_TASK"), (adam, "NUMBERS_PER_TASK"),
                         (click, "SAMPLES_PER_TASK")):  # fmt: skip
        monkeypatch.setattr(module, name, 2)
    monkeypatch.setattr(products, "SMALL_PRODUCT", 0)
    config = small_config(dropout_after_attention=True)
    model, batch = NRMS.create(config, [str(i) for i in range(WORDS)]), ragged_batch()
    assert len(pair_softmax.task_bounds(batch.titles.offsets)) > 4
    results = []
    for threads in (1, 2, 3, 4, 16):
        parallel.set_threads(threads)
        parameters = {name: value.copy() for name, value in model.parameters.items()}
        loss, gradients = model.loss_and_row_gradients(batch, dropout_step=3)
        adam.Adam(parameters, 0.1, lazy=lazy).step(parameters, gradients)
        results.append((loss, {name: [*gradient] for name, gradient in gradients.items()}, parameters))
    for loss, gradients, parameters in results[1:]:
        assert loss == results[0][0]
        for name, value in parameters.items():
            assert all(map(np.array_equal, gradients[name], results[0][1][name])), name
            np.testing.assert_array_equal(value, results[0][2][name], err_msg=name)


@pytest.mark.parametrize(
    "lengths", [[], [0, 0], [3], [5000], [1] * 40, [0, 7, 0, 90, 2, 0], [2000, 2000, 1]],
    ids=["none", "empty", "short", "one huge", "many", "ragged", "few"],
)  # fmt: skip
def test_sequences_are_cut_where_one_starts(lengths):
    bounds = parallel.sequence_bounds(offsets_of(np.array(lengths, dtype=np.intp)), 16)
    assert (bounds[0], bounds[-1]) == (0, len(lengths))
    assert bounds == sorted(set(bounds)) or not lengths


@pytest.mark.parametrize("total", [2_000, 16_000, 16_500, 40_000, 300_000])
def test_parts_are_so_many_that_sixteen_threads_end_together(total):
    for bounds in (parallel.even_bounds(total, 1000), parallel.sequence_bounds(np.arange(total + 1), 1000)):
        assert (len(bounds) - 1) % 16 == 0
        assert max(np.diff(bounds)) - min(np.diff(bounds)) <= 1


def test_a_small_batch_is_cut_into_fewer_parts():
    assert len(parallel.sequence_bounds(np.arange(0, 801, 10), 1000)) == 7
    assert parallel.sequence_bounds(np.arange(0, 81, 10), 1000) == [0, 8]


@pytest.mark.parametrize("index", [[0, -1], [3, 0]])
def test_adding_into_a_row_that_is_not_there_is_an_error(index):
    with pytest.raises(IndexError, match="below 3"):
        add_into_rows(np.ones((2, 4)), np.array(index), 3)


def test_work_for_all_threads_inside_a_task_is_refused_instead_of_waiting_forever(restore_threads):
    for threads in (1, 2):
        parallel.set_threads(threads)
        for _ in range(2):  # a refused one leaves everything as it was
            with pytest.raises(NestedRunError, match="call it from outside"):
                parallel.run(lambda *_: parallel.run(lambda *_: None, [0, 1]), [0, 1, 2, 3])
        parallel.run(lambda *_: None, [0, 1, 2])


def test_an_error_in_a_task_is_raised():
    def task(first, last):
        if first > 0:
            raise ValueError("from a task")

    with pytest.raises(ValueError, match="from a task"):
        parallel.run(task, [0, 1, 2, 3])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_makes_threads_of_its_own(restore_threads):
    parallel.set_threads(2)
    parallel.run(lambda first, last: None, [0, 1, 2])
    child = os.fork()
    if child == 0:
        parallel.run(lambda first, last: None, [0, 1, 2])
        os._exit(0)
    for _ in range(200):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the forked process hangs")


def test_all_parts_are_done_before_run_returns_and_the_arrays_are_let_go(restore_threads):
    parallel.set_threads(4)

    class Array(np.ndarray):
        pass

    for size in range(100):
        done = np.zeros(size % 20).view(Array)
        parallel.run_each([partial(done.__setitem__, i, 1) for i in range(len(done))])
        assert done.all()
        held = weakref.ref(done)
        del done
        assert held() is None, "a thread that has nothing to do holds a task"


def test_bounds_cover_everything_once():
    for count in (0, 1, 5, 1000, 1024, 1025):
        bounds = parallel.even_bounds(count, 256)
        assert bounds[0] == 0
        assert bounds[-1] == count
        assert sorted(bounds) == bounds


@pytest.mark.parametrize("references", [0, 40, 3000])
def test_adding_into_rows_is_what_add_at_does(references):
    rng = np.random.default_rng(1)
    index = np.minimum(rng.integers(0, 800, size=references), 650)  # one row has many, some have none
    values = rng.standard_normal((references, 5))
    expected = np.zeros((700, 5))
    np.add.at(expected, index, values)
    np.testing.assert_allclose(add_into_rows(values, index, 700), expected, rtol=1e-12, atol=1e-12)
