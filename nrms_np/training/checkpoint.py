"""The state of a run after any step: enough to go on exactly as if it had not stopped, with the settings and data it was made with.

There is no generator state in it: order, negatives and dropout are functions of the seed, the epoch and the step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nrms_np.arrays import Array
from nrms_np.config import MAY_CHANGE, Config, shown
from nrms_np.errors import ModelFileError
from nrms_np.model import NRMS
from nrms_np.npz import read_arrays, write_arrays


class Optimiser(Protocol):
    """What a checkpoint asks of an optimiser: how many steps it made, and its arrays as state[name][parameter]."""

    steps: int
    state: dict[str, dict[str, Array]]


@dataclass
class Progress:
    """How far a run is.

    epoch:    the epoch under way, or the last one if it is finished (batch is then 0).
    batch:    batches of that epoch already done.
    loss_sum: of the samples of that epoch so far; samples: how many; seconds: how long they took.
    norm_sum: of the gradients' norms of that epoch's batches so far.
    best_auc: the best dev AUC so far; best_epoch: where it was reached.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    norm_sum: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    best_auc: float = -1.0
    best_epoch: int = 0

    @property
    def finished(self) -> int:
        """How many epochs are finished."""
        return self.epoch - (self.batch > 0)

    def problem(self, steps: int, batches: int) -> str:
        """What cannot be true of this progress; empty where nothing is wrong.

        steps: the optimiser made so many.    batches: an epoch has so many.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "best_auc" and value == -1.0:
                continue  # nothing is evaluated yet
            if not (isfinite(value) and value >= 0) or (field.name == "best_auc" and value > 1):
                return f"{field.name} is {value}"
        if self.batch > batches or (self.batch and not self.epoch):
            return f"batch is {self.batch} of {batches} in epoch {self.epoch}"
        if self.best_epoch > self.finished:
            return f"best_epoch is {self.best_epoch} of {self.finished} finished ones"
        made = self.finished * batches + self.batch
        return f"steps is {steps} where {made} were made" if steps != made else ""


@dataclass(frozen=True)
class Origin:
    """What a state belongs to: the settings of the run, and the fingerprint of its data."""

    settings: str
    data: str

    @classmethod
    def of(cls, config: Config, data: str) -> Origin:
        """The settings that may not change, as JSON, beside the fingerprint of the data."""
        kept = {name: value for name, value in asdict(config).items() if name not in MAY_CHANGE}
        return cls(json.dumps(kept, sort_keys=True), data)

    def check(self, path: Path, arrays: Mapping[str, Any]) -> None:
        """Raise ModelFileError where a saved state belongs to something else; states of today's version say so, older do not."""
        now = json.loads(self.settings)
        saved = json.loads(arrays["settings"].item()) if "settings" in arrays else {**now, "lazy_adam": True}
        then = {"lazy_adam": True, **saved}  # once there was no choice
        if names := [name for name in {**now, **then} if then.get(name) != now.get(name)]:
            told = ", ".join(f"{name} is {shown(now.get(name))} but was {shown(then.get(name))}" for name in names)
            raise ModelFileError(
                f"{path}: the settings have changed since this run was started: {told}; put them back."
            )
        if "data" in arrays and arrays["data"].item() != self.data:
            raise ModelFileError(
                f"{path}: the data has changed since this run was started, other clicks or titles; bring the old data "
                "back, or go on with the new data as another run: --from."
            )


def save_checkpoint(path: Path, model: NRMS, optimiser: Optimiser, progress: Progress, origin: Origin) -> None:
    """Write parameters, the optimiser's state and the progress. The file appears whole or not at all."""
    arrays: dict[str, Any] = {"steps": optimiser.steps, "vocabulary": _fingerprint(model), **asdict(origin)}
    for kind, values in (*_state(model, optimiser), ("progress", asdict(progress))):
        arrays |= {f"{kind}/{name}": value for name, value in values.items()}
    write_arrays(path, arrays)


def load_checkpoint(path: Path, model: NRMS, optimiser: Optimiser, origin: Origin, batches: int) -> Progress:
    """Put the saved state into model and optimiser, and return the progress.

    origin: what the run is now.    batches: an epoch has so many.
    Raises ModelFileError where the file is broken, says what cannot be, or belongs to other data, settings or parameters.
    Nothing is changed then.
    """
    arrays = read_arrays(path, "the checkpoint cannot be read")
    arrays.setdefault("progress/norm_sum", np.array(0.0))  # checkpoints from before it was told
    try:
        if arrays["vocabulary"].item() != _fingerprint(model):
            problem = "the data has other words than when the run was started; bring the old data back."
            raise ModelFileError(f"{path}: {problem}")
        origin.check(path, arrays)
        progress = Progress(
            **{one.name: _number(path, arrays, f"progress/{one.name}", one.type) for one in fields(Progress)}
        )
        steps = _number(path, arrays, "steps", "int")
        saved = {kind: {name: arrays[f"{kind}/{name}"] for name in values} for kind, values in _state(model, optimiser)}
    except KeyError as error:
        raise ModelFileError(f"{path}: the checkpoint cannot be read (it has no {error.args[0]}).") from error
    if problem := progress.problem(steps, batches):
        raise ModelFileError(f"{path}: the checkpoint says what cannot be: {problem}.")
    for kind, values in _state(model, optimiser):
        for name, value in values.items():
            found = saved[kind][name]
            if found.shape != value.shape or found.dtype != value.dtype:
                problem = (
                    f"{name} is of {found.dtype} with shape {found.shape}, the data gives {value.dtype}, {value.shape}."
                )
                raise ModelFileError(f"{path}: {problem}")
            if not np.isfinite(found).all():
                raise ModelFileError(f"{path}: {kind}/{name} holds what is no number.")
    for kind, values in _state(model, optimiser):
        values.update(saved[kind])
    optimiser.steps = steps
    return progress


def _number(path: Path, arrays: Mapping[str, Any], name: str, type_name: Any) -> Any:
    array = arrays[name]
    if array.ndim or array.dtype.kind != {"int": "i", "float": "f"}[type_name]:
        raise ModelFileError(
            f"{path}: {name} is of {array.dtype} with shape {array.shape}, but should be one {type_name}."
        )
    return array.item()


def _state(model: NRMS, optimiser: Optimiser) -> list[tuple[str, dict[str, Array]]]:
    return [("parameter", model.parameters), *optimiser.state.items()]


def _fingerprint(model: NRMS) -> str:
    """Tells whether two vocabularies are the same: parameters of one mean nothing for another."""
    return hashlib.sha256("\n".join(model.vocabulary).encode()).hexdigest()
