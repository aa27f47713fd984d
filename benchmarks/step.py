"""How long one training step takes: our kernels, our layers, PyTorch in three ways, TensorFlow, and the floor.

Run: python benchmarks/step.py [--small] [--batch-size 64] [--threads 2] [--rounds 5] [--json FILE] [--figure FILE]

All rows do the same step on the same batch from the same parameters: forward, backward, Adam. Each is measured twice,
without dropout, where all losses must agree, and with the preset's dropout, as in training. Each row has a process of its
own, and they take turns, so that a machine whose speed drifts does not favour one. The floor is the step's own matrix
products and nothing else. PyTorch's and TensorFlow's rows need the extras `torch` and `tensorflow`; without them they
say so.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from threadpoolctl import threadpool_limits

from mindlike import WORDS, mindlike_batch
from nrms_np.config import PRESETS, Config
from nrms_np.kernels.engine import parallel
from nrms_np.model import NRMS
from nrms_np.packed import Batch
from nrms_np.training.adam import Adam
from nrms_np.training.report import processor

TRAINED = Config(**PRESETS["recommenders"])
PLAIN = replace(TRAINED, dropout=0.0)
STEPS_PER_TURN = 5  # many more would learn the one batch by heart; processors are slow at numbers that are nearly zero

ROWS = (
    "floor",
    "kernels",
    "kernels, one thread",
    "PyTorch, padded",
    "PyTorch, packed",
    "PyTorch, grouped by length",
    "TensorFlow, padded",
    "layers",
)

Step = Callable[[], float]
"""Does one step and returns the loss before it."""


def our_step(config: Config, batch: Batch) -> Step:
    """A training step of ours."""
    model = NRMS.create(config, [str(i) for i in range(WORDS)])
    adam = Adam(model.parameters, config.learning_rate)

    def step() -> float:
        loss, gradients = model.loss_and_row_gradients(batch, dropout_step=adam.steps)
        adam.step(model.parameters, gradients)
        return loss

    return step


def torch_step(way: str, config: Config, batch: Batch, threads: int) -> Step:
    """The same step in PyTorch, from the same parameters."""
    import torch

    import torch_nrms

    torch.set_num_threads(threads)
    kind, prepare = {
        "padded": (torch_nrms.PaddedNRMS, torch_nrms.pad_batch),
        "packed": (torch_nrms.PackedNRMS, torch_nrms.sort_batch),
        "grouped by length": (torch_nrms.GroupedNRMS, torch_nrms.sort_batch),
    }[way]
    model = kind(
        words=WORDS, word_dim=config.word_dim, heads=config.heads, head_dim=config.head_dim,
        query_dim=config.query_dim, word_dropout=config.dropout,
        attention_dropout=config.dropout if config.dropout_after_attention else 0.0,
    )  # fmt: skip
    model.load_parameters(NRMS.create(config, [str(i) for i in range(WORDS)]).parameters)
    optimizers, prepared = model.optimizers(config.learning_rate), prepare(batch)
    return lambda: torch_nrms.train_step(model, optimizers, prepared)


def tensorflow_step(config: Config, batch: Batch, threads: int) -> Step:
    """The same step in TensorFlow, from the same parameters."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # no search for a GPU
    import tensorflow

    import tensorflow_nrms

    if tensorflow.config.threading.get_intra_op_parallelism_threads() != threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    parameters = NRMS.create(config, [str(i) for i in range(WORDS)]).parameters
    model = tensorflow_nrms.TensorFlowNRMS(parameters, config.heads, dropout=config.dropout)
    return tensorflow_nrms.training_step(model, batch, config.learning_rate)


def floor_step(config: Config, batch: Batch) -> Step:
    """The step's own matrix products, on NumPy's own threads."""
    products = floor_products(config, batch)

    def step() -> float:
        for a, b, out in products:
            np.dot(a, b, out=out)
        return float("nan")

    return step


def floor_products(config: Config, batch: Batch) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The factors and the place for the result of every matrix product that the step cannot avoid."""
    rng = np.random.default_rng(0)
    products = []

    def add(n: int, k: int, m: int) -> None:
        a, b = (rng.standard_normal(shape, dtype=np.float32) for shape in ((n, k), (k, m)))
        products.append((a, b, np.empty((n, m), dtype=np.float32)))

    W, A = config.news_dim, config.query_dim
    levels = (
        (len(batch.words), config.word_dim, len(batch.titles.index)),
        (len(np.unique(batch.histories.index)), W, len(batch.histories.index)),
    )
    for rows, D, references in levels:
        add(rows, D, 3 * W)  # queries, keys, values
        add(D, rows, 3 * W)  # their weights' gradients
        add(rows, 3 * W, D)  # the table's gradient
        add(references, W, A)  # additive attention
        add(W, references, A)
        add(references, A, W)
    return products


def operations(products: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    """Additions and multiplications of the products."""
    return sum(2.0 * a.shape[0] * a.shape[1] * b.shape[1] for a, b, _ in products)


def make_step(name: str, config: Config, batch: Batch, threads: int) -> Step:
    """The step of one row of the table."""
    library, _, way = name.partition(", ")
    if library == "PyTorch":
        return torch_step(way, config, batch, threads)
    if library == "TensorFlow":
        return tensorflow_step(config, batch, threads)
    if library == "floor":
        return floor_step(config, batch)
    parallel.set_threads(1 if way == "one thread" else threads)
    return our_step(replace(config, backend=library), batch)


def work(pipe: Connection, name: str, samples: int, threads: int) -> None:
    """Be the process of one row: make its steps, then do one whenever asked, and say how long it took."""
    batch = mindlike_batch(samples, seed=0)
    threadpool_limits(threads, user_api="blas")
    try:
        steps = [make_step(name, config, batch, threads) for config in (PLAIN, TRAINED)]
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "tensorflow"):
            raise
        pipe.send(None)
        return
    pipe.send([step() for step in steps])  # also compiles and warms up
    while (kind := pipe.recv()) is not None:
        if name != "layers":
            steps[kind]()  # training makes one step after another: the one before the first is not timed
        pipe.send(seconds_of(steps[kind]))


def seconds_of(step: Step) -> float:
    """Mean of steps that follow each other: at most five, no new one after a second."""
    start, count, passed = time.perf_counter(), 0, 0.0
    while passed < 1 and count < STEPS_PER_TURN:
        step()
        count += 1
        passed = time.perf_counter() - start
    return passed / count


class Measured(NamedTuple):
    """Of each row: seconds of the rounds without and with dropout, and the loss of the first step without."""

    plain: dict[str, list[float]]
    trained: dict[str, list[float]]
    losses: dict[str, float]


def measure(samples: int, threads: int, rounds: int) -> Measured:
    """Let the rows take turns, each in a process of its own, as one would run it; rows without their library are left out."""
    context = get_context("spawn")
    pipes = {}
    measured = Measured({}, {}, {})
    for name in ROWS:
        pipes[name], far_end = context.Pipe()
        context.Process(target=work, args=(far_end, name, samples, threads), daemon=True).start()
        far_end.close()  # so that a process that dies is noticed
        first = pipes[name].recv()
        if first is None:
            del pipes[name]
            continue
        measured.losses[name], measured.plain[name], measured.trained[name] = first[0], [], []
    for number in range(rounds):
        for name, pipe in pipes.items():
            if name == "layers" and number > 0:
                continue  # one round of the plain loops takes longer than all rounds of the kernels
            for kind, seconds in enumerate((measured.plain[name], measured.trained[name])):
                time.sleep(0.05)  # threads of the row before, which wait actively, go to sleep
                pipe.send(kind)
                seconds.append(pipe.recv())
    for pipe in pipes.values():
        pipe.send(None)
    return measured


def ratio(seconds: dict[str, list[float]], slow: str, fast: str) -> float:
    """Median over the rounds of how many times longer `slow` takes than `fast`."""
    return statistics.median(a / b for a, b in zip(seconds[slow], seconds[fast], strict=False))


def draw(numbers: dict[str, Any], path: Path) -> None:
    """One bar a row: milliseconds per sample, as in training; ours solid, others hollow."""
    from lessons.draw import base

    rows = {name: 1e3 * seconds / numbers["samples"] for name, seconds in numbers["seconds_with_dropout"].items()}
    names = sorted(rows, key=lambda name: rows[name], reverse=True)
    torch = min(rows[name] for name in names if name.startswith("PyTorch"))
    drawing = base.figure(f"A sample takes {rows['kernels']:.1f} ms; {torch:.1f} ms in the fastest PyTorch", 300)
    axes = drawing.subplots()
    for name in names:
        own = name.startswith("kernels") or name == "layers"
        axes.barh(name, rows[name], color=base.INK if own else base.PAPER, edgecolor=base.INK if own else base.GREY)
        base.beside(axes, (rows[name], name), (5, 0), f"{rows[name]:.1f}", size=base.SMALL, va="center")
    axes.set_xlim(right=1.1 * max(rows.values()))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"milliseconds per sample, one training step of {numbers['samples']} with dropout")
    drawing.savefig(path, dpi=200, metadata={"Software": None})


def summary(measured: Measured, samples: int, threads: int) -> dict[str, Any]:
    """The numbers of the table, for the README and the chart."""
    plain, trained = measured.plain, measured.trained
    return {
        "machine": f"{processor()}, {threads} threads",
        "samples": samples,
        "seconds": {name: statistics.median(plain[name]) for name in plain},
        "times_kernels": {name: ratio(plain, name, "kernels") for name in plain},
        "seconds_with_dropout": {name: statistics.median(trained[name]) for name in trained},
        "times_kernels_with_dropout": {name: ratio(trained, name, "kernels") for name in trained},
    }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a small batch and few rounds, to see that it runs")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=parallel.available_threads())
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--figure", type=Path, help="also draw them into this file")
    options = parser.parse_args()
    samples, rounds = (4, 1) if options.small else (options.batch_size, options.rounds)

    measured = measure(samples, options.threads, rounds)
    seconds, losses = measured.plain, measured.losses
    numbers = summary(measured, samples, options.threads)
    batch = mindlike_batch(samples, seed=0)
    flop = operations(floor_products(PLAIN, batch))

    print(f"{numbers['machine']}, {samples} samples, {rounds} rounds")
    print(
        f"{batch.titles.count} titles, {len(batch.titles.index)} words ({len(batch.words)} distinct), "
        f"{len(batch.histories.index)} clicks; products: {flop / 1e9:.1f} GFLOP"
    )
    print(f"\n{'':28} {'without dropout':>36} {f'with dropout {TRAINED.dropout}':>37}")
    print(f"{'':28}" + 2 * f" {'ms per step':>11} {'ms per sample':>13} {'× kernels':>10}" + f" {'loss':>10}")
    for name in numbers["seconds"]:
        cells = f"{name:28}"
        for kind in ("", "_with_dropout"):
            value = numbers["seconds" + kind][name]
            cells += f" {1e3 * value:11.1f} {1e3 * value / samples:13.3f} {numbers['times_kernels' + kind][name]:10.2f}"
        print(f"{cells} {losses[name]:10.6f}")
    for extra in ("PyTorch", "TensorFlow"):
        if f"{extra}, padded" not in seconds:
            print(f"{extra}'s rows need the extra `{extra.lower().removeprefix('py')}`.")
    print(f"\nkernels / floor {ratio(seconds, 'kernels', 'floor'):.2f}")
    print(f"one thread / {options.threads} threads {ratio(seconds, 'kernels, one thread', 'kernels'):.2f}")
    known = [losses[name] for name in numbers["seconds"] if name != "floor"]
    spread = max(known) - min(known)
    print(f"losses without dropout agree to {spread:.1e}")
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")
    if options.figure:
        draw(numbers, options.figure)
    if spread > 1e-4:
        sys.exit("the losses do not agree")


if __name__ == "__main__":
    main()
