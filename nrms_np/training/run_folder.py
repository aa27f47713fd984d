"""The folder a training run writes: settings, metrics of each epoch, the best model, a checkpoint, learning curve, report, test."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from nrms_np.config import Config
from nrms_np.errors import ConfigError, NrmsError
from nrms_np.evaluation.metrics import METRICS
from nrms_np.files import read_text, write_text

try:
    import fcntl
except ImportError:  # Windows has no such lock
    fcntl = None  # type: ignore[assignment]


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

    def check_free(self) -> None:
        """Raise NrmsError where the folder holds a run already, or cannot become one."""
        if self.config.exists():
            raise NrmsError(
                f"{self.path}: this folder already holds a run; choose another --out, or go on with --resume."
            )
        above = next(path for path in (self.path, *self.path.absolute().parents) if path.exists())
        if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            raise NrmsError(f"{self.path}: the run folder cannot be written, because of {above}; choose another --out.")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and keep other trainings out of it while this one is inside; the lock ends with the process.

        A folder that is empty at the end is removed again.
        Raises NrmsError where another training is inside, or the folder cannot be made or locked.
        """
        with ExitStack() as stack:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                if fcntl is not None:
                    lock = os.open(self.path, os.O_RDONLY)
                    stack.callback(os.close, lock)
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                problem = "another training writes into this folder; wait for its end, or choose another --out."
                raise NrmsError(f"{self.path}: {problem}") from error
            except OSError as error:
                raise NrmsError(
                    f"{self.path}: the run folder cannot be written ({error.strerror}); choose another --out."
                ) from error
            stack.callback(self.remove_empty)  # before the lock is given back
            yield

    def remove_empty(self) -> None:
        """Remove the folder if nothing is in it: the run could not begin."""
        with suppress(OSError):
            self.path.rmdir()

    def write_config(self, config: Config, data: dict[str, Any]) -> None:
        """Write config.json: the model's settings, and what the run was given as data."""
        write_text(self.config, json.dumps({**asdict(config), "data": data}, indent=2) + "\n")

    def read_config(self) -> tuple[Config, dict[str, Any]]:
        """Read what `write_config` wrote. Raises NrmsError where there is no run or its settings make no sense."""
        try:
            text = read_text(self.config)
            given = json.loads(text)["data"]
            data = {"folder": given["folder"], "glove": given["glove"], "from": given.get("from")}
            for name, value in data.items():
                if not isinstance(value, str) and (name == "folder" or value is not None):
                    raise TypeError(f"{name} is {value!r}")
        except FileNotFoundError as error:
            raise NrmsError(f"{self.path}: this is not a run folder, it has no config.json.") from error
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise NrmsError(f"{self.config}: the settings cannot be read ({error}).") from error
        try:
            return Config.from_json(text), data
        except ConfigError as error:
            raise ConfigError(f"{self.config}: {error}") from error

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append the metrics of one epoch, in place of what was left of it or of later ones by a run that is gone on with."""
        rows = [each for each in self.read_metrics() if each["epoch"] < row["epoch"]] + [row]
        write_text(self.metrics, "".join(json.dumps(each) + "\n" for each in rows))

    def read_metrics(self) -> list[dict[str, Any]]:
        """The metrics of all epochs so far, none where there is no file of them yet. Raises NrmsError for one that is damaged."""
        if not self.metrics.exists():
            return []
        try:
            rows = [json.loads(line) for line in read_text(self.metrics).splitlines()]
            rows.sort(key=lambda row: row["epoch"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise NrmsError(f"{self.metrics}: the metrics cannot be read ({error}).") from error
        numbers = ("epoch", "loss", "train_seconds", "eval_seconds", "samples_per_second", "peak_rss_mb")
        names = [metric.name for metric in METRICS]
        if any(not isinstance(row.get(name), (int, float)) for row in rows for name in [*numbers, *names]):
            raise NrmsError(f"{self.metrics}: an epoch lacks one of its numbers.")
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
