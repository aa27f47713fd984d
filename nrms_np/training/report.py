"""REPORT.md of a run: what was trained on what, what came out, and the published numbers beside it.

The published numbers are other people's, on MIND-small's dev split. They are shown only when the files of the run are exactly those
of MIND-small, which their fingerprints tell.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nrms_np.config import Config, shown
from nrms_np.data.folders import split_folder
from nrms_np.data.mind.files import FINGERPRINTS, Fingerprint, git_blob_sha1
from nrms_np.data.table import plain_or_gz
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import METRICS
from nrms_np.files import write_text
from nrms_np.kernels.engine.parallel import threads_in_use
from nrms_np.plain import markdown_cell, markdown_code
from nrms_np.training.outcome import best_of, diverged, doubts, in_words
from nrms_np.training.run_folder import RunFolder

BAND = (65.0, 67.0)
"""The AUC in % that published NRMS runs reach on MIND-small's dev split."""

ODD = 1.0
"""Points above the band from which on a run is more likely wrong than good."""

TITLES = tuple(metric.title for metric in METRICS)
DATA_FILES = ("train/news.tsv", "train/behaviors.tsv", "dev/news.tsv", "dev/behaviors.tsv")


class Published(NamedTuple):
    """A published result of NRMS on MIND-small's dev split.

    name:     how it is called in the report.    source: where it stands.
    numbers:  in %, by the names of METRICS, as far as they are told.
    settings: of the run, as far as they are told, by the names of Config.    vectors: of the words, "" where not told.
    """

    name: str
    source: str
    numbers: dict[str, float]
    settings: dict[str, Any]
    vectors: str


PUBLISHED = (
    Published(
        "yflyl613/NewsRecommendation", "README of github.com/yflyl613/NewsRecommendation",
        {"auc": 66.61, "mrr": 31.86, "ndcg@5": 35.19, "ndcg@10": 41.46},
        {
            "heads": 20, "head_dim": 20, "title_length": 20, "history_length": 50, "negatives": 4,
            "learning_rate": 3e-4, "epochs": 4, "attention": "projected", "ablate": (),
        },
        "GloVe 840B",
    ),
    Published(
        "arXiv 2210.05196", "arXiv 2210.05196, as others report it",
        {"auc": 65.63, "mrr": 30.96, "ndcg@5": 34.13, "ndcg@10": 40.52}, {}, "",
    ),
)  # fmt: skip


NOT_COMPARED = (
    "The files of this run are not those of MIND-small (their fingerprints are below), so published numbers say nothing "
    "about it, and none are shown."
)


def write_report(
    folder: RunFolder,
    levels: Mapping[str, float],
    notes: Sequence[str],
    warnings: Sequence[str] = (),
    test: Mapping[str, Any] | None = None,
) -> None:
    """Write REPORT.md into the folder of a run that has ended; it appears whole or not at all.

    Metrics have three decimals, as everywhere. Only beside published numbers they are in % with two, as those are.

    levels: dev AUC of what needs no model, by its name.    notes, warnings: what reading the data told, one line each.
    test:   metrics of the best epoch on the test split, and of the "baselines"; None without such a split.

    Raises NrmsError where the run has no finished epoch or its folder is broken, OSError where a file cannot be used.
    """
    config, data = folder.read_config()
    rows = folder.read_metrics()
    if not rows:
        raise NrmsError(f"{folder.path}: the run has no finished epoch to report; go on with it with --resume.")
    data_folder, glove = data["folder"], data["glove"]
    files = {name: _fingerprint(_data_file(data_folder, name)) for name in DATA_FILES}
    best = best_of(rows)
    paragraphs = [
        "# Report of a training run",
        *_result(rows, levels, config, test),
        *(_comparison(best, config, glove) if files == FINGERPRINTS["small"] else [NOT_COMPARED]),
        *_learning_curve(folder, rows, levels, data["from"]),
        *_data(
            data_folder,
            files,
            glove,
            [*(f"**Odd**: {markdown_cell(line)}" for line in warnings), *map(markdown_cell, notes)],
        ),
        *_settings(config, glove, data["from"]),
        *_time_and_memory(rows),
    ]
    write_text(folder.report, "\n\n".join(paragraphs) + "\n")


def verdict(auc: float) -> str:
    """Whether an AUC in % lies in the published band, in a sentence."""
    low, high = BAND
    if auc < low:
        place = f"lies {low - auc:.2f} points below"
    elif auc > high:
        place = f"lies {auc - high:.2f} points above"
    else:
        place = "lies in"
    told = f"The dev AUC of {auc:.2f} % {place} the published band of {low:g} to {high:g} %."
    if auc > high + ODD:
        told += " No published NRMS is that good: before you believe it, look whether anything of dev was trained on."
    return told


def differences(config: Config, glove: str | None, published: Published) -> list[str]:
    """What this run has set otherwise than a published one, as "heads 16 instead of 20"."""
    found = [
        f"{name.replace('_', ' ')} {shown(getattr(config, name))} instead of {shown(value)}"
        for name, value in published.settings.items()
        if getattr(config, name) != value
    ]
    # Which GloVe it is only the file's name can tell: glove.840B.300d.txt.
    if published.vectors.removeprefix("GloVe ").lower() not in _vectors(glove).lower():
        found.append(f"word vectors {_vectors(glove)} instead of {published.vectors}")
    return found


def _result(
    rows: list[dict[str, Any]], levels: Mapping[str, float], config: Config, test: Mapping[str, Any] | None
) -> list[str]:
    best = best_of(rows)
    result = [f"Best epoch: {best['epoch']}. On the dev split: **{in_words(best)}**."]
    if best["epoch"] == 0 or diverged(rows):
        result = [
            f"No useful model. On the dev split, the best of epoch 0 (before training) to {rows[-1]['epoch']}: {in_words(best)}."
        ]
    result += [f"**{doubt[0].upper()}{doubt[1:]}.**" for doubt in doubts(rows, levels, config)]
    if best["epoch"] == config.epochs and not diverged(rows):
        result.append("The last epoch is the best: with more of them (`--epochs`) it may become better still.")
    one_run = f"It is one run, with seed {config.seed}; another seed gives a slightly different number."
    if test is None:
        why = (
            "The best epoch is the one with the highest AUC on this same dev split, which flatters the number a little."
        )
        return [*result, f"{why} {one_run}"]
    others = ", ".join(f"{name} {metrics['auc']:.3f}" for name, metrics in test["baselines"].items())
    return [
        *result,
        f"That epoch on the test split, by which nothing was chosen: **{in_words(test)}**. AUC there without a model: {others}.",
        f"The best epoch is the one with the highest AUC on dev, which flatters dev's number a little, not test's. {one_run}",
    ]


def _comparison(best: dict[str, Any], config: Config, glove: str | None) -> list[str]:
    ours = {metric.name: 100 * best[metric.name] for metric in METRICS}
    rows = [["this run", *(f"{value:.2f}" for value in ours.values()), ""]]
    remarks = []
    for published in PUBLISHED:
        theirs = {name: published.numbers[name] for name in ours if name in published.numbers}
        rows.append(
            [published.name, *(f"{theirs[name]:.2f}" if name in theirs else "" for name in ours), published.source]
        )
        minus = [f"{value - theirs[name]:+.2f}" if name in theirs else "" for name, value in ours.items()]
        rows.append(["difference", *minus, "this run minus the row above"])
        remarks.append(_remark(config, glove, published))
    table = _table(["MIND-small dev, in %", *TITLES, "source"], rows)
    return ["## Beside the published numbers", verdict(ours["auc"]), table, *remarks]


def _remark(config: Config, glove: str | None, published: Published) -> str:
    if not published.settings:
        return f"The settings behind the numbers of {published.name} are not known here."
    found = differences(config, glove, published)
    if not found:
        return f"All settings that {published.name} tells are the same in this run."
    return f"Settings of this run that differ from those of {published.name}: {'; '.join(found)}."


def _learning_curve(
    folder: RunFolder, rows: list[dict[str, Any]], levels: Mapping[str, float], start: str | None
) -> list[str]:
    cells = [
        [row["epoch"], f"{row['loss']:.4f}", *(f"{row[metric.name]:.3f}" for metric in METRICS),
         f"{row['train_seconds']:.1f}", f"{row['eval_seconds']:.1f}"]
        for row in rows
    ]  # fmt: skip
    others = ", ".join(f"{name} {auc:.3f}" for name, auc in levels.items())
    first = "the untrained model" if start is None else "the model that training went on from"
    return [
        "## Learning curve",
        f"![dev AUC and train loss against the epoch]({folder.learning_curve.name})",
        _table(["epoch", "train loss", *TITLES, "training, s", "evaluation, s"], cells),
        f"Metrics on the dev split. Epoch 0 is {first}. AUC without a model: {others}.",
    ]


def _data(folder: str, files: Mapping[str, Fingerprint], glove: str | None, notes: Sequence[str]) -> list[str]:
    right = FINGERPRINTS["small"]
    rows = [
        [name, f"{found.size:,}", f"`{found.blob}`", shown(found == right.get(name))] for name, found in files.items()
    ]
    if glove is not None:
        found = _fingerprint(Path(glove))
        rows.append([_vectors(glove), f"{found.size:,}", f"`{found.blob}`", ""])
    table = _table(["file", "bytes", "git blob SHA-1", "MIND-small's"], rows)
    explanation = (
        f"Folder: {markdown_code(folder)}. The SHA-1 is what `git hash-object FILE` prints; the last column tells whether size and "
        "SHA-1 are those known for MIND-small."
    )
    return ["## Data", explanation, table, "\n".join(f"- {note}" for note in notes)]


def _settings(config: Config, glove: str | None, start: str | None) -> list[str]:
    rows = [[name.replace("_", " "), shown(value)] for name, value in vars(config).items()]
    if start is not None:
        rows.append(["model to go on from", markdown_code(start).replace("|", r"\|")])
    rows.append(["word vectors" if start is None else "vectors of new words", _vectors(glove)])
    return ["## Settings", _table(["setting", "value"], rows)]


def _time_and_memory(rows: list[dict[str, Any]]) -> list[str]:
    training, evaluation = (sum(row[name] for row in rows) for name in ("train_seconds", "eval_seconds"))
    samples = sum(row["samples_per_second"] * row["train_seconds"] for row in rows)
    speed = f", {samples / training:,.0f} samples per second" if training else ""
    return [
        "## Time and memory",
        f"- training: {_duration(training)}{speed}\n"
        f"- evaluation of the dev split, {len(rows)} times: {_duration(evaluation)}\n"
        f"- peak memory: {max(row['peak_rss_mb'] for row in rows):,.0f} MiB\n"
        f"- machine: {processor()}, {platform.system()}, threads: {threads_in_use()}, "
        f"Python {platform.python_version()}",
    ]


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _data_file(folder: str, name: str) -> Path:
    """Where a file is, given as "train/news.tsv"."""
    split, file = name.split("/")
    return plain_or_gz(split_folder(folder, split) / file)


def _fingerprint(path: Path) -> Fingerprint:
    return Fingerprint(path.stat().st_size, git_blob_sha1(path))


def _vectors(glove: str | None) -> str:
    return markdown_cell(Path(glove).name) if glove is not None else "drawn at random"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
