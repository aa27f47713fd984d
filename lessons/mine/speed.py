"""The ladder of lesson 13 with the reader's rungs: milliseconds of a training step beside each."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from lessons.mine.referee import check_model
from lessons.mine.training import demo, settings
from nrms_np.backend import Backend
from nrms_np.config import Config, fastest_backend
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import Dataset
from nrms_np.model import NRMS
from nrms_np.packed import Batch
from nrms_np.parameters import initial_parameters

REPEATS = 3


def print_rungs(folder: Path) -> None:
    """Print each rung, whose its functions are, its gradients' error and how long a step takes; nothing where none is the reader's.

    folder: of the exercises.
    """
    from lessons import ladder

    functions, own = ladder.pieces(folder)
    if not own or fastest_backend() != "kernels":
        return
    data = demo(whole=False)
    config = settings(heads=8, head_dim=8, word_dim=64)
    batch = _batch(data, config)
    print("\nrung                        whose           gradient  ms a step")
    for label, backend in ladder.rungs(functions).items():
        names = ladder.PIECES.get(label, ())
        whose = (
            ""
            if not names
            else "yours"
            if set(names) <= own
            else "yours in part"
            if set(names) & own
            else "the solutions'"
        )
        error = check_model(backend)
        shown = error if isinstance(error, str) else f"{error:.0e}"
        with ladder.threads(ladder.threads_of(label)):
            seconds = seconds_of_step(data, config, backend, batch)
        print(f"{label:26}  {whose:14}  {shown:8}  {1000 * seconds:9.1f}", flush=True)


def seconds_of_step(data: Dataset, config: Config, backend: Backend, batch: Batch) -> float:
    """The shortest of some steps, loss and gradients, after one that compiles."""
    words = data.vocabulary.words
    model = NRMS(config, words, initial_parameters(config, len(words)), backend)
    model.loss_and_row_gradients(batch, dropout_step=0)
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        model.loss_and_row_gradients(batch, dropout_step=0)
        times.append(time.perf_counter() - started)
    return float(np.min(times))


def _batch(data: Dataset, config: Config) -> Batch:
    return next(
        batches(
            data.train, data.train_titles, Samples.from_behaviors(data.train.behaviors), batch_size=config.batch_size,
            negatives=config.negatives, words=len(data.vocabulary), seed=config.seed, epoch=1,
        )
    )  # fmt: skip
