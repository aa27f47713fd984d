"""TensorFlow's NRMS, which the benchmarks measure, is the same function as ours: loss and gradients."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from nrms_np.gradcheck import relative_error
from nrms_np.model import NRMS
from tests.helpers.sizes import WORDS, ragged_batch, small_config

pytest.importorskip("tensorflow")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import padded
import tensorflow_nrms


@pytest.mark.parametrize("backend", ["layers", "kernels"])
def test_loss_and_gradients_are_those_of_tensorflow(backend):
    config, vocabulary = small_config(backend=backend), [str(i) for i in range(WORDS)]
    rng = np.random.default_rng(4)
    shapes = {name: value.shape for name, value in NRMS.create(config, vocabulary).parameters.items()}
    model = NRMS(config, vocabulary, {name: rng.normal(scale=0.6, size=shape) for name, shape in shapes.items()})
    batch = ragged_batch()
    loss, gradients = model.loss_and_gradients(batch)
    theirs = tensorflow_nrms.TensorFlowNRMS(model.parameters, config.heads, dropout=0.0)
    their_loss, their_gradients = tensorflow_nrms.loss_and_gradients(theirs, padded.pad_batch(batch, 7, 6))
    assert loss == pytest.approx(their_loss, rel=1e-12)
    for name, gradient in gradients.items():
        assert np.abs(gradient).max() > 1e-4, f"a gradient of zero proves nothing: {name}"
        assert relative_error(gradient, their_gradients[name]) < 1e-10, name


def test_the_step_that_is_timed_learns():
    config, vocabulary = small_config(), [str(i) for i in range(WORDS)]
    model, batch = NRMS.create(config, vocabulary), ragged_batch()
    theirs = tensorflow_nrms.TensorFlowNRMS(model.parameters, config.heads, dropout=0.0)
    step = tensorflow_nrms.training_step(theirs, batch, learning_rate=0.01)
    first, second = step(), step()
    assert first == pytest.approx(model.loss(batch), rel=1e-5)
    assert second < first
