"""The NRMS of the Recommenders project, unmodified, beside ours: the same files, the same preset, the same number of epochs.

Run: python benchmarks/recommenders_nrms.py FOLDER --python PYTHON [--seeds 0 1] [--epochs 2] [--share 0.1]
     [--part PART] [--json FILE]

FOLDER: a corpus of MIND-small's size (`python -m nrms_np.data.demo --scale small --out FOLDER`). The first tenth of its impressions
is used, with all news. PYTHON: the interpreter of an environment that has the package `recommenders` and TensorFlow 2.15; they need
an environment of their own. Each seed has one core and one thread; as many seeds as there are cores run at once, first all of
theirs, then all of ours, then ours with lazy Adam, which the preset has not. A seed of theirs takes more than two hours: what FILE
has already is not run again, and with `--part PART` (where the tenth is written) theirs go on after the last whole epoch, with the
weights and Adam's state that they had. Both start from word vectors drawn alike; everything else (first values, samples, dropout,
Adam, metrics) is each program's own. Freed memory stays with the process (KEEP): as glibc comes, a third of their time went into
getting the same pages again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
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


def theirs(folder: Path, seed: int, epochs: int) -> list[dict[str, float]]:
    """Train their model; runs in their environment, and imports nothing of ours. Returns one row per epoch."""
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
        (seconds,) = re.findall(r"train time: ([0-9.]+)", told.getvalue())
        rows.append({**{ours: float(numbers[name]) for ours, name in METRICS.items()}, "train_seconds": float(seconds)})
        np.savez(own / "state.npz", *model.model.get_weights(), *model.model.optimizer.get_weights())
        (own / "rows.json").write_text(json.dumps(rows))
        print(seed, rows[-1], file=sys.stderr, flush=True)
    return rows


def ours(folder: Path, seed: int, epochs: int, **changes: Any) -> list[dict[str, float]]:
    """Train our model with the preset, and changes to it. Returns one row per epoch."""
    sys.path.insert(0, str(ROOT))
    from nrms_np import Config
    from nrms_np.command import use_threads
    from nrms_np.config import PRESETS
    from nrms_np.data.dataset import read_dataset
    from nrms_np.training import fit

    use_threads(1)
    config = Config(**{**PRESETS["recommenders"], "epochs": epochs, "patience": epochs, "seed": seed, **changes})
    data = read_dataset(folder, title_length=config.title_length, history_length=config.history_length, minimum_count=1)
    with tempfile.TemporaryDirectory() as run:
        rows = fit(config, data, run).epochs
    return [{name: row[name] for name in (*METRICS, "train_seconds")} for row in rows if row["epoch"]]


PROGRAMS = {"theirs": theirs, "ours": ours, "ours, lazy Adam": partial(ours, lazy_adam=True)}


def prepare(corpus: Path, folder: Path, share: float) -> None:
    """The first share of the impressions of both splits, with all news, and the words of the train titles."""
    sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
    from nrms_np.data.news import read_news
    from nrms_np.data.vocabulary import Vocabulary
    from scale import write_part

    write_part(corpus, folder, share)
    titles = read_news(folder / "train/news.tsv").titles
    (folder / "words.txt").write_text("\n".join(Vocabulary.from_titles(titles).words), encoding="utf-8")


def start(python: str, name: str, folder: Path, seed: int, epochs: int, core: int) -> subprocess.Popen[str]:
    """One training in a process of its own on one core."""
    command = [python, __file__, str(folder), "--only", name, "--seeds", str(seed), "--epochs", str(epochs)]
    environment = {**os.environ, **KEEP, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(["taskset", "-c", str(core), *command], stdout=subprocess.PIPE, text=True, env=environment)


def run(python: str, name: str, folder: Path, seeds: list[int], epochs: int) -> list[dict[str, Any]]:
    """Train with some seeds at once, each on a core of its own."""
    cores = sorted(os.sched_getaffinity(0))
    running = [start(python, name, folder, seed, epochs, core) for seed, core in zip(seeds, cores, strict=False)]
    rows = []
    try:
        for seed, process in zip(seeds, running, strict=True):
            told, _ = process.communicate()
            if process.returncode:
                sys.exit(f"{name} failed with seed {seed}")
            rows.append({"program": name, "seed": seed, "epochs": json.loads(told.splitlines()[-1])})
            print(json.dumps(rows[-1]), flush=True)
    finally:
        for process in running:  # one alone may have hours left
            process.kill()
    return rows


def main() -> None:
    """Run what is not known yet, and write what came out."""
    parser = argparse.ArgumentParser(description="The NRMS of the Recommenders project beside ours.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the environment with recommenders")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--part", type=Path, help="folder for the share of the corpus, kept; without it a temporary one"
    )
    parser.add_argument("--only", choices=PROGRAMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        rows = PROGRAMS[options.only](options.folder, options.seeds[0], options.epochs)
        print(json.dumps(rows))
        return
    known = json.loads(options.json.read_text()) if options.json and options.json.exists() else {}
    results = known["runs"] if known.get("share") == options.share else []
    done = {(row["program"], row["seed"]) for row in results if len(row["epochs"]) == options.epochs}
    with tempfile.TemporaryDirectory() as folder:
        part = (options.part or Path(folder)) / f"{options.share:g}"
        if not (part / "words.txt").exists():  # what is written last
            prepare(options.folder, part, options.share)
        at_once = len(os.sched_getaffinity(0))
        for name in PROGRAMS:
            python = options.python if name == "theirs" else sys.executable
            seeds = [seed for seed in options.seeds if (name, seed) not in done]
            for i in range(0, len(seeds), at_once):
                results += run(python, name, part, seeds[i : i + at_once], options.epochs)
                if options.json is not None:
                    options.json.write_text(json.dumps({"share": options.share, "runs": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
