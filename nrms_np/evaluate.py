"""`python -m nrms_np.evaluate`: metrics of a trained model on any split, its scores and its ranks as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_threads, make_parser, run_command, use_threads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nrms_np.data.mind import Split
    from nrms_np.evaluation.metrics import Scores


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
    from nrms_np.data.mind import read_split
    from nrms_np.errors import DataError
    from nrms_np.evaluation.ranking import score_split
    from nrms_np.evaluation.submission import check_complete, write_scores, write_submission
    from nrms_np.evaluation.trained import encode_titles, load_trained
    from nrms_np.whole_file import check_folder

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
    if behaviors.clicked is None:
        say(f"{options.split} has no labels, so there are no metrics")
    else:
        of_baselines = _baselines(options.data, options.split, split, model.config.seed, model.config.history_length)
        _print_table({**of_baselines, "model": scores}, behaviors.clicked, split, model.config.seed)
    for path, write in ((options.scores, write_scores), (options.submission, write_submission)):
        if path is not None:
            write(path, behaviors, scores)
            say(f"wrote {path}")
    return DONE


def _baselines(data: Path, name: str, split: Split, seed: int, history_length: int) -> dict[str, Scores]:
    """Scores that need no model, by name, as far as the data allows them."""
    from nrms_np.data.demo.truth import best_possible_scores
    from nrms_np.data.mind import read_split
    from nrms_np.evaluation.baselines import popularity_scores, random_scores

    scores: dict[str, Scores] = {"random": random_scores(split.behaviors, seed)}
    # In the train split itself, popularity would count the very clicks that it is to predict.
    complete = all((data / "train" / file).is_file() for file in ("news.tsv", "behaviors.tsv"))
    if complete and not (data / "train").samefile(data / name):
        train = read_split(data / "train", history_length)
        if train.behaviors.clicked is not None:
            scores["popularity"] = popularity_scores(train, split)
    best = best_possible_scores(data / name, len(split.behaviors.candidates.index))
    if best is not None:
        scores["best possible"] = best
    return scores


def _print_table(rows: dict[str, Scores], clicked: NDArray[np.bool_], split: Split, seed: int) -> None:
    """Print the four metrics of each row of scores, with the interval where 95% of resampled means lie."""
    from nrms_np.evaluation.metrics import bootstrap_interval, impression_metrics, mean_metrics

    print(f"\n{'':>13}" + "".join(f"  {name:>7} {'95% interval':>13}" for name in ("AUC", "MRR", "nDCG@5", "nDCG@10")))
    undefined = 0
    for name, scores in rows.items():
        each = impression_metrics(scores, clicked, split.behaviors.candidates.offsets)
        metrics = mean_metrics(each)
        undefined = metrics.undefined
        low, high = bootstrap_interval(each, seed)
        cells = zip(metrics.named().values(), low, high, strict=True)
        print(f"{name:>13}" + "".join(f"  {mean:7.4f} {a:6.4f}-{b:6.4f}" for mean, a, b in cells), flush=True)
    if undefined:
        print(f"left out: {undefined:,} impressions without a click, or with nothing but clicks")


if __name__ == "__main__":
    run_command(main)
