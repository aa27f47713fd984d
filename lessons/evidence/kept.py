"""The measured numbers in lessons/figures/NN_seeds.json: written one seed after the other, read by the lesson."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.arrays import Array

FIGURES = Path(__file__).resolve().parents[1] / "figures"
DIGITS = 6

Found = dict[str, Any]
"""What one seed gave: numbers, or lists of numbers, by name."""


def path_of(number: str) -> Path:
    """Where the numbers of a lesson are."""
    return FIGURES / f"{number}_seeds.json"


def load(number: str) -> dict[str, Array]:
    """What was measured for a lesson: by name an array whose first axis is the seeds."""
    runs = json.loads(path_of(number).read_text(encoding="utf-8"))["runs"]
    seeds = sorted(runs, key=int)
    return {name: np.array([runs[seed][name] for seed in seeds]) for name in runs[seeds[0]]}


def keep(number: str, measure: Callable[[int], Found], seeds: Iterable[int]) -> None:
    """Measure the seeds that the file does not have; it is written after each, so that a stopped run goes on where it was."""
    path = path_of(number)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": {}}
    for seed in seeds:
        if str(seed) in kept["runs"]:
            continue
        kept["runs"][str(seed)] = {name: np.round(value, DIGITS).tolist() for name, value in measure(seed).items()}
        kept["made by"] = f"python -m lessons.evidence {number}"
        temporary = path.with_name(path.name + ".part")
        temporary.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(temporary, path)
        print(f"lesson {number}, seed {seed}: measured", flush=True)
