"""`python -m nrms_np.train`: train NRMS and report AUC, MRR, nDCG@5 and nDCG@10 on the dev split."""

from __future__ import annotations

import argparse
import signal
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nrms_np.command import (
    DONE,
    INTERRUPTED,
    add_threads,
    make_parser,
    run_command,
    use_threads,
    value_of,
)
from nrms_np.config import PRESETS, Config, fastest_backend

if TYPE_CHECKING:
    from nrms_np.data.mind.files import Edition

DEMO = Path("data/demo")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options; those that set something in Config are None where they were not given."""
    parser = make_parser("train", "Train NRMS on click logs in MIND's format. Without options: on the demo corpus.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--small", action="store_true", help="train on MIND-small; fetched into data/mind-small if it is not there"
    )
    where.add_argument(
        "--large", action="store_true", help="train on MIND-large; fetched into data/mind-large if it is not there"
    )
    where.add_argument(
        "--data", type=Path, default=DEMO, help="folder with train/ and dev/, each news.tsv and behaviors.tsv"
    )
    parser.add_argument("--preset", choices=PRESETS, default="paper", help="published settings to start from")
    parser.add_argument("--glove", type=Path, default=None, metavar="FILE", help="word vectors in GloVe's text format")
    add_threads(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        help="run folder (default: runs/ and the name of the data folder, with a number if that exists)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out, its settings and data, from its last checkpoint; --epochs may be raised",
    )
    _add_settings(parser.add_argument_group("settings, which change those of the preset"))
    options = parser.parse_args(arguments)
    if options.resume and options.out is None:
        parser.error("--resume needs --out: the folder of the run to go on with")
    if options.resume:
        free = {"resume", "out", "epochs", "threads", "quiet"}
        given = [
            name for name, value in vars(options).items() if name not in free and value != parser.get_default(name)
        ]
        if given:
            parser.error(f"--resume goes on with the run's own settings; leave out --{given[0].replace('_', '-')}")
    return options


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """An option for each field of Config."""
    configs = {preset: Config(**changes) for preset, changes in PRESETS.items()}
    for field in fields(Config):
        kind, name = field.metadata["kind"], field.name
        how: dict[str, Any] = {"type": value_of(kind), "metavar": kind.type.__name__.upper()}
        if kind.type is bool:
            how = {"action": argparse.BooleanOptionalAction}
        elif kind.names:
            how = {"choices": kind.names}
        values = {preset: getattr(config, name) for preset, config in configs.items()}
        if isinstance(values["paper"], tuple):
            how["nargs"] = "+"
            default = ""
        elif len(set(values.values())) == 1:
            default = f" (default: {_shown(values['paper'])})"
        else:
            default = f" (default by preset: {', '.join(f'{p} {_shown(v)}' for p, v in values.items())})"
        group.add_argument(f"--{name.replace('_', '-')}", default=None, help=field.metadata["meaning"] + default, **how)


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def config_of(options: argparse.Namespace) -> Config:
    """The preset, changed by the options that were given."""
    given = {field.name: getattr(options, field.name) for field in fields(Config)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return Config(**PRESETS[options.preset] | {name: value for name, value in changes.items() if value is not None})


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    config = config_of(options)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_dataset
    from nrms_np.data.mind.files import FOLDERS
    from nrms_np.data.mind.locate import locate
    from nrms_np.errors import DataError
    from nrms_np.evaluation.metrics import METRICS
    from nrms_np.training import Interrupted, fit
    from nrms_np.training.run_folder import RunFolder, free_folder

    use_threads(options.threads)
    data_folder, glove = options.data, options.glove
    if options.small or options.large:
        edition: Edition = "small" if options.small else "large"
        data_folder = locate(edition, FOLDERS[edition], say, progress=not options.quiet)
    elif data_folder == DEMO and not DEMO.exists() and not options.resume:
        raise DataError(DEMO, "there is no demo corpus here; write it with: python -m nrms_np.data.demo")
    folder = RunFolder(options.out or free_folder(Path("runs"), data_folder.resolve().name))
    if options.resume:
        config, saved = folder.read_config()
        config = replace(config, epochs=options.epochs or config.epochs)
        data_folder, glove = Path(saved["folder"]), saved["glove"] and Path(saved["glove"])
    if fastest_backend() == "layers" and options.backend is None:
        say("Numba is not installed: training with the plain layers, which takes about fifteen times as long")
    data = read_dataset(
        data_folder, title_length=config.title_length, history_length=config.history_length,
        minimum_count=config.minimum_count, glove=glove, seed=config.seed,
    )  # fmt: skip
    if data.word_vectors is not None and options.word_dim not in (None, data.word_vectors.shape[1]):
        raise DataError(options.glove, f"its vectors have {data.word_vectors.shape[1]} numbers; leave out --word-dim.")
    stopping = _StopSignals()
    try:
        with stopping:
            run = fit(
                config, data, folder, resume=options.resume, say=say, on_row=_Table().add, stop=stopping.asked,
                progress=not options.quiet,
            )  # fmt: skip
    except Interrupted:
        print(f"interrupted; go on with: python -m nrms_np.train --resume --out {folder.path}")
        return INTERRUPTED
    best = run.best
    print(f"\nbest epoch {best['epoch']}: " + ", ".join(f"{metric.name} {best[metric.name]:.4f}" for metric in METRICS))
    low, high = run.baselines["popularity"]["auc"], run.baselines.get("best possible", {"auc": 0.0})["auc"]
    if high > low:
        print(f"that is {(best['auc'] - low) / (high - low):.0%} of the way from popularity to the best possible AUC")
    print(f"run folder: {folder.path}")
    return DONE


class _Table:
    """Prints rows of metrics under one heading."""

    def __init__(self) -> None:
        self._has_heading = False

    def add(self, name: str, row: dict[str, Any]) -> None:
        """Print a row; baselines have metrics only."""
        from nrms_np.evaluation.metrics import METRICS

        if not self._has_heading:
            titles = " ".join(f"{metric.title:>7}" for metric in METRICS)
            print(f"\n{'':>13} {'loss':>8} {titles} {'train s':>8} {'eval s':>7} {'samples/s':>9}")
            self._has_heading = True
        loss = f"{row['loss']:8.4f}" if "loss" in row else " " * 8
        line = f"{name:>13} {loss} " + " ".join(f"{row[metric.name]:7.4f}" for metric in METRICS)
        if "loss" in row:
            line += f" {row['train_seconds']:8.1f} {row['eval_seconds']:7.1f} {row['samples_per_second']:9,.0f}"
        print(line, flush=True)


class _StopSignals:
    """Turns Ctrl-C and the system's request to end into a question that is asked between two steps."""

    def __init__(self) -> None:
        self._asked = False

    def asked(self) -> bool:
        """Whether the run should stop."""
        return self._asked

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        if self._asked:  # the second time it is meant at once: an evaluation may take long
            raise KeyboardInterrupt
        self._asked = True


def command() -> None:
    """The console script `nrms-train`."""
    run_command(main)


if __name__ == "__main__":
    command()
