"""The paper's figure 3 on another corpus: what attention on each level, and of each kind, adds.

Run: python benchmarks/ablations.py [--data data/demo] [--seeds 5] [--epochs 5] [--threads 2] [--json FILE] [--figure FILE]
     python benchmarks/ablations.py --draw-only          the figure and the table again, from the numbers that are kept

(a) levels: no attention, at the news level (over the clicks), at the word level (over the words of titles), at both.
(b) kinds: no attention, additive attention only, self-attention only, both.

Without self-attention a row sees only itself; without additive attention the rows of a sequence are averaged. Each variant is
trained with every seed; what counts is its best epoch on the dev split. Trainings that the JSON file has are not done again, so a
stopped run goes on with the same command.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from lessons.draw import base
from lessons.evidence.interval import Interval
from nrms_np.command import add_threads, positive_int, use_threads
from nrms_np.config import PARTS, PRESETS, Config
from seeds import Mean, Runs, best_epoch, fingerprints, read, train_ours

SWITCHED_OFF: dict[str, tuple[str, ...]] = {
    "none": PARTS,
    # The parts called news.* make a news vector, so they are attention over words: the paper's word level.
    "news level": ("news.attention", "news.pool"),
    "word level": ("user.attention", "user.pool"),
    "additive": ("news.attention", "user.attention"),
    "self": ("news.pool", "user.pool"),
    "both": (),
}
"""What attention a variant has, and so which parts it lacks."""

GROUPS = {
    "levels": ("none", "news level", "word level", "both"),
    "kinds": ("none", "additive", "self", "both"),
}
METRICS = {"auc": "AUC", "ndcg@10": "nDCG@10"}
ROWS = {
    "none": "no attention",
    "news level": "over clicks only (news level)",
    "word level": "over words only (word level)",
    "additive": "additive attention only",
    "self": "self-attention only",
    "both": "both kinds, both levels",
}
PAPER = json.loads(Path(__file__).with_name("paper_figure_3.json").read_text(encoding="utf-8"))

Results = dict[str, dict[str, Mean]]
"""For each variant the mean of each metric."""


def train_all(options: argparse.Namespace) -> None:
    """Train every variant with every seed, one seed after the other, so that a stopped run has whole seeds."""
    data, config = read(options.data, None, options.preset, epochs=options.epochs)
    settings = {"preset": options.preset, "epochs": options.epochs, "files": fingerprints(options.data)}
    runs = Runs(options.json, {"data": options.data.name, **settings})
    for seed in range(options.seeds):
        for name, parts in SWITCHED_OFF.items():
            variant = Config(**{**vars(config), "ablate": parts, "seed": seed})
            runs.do(name, seed, lambda variant=variant: train_ours(data, variant))


def results_of(kept: dict[str, Any]) -> tuple[Results, int]:
    """The means over the seeds that all variants have, and how many these are."""
    runs = kept["runs"]
    seeds = set.intersection(*(set(runs.get(name, {})) for name in SWITCHED_OFF))
    if len(seeds) < 2:
        sys.exit("fewer than two seeds have all variants, so there is no standard error yet; train more.")
    best = {name: [best_epoch(runs[name][seed]) for seed in sorted(seeds, key=int)] for name in SWITCHED_OFF}
    return {
        name: {metric: Mean.of([epoch[metric] for epoch in epochs]) for metric in METRICS}
        for name, epochs in best.items()
    }, len(seeds)


def table(results: Results) -> str:
    """The paper's numbers and ours in Markdown."""
    lines = ["| attention | paper AUC | our AUC | paper nDCG@10 | our nDCG@10 |", "|---|---|---|---|---|"]
    for group, names in GROUPS.items():
        for name in names:
            pairs = (f"{PAPER[group][name][metric]:.3f} | {results[name][metric]}" for metric in METRICS)
            lines.append(f"| {group}: {name} | {' | '.join(pairs)} |")
    return "\n".join(lines)


def draw(path: Path, kept: dict[str, Any], corpus: str) -> None:
    """Draw how much each arm is above no attention at all, in the paper and here: dots on one axis, each arm once."""
    arms = [name for name in ROWS if name != "none"]
    ours = [_above_none(kept, name) for name in arms]
    theirs = [_of_paper(name) - _of_paper("none") for name in arms]
    drawing = base.figure(
        f"Attention adds {ours[-1].mean:.3f} AUC on the {corpus}, {theirs[-1]:.3f} in the paper",
        300,
    )
    axes = drawing.subplots()
    places = np.arange(len(arms))[::-1]
    axes.axvline(0, color=base.GREY, linestyle=":", linewidth=base.points(1))
    for place, interval, paper in zip(places, ours, theirs, strict=True):
        reach = [interval.mean - interval.half, interval.mean + interval.half]
        axes.plot(reach, [place, place], color=base.INK, linewidth=base.points(2))
        axes.plot(interval.mean, place, "o", color=base.INK, markersize=base.points(9))
        axes.plot(paper, place, "o", color=base.GREY, markerfacecolor=base.PAPER, markersize=base.points(9))
    for name, x, colour in (
        (f"{corpus}, {ours[0].n} seeds", ours[0].mean, base.INK),
        ("the paper", theirs[0], base.GREY),
    ):
        base.beside(axes, (x, places[0]), (0, 9), name, colour, base.SMALL, ha="center", va="bottom")
    nothing = f"no attention: {_best(kept, 'none').mean():.3f} here, {_of_paper('none'):.3f} in the paper"
    base.beside(axes, (0, -0.4), (5, 0), nothing, base.GREY, base.SMALL, ha="left", va="center")
    axes.set_yticks(places, [ROWS[name] for name in arms])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(arms) - 0.3)
    axes.set_xlabel("dev AUC above no attention (lines: 95% t intervals, paired by seed)")
    drawing.savefig(path, dpi=200, metadata={"Software": None})
    print(f"figure: {path}")


def _best(kept: dict[str, Any], name: str) -> np.ndarray:
    """The AUC of each seed's best epoch."""
    runs = kept["runs"]
    seeds = set.intersection(*(set(runs[name]) for name in SWITCHED_OFF))
    return np.array([best_epoch(runs[name][seed])["auc"] for seed in sorted(seeds, key=int)])


def _above_none(kept: dict[str, Any], name: str) -> Interval:
    return Interval.paired(_best(kept, name), _best(kept, "none"))


def _of_paper(name: str) -> float:
    return next(float(group[name]["auc"]) for group in (PAPER["levels"], PAPER["kinds"]) if name in group)


def main() -> None:
    """Train what is missing, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data/demo", help="folder with train/ and dev/")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument("--seeds", type=positive_int, default=5, help="how many, 2 or more")
    parser.add_argument("--epochs", type=positive_int, default=5)
    add_threads(parser)
    parser.add_argument("--json", type=Path, default=Path(__file__).with_suffix(".json"), help="keeps the numbers")
    parser.add_argument("--figure", type=Path, default=Path(__file__).with_suffix(".png"))
    parser.add_argument("--draw-only", action="store_true", help="train nothing")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds must be 2 or more: one value has no standard error")
    if not options.draw_only:
        use_threads(options.threads)
        train_all(options)
    elif not options.json.exists():
        parser.error(f"{options.json}: nothing is kept there; run without --draw-only first")
    kept = json.loads(options.json.read_text(encoding="utf-8"))
    results, seeds = results_of(kept)
    corpus = f"{kept['settings']['data']} corpus"
    print(f"\n{corpus}, preset {kept['settings']['preset']}, epochs {kept['settings']['epochs']}, {seeds} seeds\n")
    print(table(results))
    draw(options.figure, kept, corpus)


if __name__ == "__main__":
    main()
