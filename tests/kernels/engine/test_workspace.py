import numpy as np

from nrms_np.kernels.engine.workspace import Workspace

LARGE = (300, 400)


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_that_nobody_looks_at_is_handed_out_again():
    space = Workspace()
    first = space.empty(LARGE, np.float32)
    place = address(first)
    del first
    between = np.empty(LARGE, np.float32)  # takes the place if it was given back
    assert address(space.empty(LARGE, np.float32)) == place != address(between)


def test_memory_that_somebody_looks_at_is_left_alone():
    space = Workspace()
    first = space.empty(LARGE, np.float64)
    first[:] = 7
    view = first[5:9, ::2]
    del first
    second = space.empty(LARGE, np.float64)
    second[:] = 8
    assert (view == 7).all()
    assert not np.shares_memory(view, second)


def test_arrays_have_the_shape_and_dtype_that_was_asked_for():
    space = Workspace()
    for shape, dtype in [((3,), np.float32), (LARGE, np.int32), ((0, 5), np.float64), (LARGE, np.float64)]:
        array = space.empty(shape, dtype)
        assert array.shape == shape
        assert array.dtype == dtype


def test_blocks_that_became_too_small_do_not_pile_up():
    space = Workspace()
    for rows in range(300, 3000, 100):
        space.empty((rows, 400), np.float32)
    assert len(space._blocks) == 1
