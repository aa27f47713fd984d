"""Lesson 01: the table of rules, and what it says of a check along a random direction."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.gradcheck import check_gradients

RNG = np.random.default_rng(1)
A, B, E, b = (RNG.standard_normal(shape) for shape in ((5, 3), (3, 4), (5, 3), (3,)))

RULES = {
    "C = A B": (lambda A, B: A @ B, {"A": A, "B": B}, lambda dC: {"A": dC @ B.T, "B": A.T @ dC}),
    "C = Aᵀ": (lambda A: A.T, {"A": A}, lambda dC: {"A": dC.T}),
    "C = A + B": (lambda A, E: A + E, {"A": A, "E": E}, lambda dC: {"A": dC, "E": dC}),
    "C = A ∗ B": (lambda A, E: A * E, {"A": A, "E": E}, lambda dC: {"A": dC * E, "E": dC * A}),
    "C = tanh(A)": (np.tanh, {"x": A}, lambda dC: {"x": dC * (1 - np.tanh(A) ** 2)}),
    "C = exp(A)": (np.exp, {"x": A}, lambda dC: {"x": dC * np.exp(A)}),
    "C = A + b": (lambda A, b: A + b, {"A": A, "b": b}, lambda dC: {"A": dC, "b": dC.sum(axis=0)}),
    "c = sum of all of A": (lambda A: A.sum(), {"A": A}, lambda dc: {"A": np.full_like(A, dc)}),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_the_table_is_right(rule):
    forward, inputs, backward = RULES[rule]
    if "x" in inputs:  # NumPy's own functions take no names
        forward = lambda x, function=forward: function(x)  # noqa: E731
    assert max(check_gradients(forward, inputs, backward).values()) < 1e-9


@pytest.mark.parametrize("numbers", [100, 10_000])
def test_the_sensitivity_of_a_random_direction_does_not_depend_on_how_many_numbers_there_are(numbers):
    rng = np.random.default_rng(numbers)
    a, e = rng.standard_normal(numbers), rng.standard_normal(numbers)
    e -= (e @ a) / (a @ a) * a
    e *= 0.01 * np.linalg.norm(a) / np.linalg.norm(e)
    along_a, along_e = np.array([(v @ a, v @ e) for v in (rng.standard_normal(numbers) for _ in range(2000))]).T
    shown = np.abs(along_e) / (np.abs(along_a) + np.abs(along_a + along_e))  # the lesson's relative error
    assert np.median(shown) == pytest.approx(0.005, rel=0.1)
    assert np.mean(shown < 0.001) == pytest.approx(2 / np.pi * np.arctan(0.2), rel=0.2)
