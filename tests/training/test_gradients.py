"""The norm of a step's gradients, and how they are clipped."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.packed import RowGradient
from nrms_np.training.gradients import clip, norm


def gradients(dtype=np.float64):
    rng = np.random.default_rng(5)
    rows = RowGradient(np.array([1, 4], dtype=np.int32), rng.standard_normal((2, 7)).astype(dtype))
    return {
        "word_embedding": rows,
        "Q": rng.standard_normal((5, 3)).astype(dtype),
        "b": rng.standard_normal(4).astype(dtype),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norm_is_that_of_all_numbers_as_one_vector(dtype):
    found = gradients(dtype)
    dense = [found["word_embedding"].dense(6).ravel(), found["Q"].ravel(), found["b"]]
    assert norm(found) == pytest.approx(np.linalg.norm(np.concatenate(dense)), rel=1e-6)


def test_clipping_keeps_the_direction_and_lowers_the_norm_to_the_limit():
    before, found = gradients(), gradients()
    clip(found, norm(found), 0.5)
    assert norm(found) == pytest.approx(0.5)
    ratio = found["Q"] / before["Q"]
    assert np.allclose(ratio, ratio[0, 0])
    assert np.allclose(found["word_embedding"].values / before["word_embedding"].values, ratio[0, 0])


def test_a_norm_below_the_limit_changes_nothing():
    before, found = gradients(), gradients()
    clip(found, norm(found), 1e3)
    assert (found["Q"] == before["Q"]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_what_is_no_number_shows_in_the_norm(value):
    found = gradients()
    found["b"][0] = value
    assert not np.isfinite(norm(found))
