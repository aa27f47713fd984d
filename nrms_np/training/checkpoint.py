"""The state of a run after any step: enough to go on exactly as if it had not stopped.

There is no generator state in it: order, negatives and dropout are functions of the seed, the epoch and the step.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from nrms_np.arrays import Array
from nrms_np.errors import ModelFileError
from nrms_np.files import arrays_in, write_arrays
from nrms_np.model import NRMS


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
    best_auc: the best dev AUC so far; best_epoch: where it was reached.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    samples: int = 0
    seconds: float = 0.0
    best_auc: float = -1.0
    best_epoch: int = 0


def save_checkpoint(path: Path, model: NRMS, optimiser: Optimiser, progress: Progress) -> None:
    """Write parameters, the optimiser's state and the progress. The file appears whole or not at all."""
    arrays: dict[str, Any] = {"steps": optimiser.steps, "vocabulary": _fingerprint(model)}
    for kind, values in (*_state(model, optimiser), ("progress", asdict(progress))):
        arrays |= {f"{kind}/{name}": value for name, value in values.items()}
    write_arrays(path, arrays)


def load_checkpoint(path: Path, model: NRMS, optimiser: Optimiser) -> Progress:
    """Put the saved state into model and optimiser, and return the progress.

    Raises ModelFileError where the file is broken, or of a model with other words or other parameters.
    """
    with arrays_in(path, "the checkpoint cannot be read") as arrays:
        if arrays["vocabulary"].item() != _fingerprint(model):
            raise ModelFileError(
                f"{path}: the data has other words than when the run was started; bring the old data back."
            )
        for kind, values in _state(model, optimiser):
            for name in values:
                saved = arrays[f"{kind}/{name}"]
                if saved.shape != values[name].shape:
                    raise ModelFileError(
                        f"{path}: {name} has shape {saved.shape}, the data gives {values[name].shape}."
                    )
                values[name] = saved
        optimiser.steps = int(arrays["steps"])
        return Progress(**{field.name: arrays[f"progress/{field.name}"].item() for field in fields(Progress)})


def _state(model: NRMS, optimiser: Optimiser) -> list[tuple[str, dict[str, Array]]]:
    return [("parameter", model.parameters), *optimiser.state.items()]


def _fingerprint(model: NRMS) -> str:
    """Tells whether two vocabularies are the same: parameters of one mean nothing for another."""
    return hashlib.sha256("\n".join(model.vocabulary).encode()).hexdigest()
