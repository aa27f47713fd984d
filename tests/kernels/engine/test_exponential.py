"""exp and tanh of many numbers are NumPy's to rounding, at the edges too."""

from __future__ import annotations

import numpy as np

from nrms_np.kernels.engine.exponential import exp_in_place, tanh_in_place


def test_exp_is_exact_to_rounding_where_float32_can_hold_it() -> None:
    x = np.linspace(-87, 80, 30_001, dtype=np.float32)
    y = x.copy()
    exp_in_place(y)
    assert np.abs(y / np.exp(x.astype(np.float64)) - 1).max() < 2e-7


def test_tanh_is_exact_to_rounding() -> None:
    x = np.linspace(-50, 50, 30_001, dtype=np.float32)
    y = x.copy()
    tanh_in_place(y)
    assert np.abs(y - np.tanh(x.astype(np.float64))).max() < 2e-7


def test_the_edges_are_finite_and_nan_stays() -> None:
    x = np.array([[-1e30, -np.inf, 0], [np.inf, 1e30, np.nan]], dtype=np.float32)
    exps, tanhs = x.copy(), x.copy()
    exp_in_place(exps)
    tanh_in_place(tanhs)
    assert np.isfinite(exps).sum() == 5
    assert exps[0].tolist()[:2] == [exps[0, 0]] * 2
    assert 0 < exps[0, 0] < 1e-37
    assert 1e34 < exps[1, 0] < 1e35
    np.testing.assert_array_equal(tanhs, np.array([[-1, -1, 0], [1, 1, np.nan]], dtype=np.float32))


def test_other_numbers_than_float32_are_numpys() -> None:
    x = np.linspace(-3, 3, 7)
    y = x.copy()
    exp_in_place(y)
    np.testing.assert_array_equal(y, np.exp(x))
    y = x.copy()
    tanh_in_place(y)
    np.testing.assert_array_equal(y, np.tanh(x))
