"""What the comparisons over several seeds share: one training of ours, a file that keeps what is done, means with their errors."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nrms_np.config import PRESETS, Config
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import Dataset, read_dataset
from nrms_np.data.mind.files import git_blob_sha1
from nrms_np.evaluation.metrics import METRICS
from nrms_np.packed import Batch
from nrms_np.training import fit

Epochs = list[dict[str, float]]
"""The metrics on the dev split after each epoch of a training, by their names."""


def read(folder: Path, glove: Path | None, preset: str, **changes: Any) -> tuple[Dataset, Config]:
    """Read a data folder and make the settings that go with it."""
    config = Config(**{**PRESETS[preset], **changes})
    data = read_dataset(
        folder, title_length=config.title_length, history_length=config.history_length,
        minimum_count=config.minimum_count, glove=glove,
    )  # fmt: skip
    for note in data.notes:
        print(note)
    if data.word_vectors is not None:
        config = replace(config, word_dim=data.word_vectors.shape[1])
    return data, config


def fingerprints(folder: Path) -> dict[str, str]:
    """The git blob SHA-1 of each file of the data."""
    names = [f"{split}/{file}" for split in ("train", "dev") for file in ("news.tsv", "behaviors.tsv")]
    return {name: git_blob_sha1(folder / name) for name in names}


def train_ours(data: Dataset, config: Config, share_words: bool = True) -> Epochs:
    """Train our model from config.seed, all epochs of it."""
    with TemporaryDirectory() as folder:
        whole = replace(config, patience=config.epochs)
        run = fit(whole, data, Path(folder) / "run", share_words=share_words)
    names = [metric.name for metric in METRICS]
    return [{name: epoch[name] for name in names} for epoch in run.epochs if epoch["epoch"] > 0]


def each_epoch(data: Dataset, config: Config) -> Iterator[Iterator[Batch]]:
    """The batches of one epoch after another, as our own training has them, for other trainings to go through."""
    samples = Samples.from_behaviors(data.train.behaviors)
    for epoch in range(1, config.epochs + 1):
        yield batches(
            data.train, data.train_titles, samples, batch_size=config.batch_size, negatives=config.negatives,
            words=len(data.vocabulary), seed=config.seed, epoch=epoch,
        )  # fmt: skip


class Runs:
    """The trainings done so far, by name and seed, in a JSON file, so that a stopped comparison goes on where it was."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        """Read the file, if there is one; exits where it was made with other settings or other data."""
        self.path = path
        # Through JSON and back, because there tuples are lists.
        self.settings = json.loads(json.dumps(settings))
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        other = [key for key, value in kept.get("settings", {}).items() if self.settings.get(key) != value]
        if other:
            sys.exit(f"{path}: made with other settings ({', '.join(other)}); move it away or choose another --json.")
        self.epochs: dict[str, dict[str, Epochs]] = kept.get("runs", {})

    def do(self, name: str, seed: int, training: Callable[[], Epochs]) -> None:
        """Do a training and keep its metrics, unless they are there."""
        done = self.epochs.setdefault(name, {})
        if str(seed) in done:
            return
        start = time.perf_counter()
        done[str(seed)] = training()
        aucs = " ".join(f"{epoch['auc']:.4f}" for epoch in done[str(seed)])
        print(f"{name}, seed {seed}: dev AUC {aucs} ({time.perf_counter() - start:.0f} s)", flush=True)
        temporary = self.path.with_name(self.path.name + ".part")
        kept = {"settings": self.settings, "runs": self.epochs}
        temporary.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        os.replace(temporary, self.path)


def best_epoch(epochs: Epochs) -> dict[str, float]:
    """The metrics of the epoch with the highest AUC."""
    return max(epochs, key=lambda epoch: epoch["auc"])


def last_epoch(epochs: Epochs) -> dict[str, float]:
    """The metrics of the last epoch."""
    return epochs[-1]


@dataclass(frozen=True)
class Mean:
    """A mean over seeds and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, values: list[float]) -> Mean:
        """The mean of two or more values."""
        return cls(float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values))))

    def __str__(self) -> str:
        return f"{self.value:.4f} ± {self.error:.4f}"
