"""How far a training step scales: its tasks timed one by one on one thread, then laid out on 1 to 64 threads.

Run: python benchmarks/threads.py [--small] [--batch-size 64 256] [--bandwidth 70] [--no-dropout] [--json FILE]

A step is a row of waits: the pool takes the tasks of one, waits for them all, and goes on. Each task is timed on one thread
(processor time, median over the steps). Then the tasks are laid out on more threads as the pool does it: whoever is free takes
the next. To that come

- what runs between the waits, on one thread;
- what it costs to wake a thread and to hear that the last task is done, measured here: what a wait of two threads takes more than
  one of one;
- the interpreter's lock: what a task does in Python itself (the time of the same task with nothing in it) is never done by two
  threads at once;
- the memory: no wait ends before its memory has been moved at the machine's bandwidth. What is moved is found by comparing the
  arrays of a wait before and after it, and by what Linux says of its pages: a cache line that changed is read and written once, a
  page that was touched and did not change is read once. That is too much for what is still in a cache, and too little for what
  leaves it and comes back. The bandwidth of one thread and of two is measured; more threads get as many times that of one, up to
  `--bandwidth` (GB/s; two channels of DDR5 have about 70, a server has several times that).

What the layout leaves out: threads that share caches, and clocks that fall when all cores work. Beside it stands what the cores of
this machine really do.
"""

from __future__ import annotations

import argparse
import heapq
import json
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from threading import Thread, get_ident
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from mindlike import mindlike_batch
from nrms_np.kernels.engine import parallel
from nrms_np.training.report import processor
from step import PLAIN, TRAINED, Step, our_step
from threads_tasks import Laid, Wait, record

THREADS = (1, 2, 4, 8, 16, 32, 64)
MEGABYTES_OF_BANDWIDTH = 256


class Costs(NamedTuple):
    """Seconds that the pool needs: to wake a thread, until that runs, and from the last task's end until the caller goes on.

    Without what a run takes with one thread too: that is among the seconds between the waits.
    """

    wake: float
    until_awake: float
    join: float


def seconds_on(laid: Laid, threads: int, costs: Costs, bandwidth: float) -> float:
    """Seconds of the step on so many threads with bandwidth in bytes per second."""
    return laid.between + sum(wait_on(wait, threads, costs, bandwidth) for wait in laid.waits)


def wait_on(wait: Wait, threads: int, costs: Costs, bandwidth: float) -> float:
    """Seconds of one wait: whoever is free takes the next task; nobody waits for a thread that wakes up too late for any."""
    if threads == 1:
        return sum(wait.tasks)
    free = start_times(min(threads, len(wait.tasks)), costs)
    heapq.heapify(free)
    end = 0.0
    for seconds in wait.tasks:
        end = max(end, free[0] + seconds)
        heapq.heapreplace(free, free[0] + seconds)
    joined = costs.join if len(wait.tasks) > 1 else 0.0
    return max(end + joined, wait.python, wait.moved / bandwidth)


def start_times(threads: int, costs: Costs) -> list[float]:
    """When each thread begins: each that is awake wakes two others, the caller too, before its own first task."""
    awake = [0.0] * threads
    for number in range(threads):
        for child in range(2 * number + 1, min(2 * number + 3, threads)):
            awake[number] += costs.wake
            awake[child] = awake[number] + costs.until_awake
    return awake


def pool_costs(rounds: int) -> Costs:
    """What the pool's waking and joining cost, medians; zeros on one core, where nobody else ever comes."""
    alone, together = [], []
    for _ in range(rounds):
        parallel.set_threads(1)
        start, begun, _, ended, end = one_wait()
        alone.append((begun - start, end - ended))
        parallel.set_threads(2)
        start, begun, helper_begun, ended, end = one_wait()
        if helper_begun is not None:
            together.append((begun - start, max(helper_begun - begun, 0.0), end - ended))
    if not together:
        return Costs(0.0, 0.0, 0.0)
    begin_alone, end_alone = map(statistics.median, zip(*alone, strict=True))
    wake, until_awake, join = map(statistics.median, zip(*together, strict=True))
    return Costs(max(wake - begin_alone, 0.0), until_awake, max(join - end_alone, 0.0))


def one_wait() -> tuple[float, float, float | None, float, float]:
    """A wait of two tasks, of which a second thread, asleep until then, does the longer one.

    Returns when it was asked for, when the caller began, when the other thread did (None where the caller did both), when the
    last task ended, and when the caller went on.
    """
    begun: dict[int, float] = {}
    caller, numbers, ended = get_ident(), np.ones(1 << 16), 0.0

    def task() -> None:
        nonlocal ended
        me, start = get_ident(), time.perf_counter()
        begun.setdefault(me, start)
        while time.perf_counter() < start + (1e-3 if me == caller else 2e-3):
            numbers.sum()  # without the interpreter's lock
        ended = time.perf_counter()

    time.sleep(2e-3)
    start = time.perf_counter()
    parallel.run_each([task, task])
    end = time.perf_counter()
    helpers = [thread for thread in begun if thread != caller]
    if caller not in begun:  # the other thread was quick and did both
        return one_wait()
    return start, begun[caller], begun[helpers[0]] if helpers else None, ended, end


def measured_bandwidth(threads: int) -> float:
    """Bytes per second that so many threads read and write: an array much larger than the caches, changed in place."""
    array = np.ones((threads, MEGABYTES_OF_BANDWIDTH * (1 << 18) // threads), np.float32)
    best = 0.0
    for _ in range(5):
        helpers = [Thread(target=np.multiply, args=(row, np.float32(1), row)) for row in array]
        start = time.perf_counter()
        for helper in helpers:
            helper.start()
        for helper in helpers:
            helper.join()
        best = max(best, 2 * array.nbytes / (time.perf_counter() - start))
    return best


def really(step: Step, threads: int, rounds: int) -> float:
    """Median of how many times faster a step is with so many threads than with one; they take turns."""
    ratios = []
    for _ in range(rounds):
        seconds = []
        for number in (1, threads):
            parallel.set_threads(number)
            step()
            start = time.perf_counter()
            for _ in range(3):
                step()
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios)


def print_waits(laid: Laid, costs: Costs) -> None:
    """Where the time goes: waits by the function that handed them out, on 1 and on 16 threads."""
    rows: dict[str, list[Wait]] = defaultdict(list)
    for wait in laid.waits:
        rows[wait.name].append(wait)
    print(
        f"\n{'ms of the waits of':40} {'waits':>5} {'tasks':>5} {'1 thread':>9} {'longest':>8} {'16':>6} {'python':>7} {'MB':>6}"
    )
    for name, waits in sorted(rows.items(), key=lambda row: -sum(sum(wait.tasks) for wait in row[1])):
        whole, longest = sum(sum(wait.tasks) for wait in waits), max(max(wait.tasks) for wait in waits)
        on_16 = sum(wait_on(wait, 16, costs, np.inf) for wait in waits)
        print(
            f"{name:40} {len(waits):5} {sum(len(wait.tasks) for wait in waits):5} {1e3 * whole:9.2f} {1e3 * longest:8.2f} "
            f"{1e3 * on_16:6.2f} {1e3 * sum(wait.python for wait in waits):7.2f} {1e-6 * sum(wait.moved for wait in waits):6.0f}"
        )


def main() -> None:
    """Record, lay out, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a small batch and few steps, to see that it runs")
    parser.add_argument("--batch-size", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--steps", type=int, default=9)
    parser.add_argument("--bandwidth", type=float, default=70.0, help="GB/s of the whole machine, an assumption")
    parser.add_argument("--no-dropout", action="store_true")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    sizes, steps = ([4], 2) if options.small else (options.batch_size, options.steps)
    config = PLAIN if options.no_dropout else TRAINED

    cores = parallel.available_threads()
    one, two = (measured_bandwidth(threads) for threads in (1, 2))
    costs = pool_costs(5 if options.small else 200)
    numbers: dict[str, Any] = {
        "machine": f"{processor()}, {cores} cores",
        "bandwidth": {"1": one, "2": two, "assumed": 1e9 * options.bandwidth},
        "costs": costs._asdict(),
        "batches": {},
    }
    print(f"{numbers['machine']}; memory: {one / 1e9:.0f} GB/s for one thread, {two / 1e9:.0f} for two")
    print(
        "to wake a thread {:.0f} µs, until it runs {:.0f}, to hear of its end {:.0f}".format(
            *(1e6 * cost for cost in costs)
        )
    )
    for samples in sizes:
        step = our_step(config, mindlike_batch(samples, seed=0))
        laid = record(step, steps)
        free = {threads: laid.one_thread / seconds_on(laid, threads, costs, np.inf) for threads in THREADS}
        limited = {
            threads: laid.one_thread / seconds_on(laid, threads, costs, min(threads * one, 1e9 * options.bandwidth))
            for threads in THREADS
        }
        real = {threads: really(step, threads, steps) for threads in THREADS[1:] if threads <= cores}
        numbers["batches"][samples] = {
            "one_thread_ms": 1e3 * laid.one_thread, "between_ms": 1e3 * laid.between, "waits": len(laid.waits),
            "tasks": sum(len(wait.tasks) for wait in laid.waits), "speedup": free, "speedup_limited": limited, "measured": real,
        }  # fmt: skip
        print(
            f"\n{samples} samples, {'without' if options.no_dropout else 'with'} dropout: {1e3 * laid.one_thread:.0f} ms on one "
            f"thread, {1e3 * laid.between:.1f} of them between {len(laid.waits)} waits"
        )
        print(f"{'threads':34}" + "".join(f"{threads:>7}" for threads in THREADS))
        print(f"{'laid out':34}" + "".join(f"{free[threads]:7.2f}" for threads in THREADS))
        print(
            f"{f'with {options.bandwidth:.0f} GB/s of memory':34}"
            + "".join(f"{limited[threads]:7.2f}" for threads in THREADS)
        )
        print(f"{'measured':34}{1:7.2f}" + "".join(f"{speed:7.2f}" for speed in real.values()))
        print_waits(laid, costs)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
