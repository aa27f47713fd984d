"""What needs no model, and any trained model must beat: random order, popularity, and the best possible one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.clicks import count_clicks
from nrms_np.data.dataset import FILES, Split, read_split
from nrms_np.data.demo.files import TRUTH
from nrms_np.data.table import plain_or_gz, read_table
from nrms_np.errors import DataError
from nrms_np.evaluation.metrics import expected_at_random, impression_metrics


def baseline_metrics(split: Split, train: Split | None) -> dict[str, Array]:
    """The metrics of `random`, `popularity` and `best possible` on each impression, as far as the data tells them.

    random is the mean over all orders of the candidates, so its AUC is one half; popularity is the candidate's clicks in the
    impressions of train.

    split: what is scored, with labels.    train: where clicks are counted; None: no popularity.
    Returns (n, metrics) for each name, as `impression_metrics` does.
    """
    candidates, clicked = split.behaviors.candidates, split.behaviors.clicked
    assert clicked is not None, "a split without labels has no metrics"
    scores: dict[str, Array] = {}
    if train is not None:
        scores["popularity"] = clicks_of_news(train, split.news.ids)[candidates.index]
    if (best := best_possible_scores(split.folder, len(candidates.index))) is not None:
        scores["best possible"] = best
    return {
        "random": expected_at_random(clicked, candidates.offsets),
        **{name: impression_metrics(values, clicked, candidates.offsets) for name, values in scores.items()},
    }


def labelled_split(folder: Path, processes: int = 1) -> Split | None:
    """The split in a folder, to count its clicks; None where one of its files or its labels are missing.

    processes: so many read a large log together.
    """
    if not all(plain_or_gz(folder / name).is_file() for name in FILES):
        return None
    split = read_split(folder, history_length=1, processes=processes)
    return None if split.behaviors.clicked is None else split


def clicks_of_news(split: Split, ids: list[str]) -> Array:
    """How often each news item was clicked in the impressions of a split, (n,) float64; news that it lacks gets 0.

    ids: n news ids; splits number their news independently, so they are matched by id.
    Raises NrmsError when the split has no labels.
    """
    clicks = count_clicks(split)
    return np.array([clicks[name] for name in ids], dtype=np.float64)


def best_possible_scores(split_folder: str | Path, candidates: int) -> Array | None:
    """The true click probabilities of all candidates of a split, or None when the folder has no truth.tsv.

    No ranking is better than the one by these. They are what a single click was drawn with; impressions without a click, or
    with nothing but clicks, were drawn again. That changes the probabilities a little but not which ranking is best.

    candidates: how many candidates all impressions have together.
    Returns (total,) float64, the candidates of all impressions end to end, in file order.
    Raises DataError when a line is not an impression id and probabilities, or when there are more or fewer of these.
    """
    path = Path(split_folder) / TRUTH
    if not path.is_file():
        return None
    values: list[float] = []
    for number, (_, text) in read_table(path, ("impression", "probabilities")):
        try:
            found = [float(word) for word in text.split()]
        except ValueError:
            found = []
        if not found or not all(0.0 <= value <= 1.0 for value in found):
            problem = "expected an impression id, a tab and probabilities; write the demo corpus anew."
            raise DataError(path, problem, number)
        values += found
    if len(values) != candidates:
        problem = f"it has {len(values):,} probabilities, but the impressions have {candidates:,} candidates"
        raise DataError(path, f"{problem}; write the demo corpus anew.")
    return np.array(values, dtype=np.float64)
