"""Train the course's small world and the demo corpus with a backend, and draw its learning curve beside the package's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lessons.exercise_files import ROOT
from lessons.small_world import make_world, small_config
from nrms_np.backend import Backend
from nrms_np.config import Config
from nrms_np.data.dataset import Dataset, Split, read_dataset
from nrms_np.model import NRMS
from nrms_np.parameters import initial_parameters
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Trainer

Row = dict[str, Any]
OnStep = Callable[[int, float], None]
"""Told the number of each step and its loss."""


def _silent(*_: Any) -> None:
    """Nobody listens."""


OF_DEMO = {"train": 640, "dev": 300}
"""How many impressions of the demo corpus are used unless all are asked for: loops in Python take their time."""


def settings(**changes: Any) -> Config:
    """A model small enough for loops in Python; with dropout, which is one of the pieces."""
    return small_config(**{"heads": 2, "dropout": 0.2, "epochs": 4, "patience": 4, **changes})


def small_world() -> Dataset:
    """The small world of lesson 11."""
    with TemporaryDirectory() as folder:
        return make_world(Path(folder))


def demo(whole: bool) -> Dataset:
    """The demo corpus, or the first impressions of it."""
    config = settings()
    data = read_dataset(
        ROOT / "data" / "demo",
        title_length=config.title_length,
        history_length=config.history_length,
        minimum_count=config.minimum_count,
    )
    if whole:
        return data
    return replace(data, train=_first(data.train, OF_DEMO["train"]), dev=_first(data.dev, OF_DEMO["dev"]))


def train(
    data: Dataset, config: Config, backend: Backend | None, say: Callable[[Row], None], on_step: OnStep = _silent
) -> list[Row]:
    """Train from config's first values.

    backend: None for the one that config names.    say: told each epoch's metrics.    Returns them all.
    """
    words = data.vocabulary.words
    model = NRMS(config, words, initial_parameters(config, len(words)), backend)
    rows: list[Row] = []

    def on_epoch(row: Row) -> None:
        rows.append(row)
        say(row)

    with TemporaryDirectory() as folder:
        Trainer(model, data, RunFolder(folder), on_epoch=on_epoch, on_step=on_step).fit()
    return rows


def train_beside(
    packages: list[Row],
    data: Dataset,
    config: Config,
    backend: Backend,
    on_epoch: Callable[[Row], None] = _silent,
    on_step: OnStep = _silent,
) -> list[Row]:
    """Train with a backend and print its epochs beside the package's.

    packages: the metrics of the package's epochs.    on_epoch: told each epoch's metrics.    Returns them all.
    """
    print("\nepoch         loss           dev AUC")
    print("         yours  package    yours  package")

    def say(row: Row) -> None:
        other = packages[row["epoch"]]
        print(
            f"{row['epoch']:5}    {row['loss']:.3f}   {other['loss']:.3f}    {row['auc']:.3f}   {other['auc']:.3f}",
            flush=True,
        )
        on_epoch(row)

    started = time.perf_counter()
    yours = train(data, config, backend, say, on_step)
    print(f"yours took {time.perf_counter() - started:.0f} s")
    return yours


def train_both(name: str, data: Dataset, backend: Backend, picture: Path, config: Config | None = None) -> None:
    """Train with a backend and with the package's, print both epoch by epoch, and draw both curves."""
    from nrms_np.training.learning_curve import draw_learning_curves

    config = config or settings()
    started = time.perf_counter()
    packages = train(data, config, None, _silent)
    seconds = time.perf_counter() - started
    print(f"\n{name}: {impressions(data)}, the package's {config.backend} took {seconds:.0f} s")
    yours = train_beside(packages, data, config, backend)
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw_learning_curves(picture, {"yours": yours, "the package's": packages}, {"chance": 0.5})
    print(f"learning curve: {picture}")


def impressions(data: Dataset) -> str:
    """How many are trained on, in words."""
    return f"{data.train.behaviors.candidates.count:,} impressions"


def _first(split: Split, impressions: int) -> Split:
    """A split with its first impressions only."""
    behaviors = split.behaviors
    rows = np.arange(min(impressions, behaviors.candidates.count))
    candidates = behaviors.candidates.take(rows)
    clicked = None if behaviors.clicked is None else behaviors.clicked[: len(candidates.index)]
    fewer = replace(
        behaviors,
        impression_ids=behaviors.impression_ids[: len(rows)],
        users=behaviors.users[: len(rows)],
        histories=behaviors.histories.take(rows),
        candidates=candidates,
        clicked=clicked,
        times=None if behaviors.times is None else behaviors.times[: len(rows)],
    )
    return replace(split, behaviors=fewer)
