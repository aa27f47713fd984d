"""Lesson 16: our training and PyTorch's, each with first values and dropout of its own; a seed has a world of its own."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from lessons.evidence.kept import FIGURES, Found
from lessons.small_world import make_world, small_config

SEEDS = 8
ROOT = Path(__file__).resolve().parents[2]


def measure(seed: int) -> Found:
    """The best dev AUC of both. Needs PyTorch."""
    sys.path[:0] = [str(ROOT / "benchmarks")]
    from seeds import best_epoch, train_ours
    from torch_learning import train_torch

    config = small_config(seed=seed, dropout=0.2, epochs=8, patience=8)
    with TemporaryDirectory() as folder:
        data = make_world(Path(folder) / "world", seed)
        return {
            "ours": best_epoch(train_ours(data, config))["auc"],
            "PyTorch": best_epoch(train_torch(data, config))["auc"],
        }


def finish() -> None:
    """Run the lesson where PyTorch is, and keep what it found for where it is not."""
    sys.path[:0] = [str(ROOT / "lessons")]
    found = import_module("lessons.16_with_pytorch").found
    (FIGURES / "16_with_pytorch.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
