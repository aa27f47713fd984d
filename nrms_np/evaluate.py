"""`python -m nrms_np.evaluate`: metrics of a trained model on any split, its scores and its ranks as files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_run_and_split, add_threads, make_parser, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.arrays import Array
    from nrms_np.data.dataset import Split
    from nrms_np.packed import Packed
    from nrms_np.training.ranks import Ranks


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("evaluate", "Evaluate a trained model: the metrics of ranking, each with its 95% interval.")
    add_run_and_split(parser, "folder in --data with news.tsv and behaviors.tsv")
    parser.add_argument("--submission", type=Path, metavar="FILE", help="write a zip of ranks for MIND")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="write the score of each candidate")
    add_threads(parser)
    options = parser.parse_args(arguments)
    if options.scores and options.submission and options.scores.resolve() == options.submission.resolve():
        parser.error("--scores and --submission name the same file")
    return options


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.training.ranks import started_ranks

    ranks = started_ranks()
    with ranks.speaking():
        return evaluate(options, ranks)


def evaluate(options: argparse.Namespace, ranks: Ranks) -> int:
    """Evaluate as the options say; returns the exit code. Called by each of the ranks."""
    say = (lambda _: None) if options.quiet else print
    from numpy import isnan

    from nrms_np.data.dataset import read_split
    from nrms_np.data.drawn import drawn_line
    from nrms_np.data.folders import split_folder
    from nrms_np.errors import DataError
    from nrms_np.evaluation.baselines import baseline_metrics, labelled_split
    from nrms_np.evaluation.metrics import impression_metrics
    from nrms_np.evaluation.ranking import load_trained, score_split
    from nrms_np.evaluation.submission import write_scores, write_submission
    from nrms_np.files import check_folder
    from nrms_np.training.run_folder import data_of

    threads = use_threads(options.threads or ranks.threads)
    for path in filter(None, (options.scores, options.submission)):
        if ranks.first:
            check_folder(path)
    model = load_trained(options.run)
    data = data_of(options.run, options.data, say)
    folder = split_folder(data, options.split)

    def read() -> tuple[Split, Packed]:
        split = read_split(folder, model.config.history_length, threads * ranks.beside)
        return split, model.encode_titles(split.news.titles)

    split, titles = ranks.read_split(read)
    behaviors = split.behaviors
    say(f"{options.split}: {len(split.news.ids):,} news, {behaviors.candidates.count:,} impressions")
    for note in split.notes:
        say(note)
    if options.scores or options.submission:
        if dropped := behaviors.dropped.candidates:
            raise DataError(
                folder / "behaviors.tsv",
                f"news.tsv beside it lacks {dropped:,} of the candidates, so scores or ranks of all candidates cannot be "
                "written; use the news.tsv that belongs to this file.",
            )
    elif behaviors.clicked is None:
        raise DataError(folder, "this split has no labels, so no metrics; give --scores or --submission.")

    ranks.agree(array.tobytes() for array in (*titles, *behaviors.histories, *behaviors.candidates))
    ranks.same(model.parameters)
    scores = score_split(model, titles, behaviors, ranks.shared)
    if not ranks.first:
        return DONE
    for path, write in ((options.scores, write_scores), (options.submission, write_submission)):
        if path is not None:
            write(path, behaviors, scores)
            say(f"wrote {path}")
    if behaviors.clicked is None:
        say(f"{options.split} has no labels, so there are no metrics")
        return DONE
    metrics = impression_metrics(scores, behaviors.clicked, behaviors.candidates.offsets)
    if isnan(metrics).all() and (options.scores or options.submission):  # such as a test split with -0 everywhere
        say(f"{options.split} has no impression with clicked and other candidates, so there are no metrics")
        return DONE
    # Counted in the split itself, popularity would count the very clicks that it is to predict.
    train = split_folder(data, "train")
    counted = None if train.exists() and train.samefile(folder) else labelled_split(train, threads)
    _print_table({**baseline_metrics(split, counted), "model": metrics}, model.config.seed)
    if line := drawn_line(data):
        print(line)
    return DONE


def _print_table(rows: dict[str, Array], seed: int) -> None:
    """Print the means of each (n, metrics), and below them the intervals where 95% of resampled means lie."""
    from nrms_np.evaluation.metrics import METRICS, bootstrap_interval, mean_metrics

    def line(name: str, cells: Iterable[str]) -> str:
        return f"{name:>13}" + "".join(f"  {cell:^13}" for cell in cells).rstrip()

    print("\n" + line("", [metric.title for metric in METRICS]))
    for name, each in rows.items():
        means = mean_metrics(each)
        print(line(name, [f"{mean:.3f}" for mean in means.values.values()]))
        ends = bootstrap_interval(each, seed).T
        print(line("95% interval", [f"{low:.3f}-{high:.3f}" for low, high in ends]), flush=True)
    if means.undefined:
        print(f"left out: {means.undefined:,} impressions without a click, or with nothing but clicks")


command = partial(run_command, main)  # the console script nrms-evaluate

if __name__ == "__main__":
    command()
