"""`python -m nrms_np.train`: train NRMS and report the metrics of ranking on the dev split."""

from __future__ import annotations

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path
from signal import SIGTERM
from typing import TYPE_CHECKING, Any

from nrms_np.command import DONE, run_command, use_threads
from nrms_np.config import fastest_backend
from nrms_np.data.folders import DEMO
from nrms_np.data.mind.files import FOLDERS
from nrms_np.signals import ENDED, INTERRUPTED
from nrms_np.train_options import config_of, parse, resumed_config, run_to_resume

if TYPE_CHECKING:
    from nrms_np.config import Config
    from nrms_np.training.ranks import Ranks


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    config = config_of(options)

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.training.ranks import started_ranks

    ranks = started_ranks()
    with ranks.speaking():
        return train(options, config, ranks)


def train(options: argparse.Namespace, config: Config, ranks: Ranks) -> int:
    """Train as the options say; returns the exit code. Called by each of the ranks."""
    say = (lambda _: None) if options.quiet else print

    from nrms_np.data.dataset import read_dataset
    from nrms_np.data.mind.locate import locate
    from nrms_np.data.vocabulary import UNKNOWN, Vocabulary
    from nrms_np.errors import DataError, NrmsError
    from nrms_np.evaluation.ranking import load_trained
    from nrms_np.training import Interrupted, fit
    from nrms_np.training.going_on import check_same_model
    from nrms_np.training.outcome import diverged, in_words
    from nrms_np.training.run_folder import RunFolder, claim_folder

    threads = use_threads(options.threads or ranks.threads)
    asked, glove, start = options.data, options.glove, getattr(options, "from")
    for edition in FOLDERS:
        if getattr(options, edition):
            asked = locate(edition, FOLDERS[edition], say, progress=not options.quiet)
    data_folder = asked or DEMO
    resumed = run_to_resume(options, data_folder) if options.resume else None
    if resumed is not None:
        config, saved = resumed_config(options, resumed, asked)
        data_folder, glove, start = Path(saved["folder"]), saved["glove"], saved["from"]
        say(f"going on with the run in {resumed.path}")
    elif options.out is not None and ranks.first:
        RunFolder(options.out).check_free()
    if fastest_backend() == "layers" and options.backend is None:
        say("Numba is not installed: training with the plain layers, which takes about fifteen times as long")
    vocabulary = Vocabulary([UNKNOWN], config.tokens)
    if start is not None:
        # A run of its own that is resumed has all its words in its model, once there is one, wherever it came from.
        own = resumed is not None and resumed.model.exists()
        trained = load_trained(resumed.model if resumed is not None and own else Path(start))
        vocabulary = trained.words
        if resumed is None:
            config = config_of(options, trained.config)
            check_same_model(config, trained.config)
    data = ranks.read(
        partial(
            read_dataset, data_folder, title_length=config.title_length, history_length=config.history_length,
            minimum_count=config.minimum_count, vocabulary=vocabulary, glove=glove, seed=config.seed,
            processes=threads * ranks.beside,
        )
    )  # fmt: skip
    if data.word_vectors is not None and options.word_dim not in (None, data.word_vectors.shape[1]):
        raise DataError(glove, f"its vectors have {data.word_vectors.shape[1]} numbers; leave out --word-dim.")
    claimed = None
    if resumed is not None:
        folder = resumed.path
    elif options.out is not None or not ranks.first:
        folder = options.out or Path("runs")
    else:
        folder = claimed = claim_folder(Path("runs"), data_folder.resolve().name)
    stop = ranks.stop()
    try:
        with stop:
            run = fit(
                config, data, folder, start=start, resume=resumed is not None, say=say, warn=_warn, on_row=_print_row, stop=stop,
                show_bar=ranks.first and not options.quiet, checkpoint_minutes=options.checkpoint_minutes,
                allow_unscored=options.allow_unscored, ranks=ranks,
            )  # fmt: skip
    except (Interrupted, KeyboardInterrupt):
        if RunFolder(folder).config.exists():
            more = " --allow-unscored" * options.allow_unscored
            print(
                f"interrupted; go on with: python -m nrms_np.train --resume --out {shlex.quote(folder.as_posix())}{more}"
            )
        else:
            print("interrupted before the run began; start it with the same command again")
        return ENDED if stop.received == SIGTERM else INTERRUPTED
    finally:
        if claimed is not None:
            RunFolder(claimed).remove_empty()
    if not ranks.first:
        return DONE
    best = run.best
    if diverged(run.epochs):
        raise NrmsError(f"{folder}: {run.doubts[0]}.")
    print(
        f"\nbest epoch {best['epoch']}: {in_words(best)}" if best["epoch"] else f"\nbefore training: {in_words(best)}"
    )
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


command = partial(run_command, main)  # the console script nrms-train

if __name__ == "__main__":
    command()
