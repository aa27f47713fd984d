"""The setting of the comparison with PyTorch: parameters, batches, and our own 200 steps.

The batches are drawn so that every word of the vocabulary occurs in each: then Adam on the touched rows and Adam on all rows
are the same thing, and PyTorch's ordinary Adam can be compared number by number.
"""

from __future__ import annotations

import numpy as np

from nrms_np.config import Config
from nrms_np.model import NRMS
from nrms_np.packed import Batch, Packed
from nrms_np.parameters import parameter_shapes
from nrms_np.training.adam import Adam

STEPS, BATCHES, RATE, WORDS = 200, 10, 3e-3, 17
FORMS = ("projected", "bilinear")


def config_of(attention: str, backend: str = "kernels") -> Config:
    """A small model with sizes that all differ."""
    return Config(
        word_dim=7, heads=3, head_dim=2, query_dim=4, attention=attention, scaled=attention == "projected",
        dropout=0.0, learning_rate=RATE, backend=backend,
    )  # fmt: skip


def first_parameters(attention: str) -> dict[str, np.ndarray]:
    """Float64 parameters large enough that every gradient is far from zero."""
    rng = np.random.default_rng([4, 1])
    shapes = parameter_shapes(config_of(attention), WORDS)
    return {name: 0.5 * rng.standard_normal(shape) for name, shape in shapes.items()}


def batch_of(step: int) -> Batch:
    """A ragged batch: an empty title, an empty history, repeated words and titles, a candidate from the history."""
    rng = np.random.default_rng([4, 2, step % BATCHES])
    titles = [rng.integers(0, WORDS, size=size).tolist() for size in (3, 5, 0, 1, 4, 6, 2)]
    titles.append(list(range(WORDS)))
    histories = [rng.integers(0, len(titles), size=size) for size in (4, 0, 1, 6)]
    candidates = rng.integers(0, len(titles), size=(4, 5))
    candidates[0, 0], candidates[3, 1] = histories[0][1], 7
    return Batch(np.arange(WORDS, dtype=np.int32), Packed.from_lists(titles), Packed.from_lists(histories), candidates)


def our_trajectory(attention: str, backend: str) -> tuple[list[float], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Losses of all steps, the gradients of the first, the parameters after the last."""
    model = NRMS(config_of(attention, backend), [str(i) for i in range(WORDS)], first_parameters(attention))
    adam = Adam(model.parameters, RATE)
    _, first_gradients = model.loss_and_gradients(batch_of(0))
    losses = []
    for step in range(STEPS):
        loss, gradients = model.loss_and_gradients(batch_of(step))
        adam.step(model.parameters, dict(gradients))
        losses.append(loss)
    return losses, first_gradients, model.parameters
