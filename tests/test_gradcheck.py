import numpy as np
import pytest

from nrms_np.gradcheck import (
    GradientError,
    assert_gradient,
    check_gradients,
    directional_derivative,
    numerical_gradient,
    relative_error,
)


def test_the_measured_gradient_of_a_known_function():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_allclose(numerical_gradient(lambda: float((x**3).sum()), x), 3 * x**2, rtol=1e-9)
    np.testing.assert_array_equal(x, [[1.0, -2.0], [0.5, 3.0]])


def test_the_measured_derivative_along_a_direction():
    rng = np.random.default_rng(0)
    x, direction = rng.standard_normal((2, 3, 4))[0], rng.standard_normal((3, 4))
    before = x.copy()
    assert directional_derivative(lambda: float(np.sin(x).sum()), x, direction) == pytest.approx(
        float((np.cos(x) * direction).sum()), rel=1e-9
    )
    assert np.array_equal(x, before)


def test_the_error_names_the_array_the_worst_index_and_both_values():
    measured = np.array([[1.0, 2.0], [3.0, 4.0]])
    by_hand = np.array([[1.0, 2.0], [3.5, 4.0]])
    with pytest.raises(GradientError, match=r"gradient of W: .* index \(1, 0\): by hand 3\.5, measured 3$"):
        assert_gradient("W", by_hand, measured)


def test_shapes_are_compared_before_numbers():
    with pytest.raises(GradientError, match=r"gradient of b: shape by hand is \(3,\), measured \(1, 3\)"):
        assert_gradient("b", np.ones(3), np.ones((1, 3)))


def test_a_gradient_of_zeros_is_refused_because_it_checks_nothing():
    with pytest.raises(GradientError, match="zero everywhere"):
        assert_gradient("q", np.zeros(3), np.zeros(3))


def test_nan_is_an_error_and_its_place_is_named():
    with pytest.raises(GradientError, match=r"index \(2,\)"):
        assert_gradient("q", np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0]))


def test_a_missing_gradient_is_an_error():
    with pytest.raises(GradientError, match="expected"):
        check_gradients(lambda x, y: x * y, {"x": np.ones(2), "y": np.ones(2)}, lambda g: {"x": g})


def test_the_upstream_gradient_is_random():
    seen = []
    check_gradients(lambda x: 2 * x, {"x": np.arange(1.0, 6.0)}, lambda g: seen.append(g) or {"x": 2 * g})
    assert len(np.unique(seen[0])) == 5


def test_relative_error_of_the_whole_array():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.array([3.0, 0.0]), np.array([0.0, 4.0])) == pytest.approx(5 / 7)
