"""MIND-small's size from end to end: reading, an epoch, an evaluation, a million titles and users; and how it grows.

Run: python benchmarks/scale.py [--small | --large] [--steps 300] [--threads 2 | --threads 1 2] [--json FILE]

The corpus is made up, with MIND-small's size and shape; it is written into data/mind-small-shape if it is not there. `--large`
measures one of MIND-large's size too, eleven times the impressions, written into data/mind-large-shape. `--small` takes the demo
corpus and a few steps instead, to see that it runs. With several numbers of `--threads` all of the corpus is measured with
each, and not its parts: what of reading, encoding, evaluation and metrics gets faster. Each size runs in a process of its own, so
that its peak memory is its own; that of the processes that help to read is counted as if all had their peaks at once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice, product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.evaluation.metrics import impression_metrics
from nrms_np.evaluation.ranking import distinct_sequences, evaluate
from nrms_np.kernels.engine import parallel
from nrms_np.model import NRMS
from nrms_np.training.adam import Adam
from nrms_np.training.memory import peak_memory_mb

SHARES = (0.25, 0.5, 1.0)
"""The parts of the impressions that are measured: 1×, 2× and 4× of a quarter."""

LIMITS: dict[str, float] = {
    "read_seconds": 10,
    "epoch_minutes": 15,
    "evaluation_seconds": 20,
    "million_titles_seconds": 40,
    "million_users_minutes": 6.7,
    "recommend_seconds": 20,
    "recommend_peak_rss_mb": 2048,
    "peak_rss_mb": 2048,
}
UNLIMITED = ("titles_seconds", "metrics_seconds")
LIMIT_LARGE_MB = 4096
"""What the peak memory may be at MIND-large's size; its times may be what they are."""


def write_part(source: Path, target: Path, share: float) -> Path:
    """A folder with the first impressions of each split, and all of the news. Returns it."""
    for split in ("train", "dev"):
        (target / split).mkdir(parents=True)
        (target / split / "news.tsv").symlink_to((source / split / "news.tsv").resolve())
        lines = (source / split / "behaviors.tsv").read_bytes().splitlines(keepends=True)
        (target / split / "behaviors.tsv").write_bytes(b"".join(lines[: round(share * len(lines))]))
    return target


def measure(folder: Path, model_file: Path, steps: int, threads: int) -> dict[str, Any]:
    """Read, train for some steps, evaluate, encode, save the model; all numbers of one size."""
    parallel.set_threads(threads)
    from nrms_np.config import PRESETS, Config

    config = Config(**{**PRESETS["recommenders"], "batch_size": 64})
    start = time.perf_counter()
    data = read_dataset(
        folder,
        title_length=config.title_length,
        history_length=config.history_length,
        minimum_count=1,
        processes=threads,
    )
    read_seconds = time.perf_counter() - start
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10  # MiB of the largest that read a piece
    reading = peak_memory_mb() + (threads - 1) * others
    samples = Samples.from_behaviors(data.train.behaviors)
    model = NRMS.create(config, data.vocabulary.words)
    adam = Adam(model.parameters, config.learning_rate)
    epoch = batches(
        data.train, data.train_titles, samples, batch_size=config.batch_size, negatives=config.negatives,
        words=len(data.vocabulary), seed=0, epoch=1,
    )  # fmt: skip
    for batch in islice(epoch, 3):  # compiles and warms up
        adam.step(model.parameters, model.loss_and_row_gradients(batch, adam.steps)[1])
    start, done = time.perf_counter(), 0
    for batch in islice(epoch, steps):
        adam.step(model.parameters, model.loss_and_row_gradients(batch, adam.steps)[1])
        done += len(batch.candidates)
    step_seconds = time.perf_counter() - start

    dev = data.dev.behaviors
    start = time.perf_counter()
    evaluate(model, data.dev_titles, dev)
    evaluation_seconds = time.perf_counter() - start
    start = time.perf_counter()
    news = model.encode_news(data.dev_titles)
    titles_seconds = time.perf_counter() - start
    histories, _ = distinct_sequences(dev.histories)
    start = time.perf_counter()
    model.encode_users(news, histories)
    users_seconds = time.perf_counter() - start
    assert dev.clicked is not None
    scores = np.random.default_rng(0).random(len(dev.clicked), np.float32)
    start = time.perf_counter()
    impression_metrics(scores, dev.clicked, dev.candidates.offsets)
    metrics_seconds = time.perf_counter() - start
    model.save(model_file)
    return {
        "threads": threads,
        "impressions": data.train.behaviors.candidates.count + dev.candidates.count,
        "samples": len(samples),
        "steps": adam.steps - 3,
        "megabytes": round(sum(file.stat().st_size for file in folder.glob("*/*.tsv")) / 1e6),
        "read_seconds": read_seconds,
        "epoch_minutes": step_seconds / done * len(samples) / 60,
        "evaluation_seconds": evaluation_seconds,
        "metrics_seconds": metrics_seconds,
        "titles": data.dev_titles.count,
        "titles_seconds": titles_seconds,
        "million_titles_seconds": titles_seconds / data.dev_titles.count * 1e6,
        "users": histories.count,
        "million_users_minutes": users_seconds / histories.count * 1e6 / 60,
        "reading_rss_mb": reading,
        "peak_rss_mb": max(reading, peak_memory_mb()),
    }


def recommend(model_file: Path, folder: Path) -> dict[str, float]:
    """The command for one user, from its start to its list: seconds, and the peak memory of its process."""
    user = (folder / "dev/behaviors.tsv").open(encoding="utf-8").readline().split("\t")[1]
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "nrms_np.recommend", str(model_file), "--data", str(folder), "--user", user],
        stdout=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the recommendation ended with {status}")
    return {"recommend_seconds": time.perf_counter() - start, "recommend_peak_rss_mb": used.ru_maxrss / 1024}


def made(size: str) -> Path:
    """The folder of the made-up corpus of this size, written if it is not there."""
    corpus = ROOT / f"data/mind-{size}-shape"
    if not corpus.is_dir():
        command = [sys.executable, "-m", "nrms_np.data.demo", "--scale", size, "--out", str(corpus)]
        subprocess.run(command, check=True, cwd=ROOT)
    return corpus


def main() -> None:
    """Measure each size in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the demo corpus and a few steps, to see that it runs")
    parser.add_argument(
        "--large", action="store_true", help="MIND-large's size too, which takes 15 GB of disk and minutes"
    )
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threads", type=int, nargs="+", default=[parallel.available_threads()])
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)  # one size, for the process that measures it
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(measure(options.folder, options.model, options.steps, *options.threads)))
        return
    shares = (0.5, 1.0) if options.small else SHARES
    corpus = ROOT / "data/demo" if options.small else made("small")
    parts = [(corpus, share) for share in (shares if len(options.threads) == 1 else (1.0,))]
    if options.large:
        parts.append((made("large"), 1.0))
    steps = 3 if options.small else options.steps
    rows = []
    for (corpus, share), threads in product(parts, options.threads):
        with tempfile.TemporaryDirectory() as place:
            folder = corpus if share == 1.0 else write_part(corpus, Path(place), share)
            model = Path(place) / "model.npz"
            command = [sys.executable, __file__, "--folder", str(folder), "--model", str(model), "--steps", str(steps)]
            command += ["--threads", str(threads)]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            rows.append(row | recommend(model, folder))
    print("20 × 20 heads, 300-d words, batches of 64, dropout 0.2")
    for row in {row["impressions"]: row for row in rows}.values():
        print(
            f"{row['impressions']:,} impressions, {row['samples']:,} samples, {row['megabytes']} MB of files: an epoch is "
            f"extrapolated from {row['steps']} steps, a million titles from {row['titles']:,}, users from {row['users']:,}"
        )
    print(f"\n{'impressions':24} {'limit':>8} " + " ".join(f"{row['impressions']:12,}" for row in rows))
    print(f"{'threads':33} " + " ".join(f"{row['threads']:12}" for row in rows))
    for name, limit in LIMITS.items():
        print(f"{name:24} {limit:8} " + " ".join(f"{row[name]:12.1f}" for row in rows))
    for name in UNLIMITED:
        print(f"{name:33} " + " ".join(f"{row[name]:12.2f}" for row in rows))
    if options.large:
        print(f"at MIND-large's size the limit of peak_rss_mb is {LIMIT_LARGE_MB}; the times have none")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
