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
sys.path[:0] = [str(ROOT), str(ROOT / "lessons")]

import course
from nrms_np.command import positive_int, use_threads
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
COLOURS = (course.GREY, course.BLUE, course.GREEN, course.RED)
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


def draw(path: Path, results: Results, seeds: int, corpus: str) -> None:
    """Draw the paper's bars and ours: a column of panels for each group, a row for each metric."""
    drawing = course.figure(11.0, 6.0)
    panels = drawing.subplots(len(METRICS), 4)
    for place, (metric, title) in enumerate(METRICS.items()):
        for i, (group, names) in enumerate(GROUPS.items()):
            theirs, ours = panels[place][2 * i : 2 * i + 2]
            _bars(theirs, names, [PAPER[group][name][metric] for name in names], None)
            means = [results[name][metric] for name in names]
            _bars(ours, names, [mean.value for mean in means], [mean.error for mean in means])
            theirs.set_ylabel(title)
            if place == 0:
                theirs.set_title(f"({'ab'[i]}) {group}: the paper")
                ours.set_title(f"({'ab'[i]}) {group}: {corpus}")
    drawing.suptitle(
        f"What attention adds. The paper: MSN news. Here: {corpus}, mean and standard error of "
        f"{seeds} seeds. The axes do not start at 0.",
        fontsize=9,
    )
    drawing.savefig(path, metadata={"Software": None})
    course.plt.close(drawing)
    print(f"figure: {path}")


def _bars(axes: Any, names: tuple[str, ...], values: list[float], errors: list[float] | None) -> None:
    axes.bar(range(len(names)), values, yerr=errors, color=COLOURS, width=0.7, capsize=4, ecolor="black")
    axes.set_xticks(range(len(names)), [name.replace(" level", "\nlevel") for name in names], fontsize=8)
    reach = [error or 0.0 for error in errors] if errors else [0.0] * len(values)
    low = min(value - error for value, error in zip(values, reach, strict=True))
    high = max(value + error for value, error in zip(values, reach, strict=True))
    room = max(high - low, 1e-3)
    axes.set_ylim(low - 0.35 * room, high + 0.2 * room)
    for place, (value, error) in enumerate(zip(values, reach, strict=True)):
        axes.text(place, value + error + 0.03 * room, f"{value:.3f}", ha="center", fontsize=8)


def main() -> None:
    """Train what is missing, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data/demo", help="folder with train/ and dev/")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument("--seeds", type=positive_int, default=5, help="how many, 2 or more")
    parser.add_argument("--epochs", type=positive_int, default=5)
    parser.add_argument("--threads", type=positive_int)
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
    draw(options.figure, results, seeds, corpus)


if __name__ == "__main__":
    main()
