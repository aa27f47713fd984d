"""The folder a training run writes: settings, metrics of each epoch, the best model, a checkpoint, learning curve, report, test."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from nrms_np.config import Config
from nrms_np.errors import NrmsError
from nrms_np.files import write_text


class RunFolder:
    """Paths of the files of a run, and how they are written: whole or not at all."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.metrics = self.path / "metrics.jsonl"
        self.model = self.path / "model.npz"
        self.checkpoint = self.path / "checkpoint.npz"
        self.learning_curve = self.path / "learning_curve.png"
        self.clicks = self.path / "clicks.tsv"
        self.report = self.path / "REPORT.md"
        self.test = self.path / "test.json"

    def create(self) -> None:
        """Make the folder and see that it can be written to. Raises NrmsError where it cannot, or already holds a run."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if self.config.exists():
                raise NrmsError(
                    f"{self.path}: this folder already holds a run; choose another --out, or go on with --resume."
                )
            write_text(self.metrics, "")  # no epoch so far; and it shows whether the folder can be written to
        except OSError as error:
            raise NrmsError(
                f"{self.path}: the run folder cannot be written ({error.strerror}); choose another --out."
            ) from error

    def write_config(self, config: Config, data: dict[str, Any]) -> None:
        """Write config.json: the model's settings, and what the run was given as data."""
        write_text(self.config, json.dumps({**asdict(config), "data": data}, indent=2) + "\n")

    def read_config(self) -> tuple[Config, dict[str, Any]]:
        """Read what `write_config` wrote. Raises NrmsError where there is no run or its settings make no sense."""
        try:
            text = self.config.read_text(encoding="utf-8")
            given = json.loads(text)["data"]
            data = {"folder": given["folder"], "glove": given["glove"], "from": given.get("from")}
        except FileNotFoundError as error:
            raise NrmsError(f"{self.path}: this is not a run folder, it has no config.json.") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NrmsError(f"{self.config}: the settings cannot be read ({error}).") from error
        return Config.from_json(text), data

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append the metrics of one epoch, in place of what was left of it or of later ones by a run that is gone on with."""
        rows = [each for each in self.read_metrics() if each["epoch"] < row["epoch"]] + [row]
        write_text(self.metrics, "".join(json.dumps(each) + "\n" for each in rows))

    def read_metrics(self) -> list[dict[str, Any]]:
        """The metrics of all epochs so far."""
        try:
            rows = [json.loads(line) for line in self.metrics.read_text(encoding="utf-8").splitlines()]
            rows.sort(key=lambda row: row["epoch"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NrmsError(f"{self.metrics}: the metrics cannot be read ({error}).") from error
        return rows

    def write_test(self, metrics: dict[str, Any]) -> None:
        """Write test.json: the metrics of the best epoch on the test split, and those of the baselines."""
        write_text(self.test, json.dumps(metrics, indent=2) + "\n")


def claim_folder(parent: Path, name: str) -> Path:
    """Make the folder `name`, or `name-2`, `name-3`, ...: the first that does not exist. Nobody else gets the same one."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            path.mkdir()
            return path
    raise AssertionError("numbers do not end")


def data_of(run: Path, given: Path | None, say: Callable[[str], None]) -> Path:
    """The data folder that a command is to use: the one given, or else the one the run was trained on, which `say` is told.

    run: a run folder, or a model file in one. Raises NrmsError where no folder is given and the run tells none.
    """
    if given is not None:
        return given
    folder = RunFolder(run if run.is_dir() else run.parent)
    if not folder.config.exists():
        raise NrmsError(f"{folder.path}: no config.json here says what the model was trained on; give --data.")
    data = Path(folder.read_config()[1]["folder"])
    say(f"data: {data}, which the run was trained on")
    return data
