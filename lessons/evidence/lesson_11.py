"""Lesson 11: four learning rates on one batch, and runs with and without dropout; each seed has a world of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lessons.evidence.kept import Found
from lessons.small_world import IMPRESSIONS, make_world, small_config
from nrms_np import NRMS, Config
from nrms_np.arrays import Array
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import Dataset
from nrms_np.evaluation.ranking import evaluate, metrics_of
from nrms_np.npz import read_arrays
from nrms_np.packed import Batch
from nrms_np.training import fit
from nrms_np.training.adam import Adam

SEEDS = 8
RATES = (1e-4, 1e-3, 1e-2, 1e-1)
STEPS = 120
DROPOUT = {"without": 0.0, "dropped": 0.2}


def first_batch(data: Dataset, config: Config) -> Batch:
    """The first batch of the first epoch."""
    return next(
        batches(
            data.train, data.train_titles, Samples.from_behaviors(data.train.behaviors), batch_size=config.batch_size,
            negatives=config.negatives, words=len(data.vocabulary), seed=config.seed, epoch=1,
        )
    )  # fmt: skip


def overfit(model: NRMS, batch: Batch, learning_rate: float, steps: int = STEPS) -> Array:
    """Train on one batch alone; the loss before each step."""
    adam = Adam(model.parameters, learning_rate)
    losses = []
    for _ in range(steps):
        loss, gradients = model.loss_and_row_gradients(batch)  # word_embedding's as a RowGradient
        adam.step(model.parameters, gradients)
        losses.append(loss)
    return np.array(losses)


def floor_of(batch: Batch, negatives: int) -> float:
    """What the loss cannot go below: readers without a history have u = 0, and the loss of one who knows nothing."""
    return float(np.log(1 + negatives) * np.mean(batch.histories.lengths == 0))


def knows_topics(data: Dataset) -> float:
    """The dev AUC of somebody who is told the topics: 1 for a candidate of a topic of the history, else 0."""
    behaviors, topic = data.dev.behaviors, np.array(data.dev.news.categories)
    scores = [
        np.isin(topic[behaviors.candidates.sequence(i)], topic[behaviors.histories.sequence(i)])
        for i in range(behaviors.candidates.count)
    ]
    return metrics_of(np.concatenate(scores).astype(float), behaviors).values["auc"]


def measure(seed: int) -> Found:
    """Everything that the lesson says of a seed."""
    with TemporaryDirectory() as folder:
        data = make_world(Path(folder) / "world", seed, tuple(IMPRESSIONS))
        config = small_config(seed=seed)
        batch = first_batch(data, config)
        found: Found = {"floor": floor_of(batch, config.negatives), "ceiling": knows_topics(data)}
        for rate in RATES:
            losses = overfit(NRMS.create(config, data.vocabulary.words), batch, rate)
            found[f"one batch {rate:g}"] = [*losses[::5].tolist(), losses[-1]]
            found[f"largest {rate:g}"] = losses.max()
        for name, dropout in DROPOUT.items():
            run = fit(replace(config, dropout=dropout), data, Path(folder) / name)
            assert run.test is not None, "the world was made with a test split"
            found[f"loss {name}"] = [row["loss"] for row in run.epochs]
            found[f"auc {name}"] = [row["auc"] for row in run.epochs]
            found[f"kept {name}"] = run.best["epoch"]
            found[f"test of the kept {name}"] = run.test["auc"]
            found[f"test of the last {name}"] = _auc_on_test(data, last_model(run.model, run.folder.checkpoint))
    return found


def last_model(model: NRMS, checkpoint: Path) -> NRMS:
    """The model after a run's last epoch, out of its checkpoint."""
    start = "parameter/"
    arrays = {
        name[len(start) :]: value
        for name, value in read_arrays(checkpoint, "this is not a checkpoint").items()
        if name.startswith(start)
    }
    return NRMS(model.config, model.vocabulary, arrays)


def _auc_on_test(data: Dataset, model: NRMS) -> float:
    assert data.test is not None
    titles = model.encode_titles(data.test.news.titles)
    return evaluate(model, titles, data.test.behaviors).values["auc"]
