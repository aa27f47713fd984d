"""Whether two ways of training learn equally well: the dev AUC over several seeds, and whether the difference is noise.

Run: python benchmarks/same_learning.py --data data/demo [--glove FILE] [--seeds 5] [--epochs 4] [--json FILE]
     python benchmarks/same_learning.py --data data/demo --compare dropout
     python benchmarks/same_learning.py --data data/demo --compare adam

`--compare pytorch` (the default; needs the extra `torch`): our NRMS and PyTorch's. PyTorch's has its own layers, gradients and
optimisers and draws its own first parameters and dropout; only the samples and the program that computes the metrics are shared.

`--compare dropout`: our NRMS as it trains, with one dropout mask for each distinct word of a batch, and with one for each
occurrence of a word in the titles of the batch.

`--compare adam`: our NRMS with lazy Adam, and with Adam that moves all word vectors at every step.

A training counts by its best epoch, and by its last one too, which no choice has flattered. Both ways of a seed have the same
samples in the same order, so the difference is taken seed by seed; it is called noise where its 95% interval, by Student's t, has
room for 0. Trainings that the JSON file has are not done again; it is for one data set, so give each its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lessons.evidence.interval import Interval
from nrms_np.command import add_threads, natural_int, positive_int, use_threads
from nrms_np.config import PRESETS, Config
from nrms_np.data.dataset import Dataset
from seeds import Epochs, Mean, Runs, best_epoch, fingerprints, last_epoch, read, train_ours

Training = Callable[[Dataset, Config], Epochs]

WAYS = {"best epoch": best_epoch, "last epoch": last_epoch}


def trainings(compare: str, threads: int | None) -> dict[str, Training]:
    """The two ways of a comparison, by their names."""
    if compare == "dropout":
        return {
            "ours": train_ours,
            "ours with a mask per occurrence": lambda data, config: train_ours(data, config, share_words=False),
        }
    if compare == "adam":
        return {
            name: lambda data, config, lazy=lazy: train_ours(data, replace(config, lazy_adam=lazy))
            for name, lazy in (("ours with lazy Adam", True), ("ours with ordinary Adam", False))
        }
    try:
        import torch
    except ImportError as error:
        raise SystemExit("the comparison with PyTorch needs the extra `torch`: pip install -e '.[torch]'") from error
    from torch_learning import train_torch

    if threads is not None:
        torch.set_num_threads(threads)
    # PyTorch's has SparseAdam for its word vectors, whatever the preset says.
    return {"ours": lambda data, config: train_ours(data, replace(config, lazy_adam=True)), "PyTorch": train_torch}


def table(runs: Runs, names: list[str], seeds: list[int]) -> str:
    """The AUC of every seed and what follows from them, in Markdown."""
    lines = ["| dev AUC | " + " | ".join([*(f"seed {seed}" for seed in seeds), "mean ± standard error"]) + " |"]
    lines.append("|---" * (len(seeds) + 2) + "|")
    verdicts = []
    for way, choose in WAYS.items():
        aucs = {name: [choose(runs.epochs[name][str(seed)])["auc"] for seed in seeds] for name in names}
        for name, values in aucs.items():
            lines.append(
                f"| {name}, {way} | " + " | ".join([*(f"{v:.4f}" for v in values), str(Mean.of(values))]) + " |"
            )
        verdicts.append(f"{way}: {verdict(Interval.paired(*aucs.values()))}")
    return "\n".join([*lines, "", *verdicts])


def verdict(difference: Interval) -> str:
    """Whether a difference is more than noise, in a sentence."""
    what = "MORE THAN NOISE" if difference.holds else "no difference beyond noise"
    return f"the difference, seed by seed, is {difference} (95%, {difference.n} seeds): {what}."


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compare", choices=("pytorch", "dropout", "adam"), default="pytorch")
    parser.add_argument("--data", type=Path, default=Path("data/demo"), help="folder with train/ and dev/")
    parser.add_argument("--glove", type=Path, help="word vectors in GloVe's text format")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument("--seeds", type=positive_int, default=5, help="how many, 2 or more")
    parser.add_argument("--first-seed", type=natural_int, default=0)
    parser.add_argument("--epochs", type=positive_int, default=4)
    add_threads(parser)
    parser.add_argument(
        "--json", type=Path, help="where the numbers are kept (same_learning_COMPARE.json beside this file)"
    )
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds must be 2 or more: one value has no standard error")
    use_threads(options.threads)
    ways = trainings(options.compare, options.threads)

    data, config = read(options.data, options.glove, options.preset, epochs=options.epochs)
    glove = options.glove and options.glove.name
    settings = {"preset": options.preset, "epochs": options.epochs, "glove": glove, "files": fingerprints(options.data)}
    runs = Runs(options.json, settings)
    seeds = list(range(options.first_seed, options.first_seed + options.seeds))
    for seed in seeds:
        seeded = Config(**{**vars(config), "seed": seed})
        for name, training in ways.items():
            runs.do(name, seed, lambda training=training, seeded=seeded: training(data, seeded))
    print(f"\n{options.data}, preset {options.preset}, epochs {options.epochs}\n")
    print(table(runs, list(ways), seeds))


if __name__ == "__main__":
    main()
