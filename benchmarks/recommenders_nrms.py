"""The NRMS of the Recommenders project, unmodified, beside ours: the same files, the same preset, the same number of epochs.

Run: python benchmarks/recommenders_nrms.py FOLDER --python PYTHON [--seeds 0 1] [--epochs 2] [--share 0.1]
     [--part PART] [--json FILE]
     python benchmarks/recommenders_nrms.py FOLDER --python PYTHON --steps 60 [--part PART] [--json FILE]

FOLDER: a corpus of MIND-small's size (`python -m nrms_np.data.demo --scale small --out FOLDER`). The first tenth of its impressions
is used, with all news. PYTHON: the interpreter of an environment that has the package `recommenders` and TensorFlow 2.15; they need
an environment of their own. Each seed has one core and one thread; as many seeds as there are cores run at once, first all of
theirs, then all of ours, then ours with lazy Adam, which the preset does not use, and ours with padding that takes part as in
theirs. A seed of theirs takes an hour or two: what FILE has already is not run again, and with `--part PART` (where the tenth is
written) theirs go on after the last whole epoch, with the weights and Adam's state that they had. Both start from word vectors
drawn alike; everything else (first values, samples, dropout, Adam, metrics) is each program's own. Freed memory stays with the
process (KEEP): as glibc comes, a third of their time went into getting the same pages again.

The trainings may lie days apart, so their seconds cannot be compared. `--steps` times that many steps of each program, one program
right after the other, and leaves the trainings as they are.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEEP = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "16000000000",
    "MALLOC_TOP_PAD_": "100000000",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
METRICS = {"auc": "group_auc", "mrr": "mean_mrr", "ndcg@5": "ndcg@5", "ndcg@10": "ndcg@10"}


def make_theirs(folder: Path, seed: int) -> tuple[Any, Path, list[str]]:
    """Make their model in their environment; imports nothing of ours. Returns it, its folder and the files of the corpus."""
    import pickle  # the package reads its dictionaries so

    import numpy as np
    from recommenders.models.newsrec.io.mind_iterator import MINDIterator
    from recommenders.models.newsrec.models.nrms import NRMSModel
    from recommenders.models.newsrec.newsrec_utils import prepare_hparams

    words = (folder / "words.txt").read_text(encoding="utf-8").splitlines()
    users = sorted({line.split("\t")[1] for line in (folder / "train/behaviors.tsv").read_text().splitlines()})
    # Row 0 is theirs for padding and for unknown words alike.
    dictionaries = {
        "words": {word: i for i, word in enumerate(words) if i},
        "users": {u: i + 1 for i, u in enumerate(users)},
    }
    own = folder / f"theirs{seed}"
    own.mkdir(exist_ok=True)
    for name, dictionary in dictionaries.items():
        (own / f"{name}.pkl").write_bytes(pickle.dumps(dictionary))
    vectors = 0.4 * np.random.default_rng(seed).standard_normal((len(words), 300))
    np.save(own / "vectors.npy", vectors.astype(np.float32))
    settings = prepare_hparams(
        model_type="nrms", title_size=30, his_size=50, npratio=4, data_format="news", word_emb_dim=300, head_num=20,
        head_dim=20, attention_hidden_dim=200, dropout=0.2, loss="cross_entropy_loss", optimizer="adam",
        learning_rate=1e-4, batch_size=32, epochs=1, show_step=100_000, support_quick_scoring=True,
        metrics=["group_auc", "mean_mrr", "ndcg@5;10"], wordEmb_file=str(own / "vectors.npy"),
        wordDict_file=str(own / "words.pkl"), userDict_file=str(own / "users.pkl"),
    )  # fmt: skip
    model = NRMSModel(settings, MINDIterator, seed=seed)
    files = [str(folder / split / name) for split in ("train", "dev") for name in ("news.tsv", "behaviors.tsv")]
    return model, own, files


def theirs(folder: Path, seed: int, epochs: int) -> list[dict[str, float]]:
    """Train their model. Returns one row per epoch."""
    import numpy as np

    model, own, files = make_theirs(folder, seed)
    rows = json.loads((own / "rows.json").read_text()) if (own / "rows.json").exists() else []
    if rows:
        model.fit(*files, step_limit=1)  # Adam has its state from the first step on
        with np.load(own / "state.npz") as state:
            arrays = [state[f"arr_{i}"] for i in range(len(state.files))]
        parameters = len(model.model.get_weights())
        model.model.set_weights(arrays[:parameters])
        model.model.optimizer.set_weights(arrays[parameters:])
    for _ in range(len(rows), epochs):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            model.fit(*files)
        numbers = dict(re.findall(r"([a-z_@0-9]+):([0-9.]+)", told.getvalue()))
        rows.append({ours: float(numbers[name]) for ours, name in METRICS.items()})
        np.savez(own / "state.npz", *model.model.get_weights(), *model.model.optimizer.get_weights())
        (own / "rows.json").write_text(json.dumps(rows))
        print(seed, rows[-1], file=sys.stderr, flush=True)
    return rows


def steps_of_theirs(folder: Path, seed: int, steps: int) -> float:
    """Train their model for some steps. Returns the median of their seconds, reading the batch among them."""
    model, _, files = make_theirs(folder, seed)
    return median_seconds(model.train, model.train_iterator.load_data_from_file(*files[:2]), steps)


def median_seconds(step: Callable[[Any], object], epoch: Iterator[Any], steps: int) -> float:
    """Make some steps after three that warm up. Returns the median of their seconds."""
    times = []
    for _ in range(3 + steps):
        start = time.perf_counter()
        step(next(epoch))
        times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


def make_ours(folder: Path, seed: int, padding: bool = False, **changes: Any) -> tuple[Any, Any]:
    """Read the corpus for one thread. Returns it and the settings: the preset, and changes to it.

    padding: whether titles and histories are filled up as theirs are, with word 0 and with an empty title.
    """
    sys.path.insert(0, str(ROOT))
    from nrms_np import Config
    from nrms_np.command import use_threads
    from nrms_np.config import PRESETS
    from nrms_np.data.dataset import read_dataset

    use_threads(1)
    config = Config(**{**PRESETS["recommenders"], "seed": seed, **changes})
    data = read_dataset(folder, title_length=config.title_length, history_length=config.history_length, minimum_count=1)
    return with_padding(data, config) if padding else data, config


def with_padding(data: Any, config: Any) -> Any:
    """The corpus with all titles and histories of one length: what fills them up takes part in attention."""
    changed = {}
    for name in ("train", "dev"):
        split = getattr(data, name)
        lists = [split.behaviors.histories.sequence(i) for i in range(split.behaviors.histories.count)]
        histories = filled(lists, config.history_length, len(split.news.titles), in_front=True)
        changed[name] = replace(split, behaviors=replace(split.behaviors, histories=histories))
        titles = getattr(data, f"{name}_titles")
        lists = [titles.sequence(i) for i in range(titles.count)]
        lists.append([])  # the empty title
        changed[f"{name}_titles"] = filled(lists, config.title_length, 0, in_front=False)
    return replace(data, **changed)


def filled(lists: list[Any], length: int, filler: int, in_front: bool) -> Any:
    """All lists filled up to one length, packed."""
    from nrms_np.packed import Packed

    fillers = [[filler] * (length - len(one)) for one in lists]
    return Packed.from_lists(
        [[*more, *one] if in_front else [*one, *more] for one, more in zip(lists, fillers, strict=True)]
    )


def steps_of_ours(folder: Path, seed: int, steps: int, **changes: Any) -> float:
    """Train our model for some steps. Returns the median of their seconds, making the batch among them."""
    data, config = make_ours(folder, seed, **changes)
    from nrms_np import NRMS
    from nrms_np.data.batches import Samples, batches
    from nrms_np.training.adam import Adam

    model = NRMS.create(config, data.vocabulary.words)
    adam = Adam(model.parameters, config.learning_rate, lazy=config.lazy_adam)
    epoch = batches(
        data.train, data.train_titles, Samples.from_behaviors(data.train.behaviors), batch_size=config.batch_size,
        negatives=config.negatives, words=len(data.vocabulary), seed=seed, epoch=1,
    )  # fmt: skip
    return median_seconds(
        lambda batch: adam.step(model.parameters, model.loss_and_row_gradients(batch, adam.steps)[1]), epoch, steps
    )


def ours(folder: Path, seed: int, epochs: int, **changes: Any) -> list[dict[str, float]]:
    """Train our model. Returns one row per epoch."""
    data, config = make_ours(folder, seed, epochs=epochs, patience=epochs, **changes)
    from nrms_np.training import fit

    with tempfile.TemporaryDirectory() as run:
        rows = fit(config, data, run).epochs
    return [{name: row[name] for name in METRICS} for row in rows if row["epoch"]]


PROGRAMS = {
    "theirs": (theirs, steps_of_theirs),
    "ours": (ours, steps_of_ours),
    "ours, lazy Adam": (partial(ours, lazy_adam=True), partial(steps_of_ours, lazy_adam=True)),
    "ours, padding takes part": (partial(ours, padding=True), partial(steps_of_ours, padding=True)),
}


def prepare(corpus: Path, folder: Path, share: float) -> None:
    """The first share of the impressions of both splits, with all news, and the words of the train titles."""
    sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
    from nrms_np.data.news import read_news
    from nrms_np.data.vocabulary import Vocabulary
    from scale import write_part

    write_part(corpus, folder, share)
    titles = read_news(folder / "train/news.tsv").titles
    (folder / "words.txt").write_text("\n".join(Vocabulary.from_titles(titles).words), encoding="utf-8")


def run(python: str, name: str, folder: Path, seeds: list[int], *options: str) -> list[Any]:
    """Run this file for one program with some seeds at once, each in a process on a core of its own. Returns what they found."""
    environment = {**os.environ, **KEEP, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3"}
    running = [
        subprocess.Popen(
            ["taskset", "-c", str(core), python, __file__, str(folder), "--only", name, "--seeds", str(seed), *options],
            stdout=subprocess.PIPE, text=True, env=environment,
        )
        for seed, core in zip(seeds, sorted(os.sched_getaffinity(0)), strict=False)
    ]  # fmt: skip
    found = []
    try:
        for seed, process in zip(seeds, running, strict=True):
            told, _ = process.communicate()
            if process.returncode:
                sys.exit(f"{name} failed with seed {seed}")
            found.append(json.loads(told.splitlines()[-1]))
            print(name, seed, found[-1], flush=True)
    finally:
        for process in running:  # one alone may have hours left
            process.kill()
    return found


def write(path: Path | None, known: dict[str, Any]) -> None:
    """Keep what is known so far, where a file was named."""
    if path is not None:
        path.write_text(json.dumps(known, indent=1) + "\n")


def main() -> None:
    """Run what is not known yet, and write what came out."""
    parser = argparse.ArgumentParser(description="The NRMS of the Recommenders project beside ours.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the environment with recommenders")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--steps", type=int, default=0, help="time so many steps of each program instead of training")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--part", type=Path, help="folder for the share of the corpus, kept; without it a temporary one"
    )
    parser.add_argument("--only", choices=PROGRAMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        train, time_steps = PROGRAMS[options.only]
        found = (time_steps if options.steps else train)(
            options.folder, options.seeds[0], options.steps or options.epochs
        )
        print(json.dumps(found))
        return
    known = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    if known.setdefault("share", options.share) != options.share:
        sys.exit(f"{options.json}: made with --share {known['share']}; give the same one or another --json.")
    results = known.setdefault("runs", [])
    done = {(row["program"], row["seed"]) for row in results if len(row["epochs"]) == options.epochs}
    with tempfile.TemporaryDirectory() as folder:
        part = (options.part or Path(folder)) / f"{options.share:g}"
        if not (part / "words.txt").exists():  # what is written last
            prepare(options.folder, part, options.share)
        at_once = len(os.sched_getaffinity(0))
        seconds: dict[str, Any] = {"steps": options.steps}
        for name in PROGRAMS:
            python = options.python if name == "theirs" else sys.executable
            if options.steps:
                seconds[name] = run(python, name, part, list(range(at_once)), "--steps", str(options.steps))
                continue
            seeds = [seed for seed in options.seeds if (name, seed) not in done]
            for i in range(0, len(seeds), at_once):
                some = seeds[i : i + at_once]
                found = run(python, name, part, some, "--epochs", str(options.epochs))
                results += [
                    {"program": name, "seed": seed, "epochs": rows} for seed, rows in zip(some, found, strict=True)
                ]
                write(options.json, known)
        if options.steps:
            write(options.json, {**known, "seconds_a_step": seconds})


if __name__ == "__main__":
    main()
