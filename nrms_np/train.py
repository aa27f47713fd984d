"""`python -m nrms_np.train`: train NRMS and report the metrics of ranking on the dev split."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from nrms_np.command import DONE, INTERRUPTED, add_threads, make_parser, run_command, use_threads, value_of
from nrms_np.config import PRESETS, Config, fastest_backend, shown
from nrms_np.data.folders import DEMO
from nrms_np.data.mind.files import FOLDERS


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options; those that set something in Config are None where they were not given."""
    parser = make_parser("train", "Train NRMS on click logs in MIND's format. Without options: on the demo corpus.")
    where = parser.add_mutually_exclusive_group()
    for edition, folder in FOLDERS.items():
        of_edition = f"train on MIND-{edition}; fetched into {folder.as_posix()} if it is not there"
        where.add_argument(f"--{edition}", action="store_true", help=of_edition)
    where.add_argument(
        "--data",
        type=Path,
        default=DEMO,
        help="folder with train/, dev/ and perhaps test/, each news.tsv and behaviors.tsv",
    )
    parser.add_argument("--preset", choices=PRESETS, default="paper", help="published settings to start from")
    parser.add_argument("--glove", type=Path, metavar="FILE", help="word vectors in GloVe's text format")
    parser.add_argument(
        "--from",
        type=Path,
        metavar="RUN",
        help="trained model to go on from: its settings and words, and the new words of --data",
    )
    add_threads(parser)
    parser.add_argument(
        "--out",
        type=Path,
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
        for name, value in vars(options).items():
            if name not in free and value != parser.get_default(name):
                parser.error(f"--resume goes on with the run's own settings; leave out --{name.replace('_', '-')}")
    return options


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """An option for each field of Config."""
    for field in fields(Config):
        kind, name = field.metadata["kind"], field.name
        how: dict[str, Any] = {"type": value_of(kind), "metavar": kind.type.__name__.upper()}
        if kind.type is bool:
            how = {"action": argparse.BooleanOptionalAction}
        elif kind.names:
            how = {"choices": kind.names}
        values = {preset: getattr(Config(**changes), name) for preset, changes in PRESETS.items()}
        if isinstance(values["paper"], tuple):
            how["nargs"] = "+"
            default = ""
        elif len(set(values.values())) == 1:
            default = f" (default: {shown(values['paper'])})"
        else:
            default = f" (default by preset: {', '.join(f'{p} {shown(v)}' for p, v in values.items())})"
        group.add_argument(f"--{name.replace('_', '-')}", default=None, help=field.metadata["meaning"] + default, **how)


def config_of(options: argparse.Namespace, trained: Config | None = None) -> Config:
    """The preset, changed by the options that were given; of a model to go on from its settings, changed by both."""
    given = {field.name: getattr(options, field.name) for field in fields(Config)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    changed = PRESETS[options.preset] | {name: value for name, value in changes.items() if value is not None}
    return Config(**changed) if trained is None else replace(trained, **changed)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    config = config_of(options)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_dataset
    from nrms_np.data.mind.locate import locate
    from nrms_np.data.vocabulary import UNKNOWN, Vocabulary
    from nrms_np.errors import DataError, NrmsError
    from nrms_np.evaluation.ranking import load_trained
    from nrms_np.training import Interrupted, fit
    from nrms_np.training.going_on import check_same_model
    from nrms_np.training.outcome import diverged, in_words
    from nrms_np.training.run_folder import RunFolder, claim_folder

    use_threads(options.threads)
    data_folder, glove, start = options.data, options.glove, getattr(options, "from")
    for edition in FOLDERS:
        if getattr(options, edition):
            data_folder = locate(edition, FOLDERS[edition], say, progress=not options.quiet)
    if options.resume:
        config, saved = RunFolder(options.out).read_config()
        backend = "layers" if fastest_backend() == "layers" else config.backend
        config = replace(config, epochs=options.epochs or config.epochs, backend=backend)
        data_folder, glove, start = saved["folder"], saved["glove"], saved["from"]
    if fastest_backend() == "layers" and options.backend is None:
        say("Numba is not installed: training with the plain layers, which takes about fifteen times as long")
    vocabulary = Vocabulary([UNKNOWN], config.tokens)
    if start is not None:
        # A run of its own that is resumed has all its words in its model, once there is one, wherever it came from.
        own = RunFolder(options.out).model
        trained = load_trained(own if options.resume and own.exists() else Path(start))
        vocabulary = trained.words
        if not options.resume:
            config = config_of(options, trained.config)
            check_same_model(config, trained.config)
    data = read_dataset(
        data_folder, title_length=config.title_length, history_length=config.history_length,
        minimum_count=config.minimum_count, vocabulary=vocabulary, glove=glove, seed=config.seed,
    )  # fmt: skip
    if data.word_vectors is not None and options.word_dim not in (None, data.word_vectors.shape[1]):
        raise DataError(options.glove, f"its vectors have {data.word_vectors.shape[1]} numbers; leave out --word-dim.")
    folder = options.out or claim_folder(Path("runs"), data_folder.resolve().name)
    try:
        with stop_signals() as stop:
            run = fit(
                config, data, folder, start=start, resume=options.resume, say=say, warn=_warn, on_row=_print_row, stop=stop,
                show_bar=not options.quiet,
            )  # fmt: skip
    except Interrupted:
        print(f"interrupted; go on with: python -m nrms_np.train --resume --out {folder}")
        return INTERRUPTED
    best = run.best
    if diverged(run.epochs):
        raise NrmsError(f"{folder}: {run.doubts[0]}.")
    print(f"\nbest epoch {best['epoch']}: {in_words(best)}" if best["epoch"] else f"\nuntrained: {in_words(best)}")
    low, high = run.baselines["popularity"]["auc"], run.baselines.get("best possible", {"auc": 0.0})["auc"]
    if high > low and best["auc"] > low:
        print(f"that is {(best['auc'] - low) / (high - low):.0%} of the way from popularity to the best possible AUC")
    if run.test is not None:
        print(f"on test: {in_words(run.test)}")
    for doubt in run.doubts:
        print(doubt)
    print(f"run folder: {folder}")
    return DONE


def _warn(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr, flush=True)


def _print_row(name: str, row: dict[str, Any]) -> None:
    """Print the metrics of an epoch, or those of a baseline, which has no loss and no times; a heading above the first."""
    from nrms_np.evaluation.metrics import METRICS

    if name == "random":
        titles = " ".join(f"{metric.title:>7}" for metric in METRICS)
        print(f"\n{'':>13} {'loss':>8} {titles} {'train s':>8} {'eval s':>7} {'samples/s':>9}")
    loss, times = " " * 8, ""
    if "loss" in row:
        loss = f"{row['loss']:8.4f}"
        times = f" {row['train_seconds']:8.1f} {row['eval_seconds']:7.1f} {row['samples_per_second']:9,.0f}"
    print(f"{name:>13} {loss} " + " ".join(f"{row[metric.name]:7.3f}" for metric in METRICS) + times, flush=True)


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and the system's request to end into a question, whether to stop, that is asked between two steps."""
    received: list[int] = []

    def note(number: int, _: object) -> None:
        if received:  # the second time it is meant at once: an evaluation may take long
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


command = partial(run_command, main)  # the console script nrms-train

if __name__ == "__main__":
    command()
