"""`python -m nrms_np.evaluate`: metrics of a trained model on any split, its scores and its ranks as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_threads, make_parser, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.arrays import Array, BoolArray, IntArray
    from nrms_np.data.dataset import Split


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("evaluate", "Evaluate a trained model: AUC, MRR, nDCG@5 and nDCG@10 with 95%% intervals.")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or a model.npz file")
    parser.add_argument(
        "--data", type=Path, required=True, default=argparse.SUPPRESS, metavar="DIR", help="folder that holds the split"
    )
    parser.add_argument("--split", default="dev", help="folder in --data with news.tsv and behaviors.tsv")
    parser.add_argument("--submission", type=Path, default=None, metavar="FILE", help="write a zip of ranks for MIND")
    parser.add_argument("--scores", type=Path, default=None, metavar="FILE", help="write the score of each candidate")
    add_threads(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_split
    from nrms_np.errors import DataError
    from nrms_np.evaluation.baselines import baseline_scores
    from nrms_np.evaluation.ranking import score_split
    from nrms_np.evaluation.submission import check_complete, write_scores, write_submission
    from nrms_np.evaluation.trained import encode_titles, load_trained
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
        check_complete(folder / "behaviors.tsv", behaviors)
    elif behaviors.clicked is None:
        raise DataError(folder, "this split has no labels, so no metrics; give --scores or --submission.")

    scores = score_split(model, encode_titles(model, split.news.titles), behaviors)
    clicked = behaviors.clicked
    if clicked is None:
        say(f"{options.split} has no labels, so there are no metrics")
    else:
        train = _train_split(options.data, folder, model.config.history_length)
        rows = {**baseline_scores(split, train, model.config.seed), "model": scores}
        _print_table(rows, clicked, behaviors.candidates.offsets, model.config.seed)
    for path, write in ((options.scores, write_scores), (options.submission, write_submission)):
        if path is not None:
            write(path, behaviors, scores)
            say(f"wrote {path}")
    return DONE


def _train_split(data: Path, scored: Path, history_length: int) -> Split | None:
    """The train split, to count clicks in; None where there is none, and where it is scored itself.

    There popularity would count the very clicks that it is to predict.
    """
    from nrms_np.data.dataset import read_split

    folder = data / "train"
    complete = all((folder / file).is_file() for file in ("news.tsv", "behaviors.tsv"))
    return read_split(folder, history_length) if complete and not folder.samefile(scored) else None


def _print_table(rows: dict[str, Array], clicked: BoolArray, offsets: IntArray, seed: int) -> None:
    """Print the metrics of each row of scores, with the interval where 95% of resampled means lie."""
    from nrms_np.evaluation.metrics import METRICS, bootstrap_interval, impression_metrics, mean_metrics

    print(f"\n{'':>13}" + "".join(f"  {metric.title:>7} {'95% interval':>13}" for metric in METRICS))
    undefined = 0
    for name, scores in rows.items():
        each = impression_metrics(scores, clicked, offsets)
        means = mean_metrics(each)
        undefined = means.undefined
        cells = zip(means.values.values(), *bootstrap_interval(each, seed), strict=True)
        print(f"{name:>13}" + "".join(f"  {mean:7.4f} {low:6.4f}-{high:6.4f}" for mean, low, high in cells), flush=True)
    if undefined:
        print(f"left out: {undefined:,} impressions without a click, or with nothing but clicks")


def command() -> None:
    """The console script `nrms-evaluate`."""
    run_command(main)


if __name__ == "__main__":
    command()
