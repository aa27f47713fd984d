"""Lesson 11: how far Adam moves a number, said of the package's Adam."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.packed import RowGradient
from nrms_np.training.adam import Adam

ETA = 0.01


@pytest.mark.parametrize(("steps_before", "expected"), [(0, 1.0), (5000, 3.15)])
def test_a_words_first_step_is_longer_the_later_it_comes(steps_before, expected):
    table = {"word_embedding": np.zeros((3, 2))}
    adam = Adam(table, ETA)
    adam.steps = steps_before
    adam.step(table, {"word_embedding": RowGradient(np.array([1]), np.array([[0.3, -7.0]]))})
    assert np.abs(table["word_embedding"][1]) / ETA == pytest.approx([expected, expected], abs=0.005)


def test_pure_noise_moves_a_number_by_a_quarter_of_the_learning_rate():
    rng = np.random.default_rng([11, 23])
    parameters = {"b": np.zeros(2000)}
    adam = Adam(parameters, ETA)
    for _ in range(1500):
        before = parameters["b"].copy()
        adam.step(parameters, {"b": rng.standard_normal(2000)})
    assert np.sqrt(np.mean((parameters["b"] - before) ** 2)) / ETA == pytest.approx(np.sqrt(0.1 / 1.9), abs=0.01)
