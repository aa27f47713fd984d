"""`python -m nrms_np.evaluate`: metrics of a trained model on any split, its scores and its ranks as files."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_run_and_split, add_threads, make_parser, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.arrays import Array, BoolArray, IntArray


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("evaluate", "Evaluate a trained model: the metrics of ranking, each with its 95% interval.")
    add_run_and_split(parser, "folder in --data with news.tsv and behaviors.tsv")
    parser.add_argument("--submission", type=Path, metavar="FILE", help="write a zip of ranks for MIND")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="write the score of each candidate")
    add_threads(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.convert.drawn import drawn_line
    from nrms_np.data.dataset import read_split
    from nrms_np.errors import DataError
    from nrms_np.evaluation.baselines import baseline_scores, labelled_split
    from nrms_np.evaluation.ranking import encode_titles, load_trained, score_split
    from nrms_np.evaluation.submission import write_scores, write_submission
    from nrms_np.files import check_folder

    use_threads(options.threads)
    for path in filter(None, (options.scores, options.submission)):
        check_folder(path)
    model = load_trained(options.run)
    folder = options.data / options.split
    split = read_split(folder, model.config.history_length)
    behaviors = split.behaviors
    say(f"{options.split}: {len(split.news.ids):,} news, {behaviors.candidates.count:,} impressions")
    if line := behaviors.dropped.line():
        say(f"{options.split}: {line}")
    if options.scores or options.submission:
        if dropped := behaviors.dropped.candidates:
            raise DataError(
                folder / "behaviors.tsv",
                f"news.tsv beside it lacks {dropped:,} of the candidates, so scores or ranks of all candidates cannot be "
                "written; use the news.tsv that belongs to this file.",
            )
    elif behaviors.clicked is None:
        raise DataError(folder, "this split has no labels, so no metrics; give --scores or --submission.")

    scores = score_split(model, encode_titles(model, split.news.titles), behaviors)
    if behaviors.clicked is None:
        say(f"{options.split} has no labels, so there are no metrics")
    else:
        # Counted in the split itself, popularity would count the very clicks that it is to predict.
        train = options.data / "train"
        counted = None if train.exists() and train.samefile(folder) else labelled_split(train)
        rows = {**baseline_scores(split, counted, model.config.seed), "model": scores}
        _print_table(rows, behaviors.clicked, behaviors.candidates.offsets, model.config.seed)
        if line := drawn_line(options.data):
            print(line)
    for path, write in ((options.scores, write_scores), (options.submission, write_submission)):
        if path is not None:
            write(path, behaviors, scores)
            say(f"wrote {path}")
    return DONE


def _print_table(rows: dict[str, Array], clicked: BoolArray, offsets: IntArray, seed: int) -> None:
    """Print the metrics of each row of scores, with the interval where 95% of resampled means lie."""
    from nrms_np.evaluation.metrics import METRICS, bootstrap_interval, impression_metrics, mean_metrics

    print(f"\n{'':>13}" + "".join(f"  {metric.title:>7} {'95% interval':>13}" for metric in METRICS))
    for name, scores in rows.items():
        each = impression_metrics(scores, clicked, offsets)
        means = mean_metrics(each)
        cells = zip(means.values.values(), *bootstrap_interval(each, seed), strict=True)
        print(f"{name:>13}" + "".join(f"  {mean:7.4f} {low:6.4f}-{high:6.4f}" for mean, low, high in cells), flush=True)
    if means.undefined:
        print(f"left out: {means.undefined:,} impressions without a click, or with nothing but clicks")


command = partial(run_command, main)  # the console script nrms-evaluate

if __name__ == "__main__":
    command()
