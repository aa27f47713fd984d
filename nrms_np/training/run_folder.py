"""The folder a training run writes: settings, metrics of each epoch, the best model, a checkpoint, the learning curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nrms_np.config import Config
from nrms_np.errors import NrmsError
from nrms_np.files import whole_file


class RunFolder:
    """Paths of the files of a run, and how they are written: whole or not at all."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.metrics = self.path / "metrics.jsonl"
        self.model = self.path / "model.npz"
        self.checkpoint = self.path / "checkpoint.npz"
        self.learning_curve = self.path / "learning_curve.png"

    def create(self) -> None:
        """Make the folder and see that it can be written to. Raises NrmsError where it cannot, or already holds a run."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / ".probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise NrmsError(
                f"{self.path}: the run folder cannot be written ({error.strerror}); choose another --out."
            ) from error
        if self.config.exists():
            raise NrmsError(
                f"{self.path}: this folder already holds a run; choose another --out, or go on with --resume."
            )

    def write_config(self, config: Config, data: dict[str, Any]) -> None:
        """Write config.json: the model's settings, and what the run was given as data."""
        settings = {**json.loads(config.to_json()), "data": data}
        write_text(self.config, json.dumps(settings, indent=2) + "\n")

    def read_config(self) -> tuple[Config, dict[str, Any]]:
        """Read what `write_config` wrote. Raises NrmsError where there is no run or its settings make no sense."""
        try:
            settings = json.loads(self.config.read_text(encoding="utf-8"))
            data = settings.pop("data")
            if set(data) != {"folder", "glove"}:
                raise KeyError("data")
        except FileNotFoundError as error:
            raise NrmsError(f"{self.path}: this is not a run folder, it has no config.json.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NrmsError(f"{self.config}: the settings cannot be read ({error}).") from error
        return Config.from_json(json.dumps(settings)), data

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append the metrics of one epoch."""
        rows = [*self.read_metrics(), row]
        write_text(self.metrics, "".join(json.dumps(each) + "\n" for each in rows))

    def read_metrics(self) -> list[dict[str, Any]]:
        """The metrics of all epochs so far."""
        if not self.metrics.exists():
            return []
        try:
            rows = [json.loads(line) for line in self.metrics.read_text(encoding="utf-8").splitlines()]
            rows.sort(key=lambda row: row["epoch"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NrmsError(f"{self.metrics}: the metrics cannot be read ({error}).") from error
        return rows

    def keep_metrics_until(self, epoch: int) -> None:
        """Drop the metrics of later epochs: a resumed run will write them again."""
        rows = [row for row in self.read_metrics() if row["epoch"] <= epoch]
        write_text(self.metrics, "".join(json.dumps(each) + "\n" for each in rows))


def write_text(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def free_folder(parent: Path, name: str) -> Path:
    """The folder `name`, or `name-2`, `name-3`, ...: the first that does not exist."""
    path, number = parent / name, 2
    while path.exists():
        path, number = parent / f"{name}-{number}", number + 1
    return path
