"""What `ranks.py` starts: one process, alone or as a rank under mpirun, that measures and prints one line of JSON.

python benchmarks/one_rank.py speed BATCHES THREADS PASSES     the parts of a training step, in turns of `ranks.py`
python benchmarks/one_rank.py memory FOLDER THREADS STEPS      the memory of this rank after some steps; their seconds
python benchmarks/one_rank.py local BATCHES 1 REPEATS          what each of N ranks computes, without any other rank
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from threadpoolctl import threadpool_limits

from nrms_np.config import PRESETS, Config
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.kernels.engine import parallel
from nrms_np.model import NRMS
from nrms_np.packed import Batch, Packed, RowGradient
from nrms_np.training.adam import Adam
from nrms_np.training.memory import peak_memory_mb
from nrms_np.training.ranks import Together, started_ranks
from nrms_np.training.row_sums import parts_of
from nrms_np.training.shared_log import arrays_of

CONFIG = Config(**PRESETS["recommenders"])
BATCH_SIZE, WARM_UP = 64, 3
COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""How many ranks are looked at."""
SMALL = np.float32(1e-4)
SHARES = 4
"""So many of the N shares of a batch are timed; the slowest of them is what all ranks wait for."""


def write_batches(path: Path, drawn: list[Batch], words: int) -> None:
    """Keep some batches in a file, so that the processes need not read the corpus."""
    arrays: dict[str, Any] = {"words": np.array(words)}
    for number, batch in enumerate(drawn):
        arrays |= {f"{number}/words": batch.words, f"{number}/candidates": batch.candidates}
        for name in ("titles", "histories"):
            packed = getattr(batch, name)
            arrays |= {f"{number}/{name}": packed.index, f"{number}/{name}/offsets": packed.offsets}
    np.savez(path, **arrays)


def read_batches(path: Path) -> tuple[list[Batch], int]:
    """The batches and the number of words of the vocabulary."""
    with np.load(path) as file:
        arrays = dict(file)
    packed = lambda name: Packed(arrays[name], arrays[f"{name}/offsets"])  # noqa: E731
    count = sum(name.endswith("/candidates") for name in arrays)
    drawn = [
        Batch(arrays[f"{n}/words"], packed(f"{n}/titles"), packed(f"{n}/histories"), arrays[f"{n}/candidates"])
        for n in range(count)
    ]
    return drawn, int(arrays["words"])


class Counting:
    """A communicator that counts the bytes of arrays that this rank gets from the others."""

    def __init__(self, world: Any) -> None:
        self._world, self.dense, self.rows = world, 0.0, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def Allreduce(self, ours: Any, sums: Any) -> None:  # noqa: N802
        """MPI's; by a ring."""
        count = self._world.Get_size()
        self.dense += 2 * (count - 1) / count * ours.nbytes
        self._world.Allreduce(ours, sums)

    def Allgatherv(self, ours: Any, every: Any) -> None:  # noqa: N802
        """MPI's."""
        self.rows += every[0].nbytes - ours.nbytes
        self._world.Allgatherv(ours, every)

    def Alltoallv(self, ours: Any, every: Any) -> None:  # noqa: N802
        """MPI's."""
        self.rows += every[0].nbytes - every[1][self._world.Get_rank()] * every[0].itemsize
        self._world.Alltoallv(ours, every)


def speed(file: str, threads: int, passes: int) -> None:
    """Steps over the batches, again and again: seconds of each pass, whole and by parts. The first rank prints."""
    parallel.set_threads(threads)
    drawn, words = read_batches(Path(file))
    ranks = started_ranks()
    world: Any = None
    if isinstance(ranks, Together):
        world = ranks.world = Counting(ranks.world)
    model = NRMS.create(CONFIG, [str(i) for i in range(words)])
    adam = Adam(model.parameters, CONFIG.learning_rate)

    def one_pass() -> dict[str, float]:
        parts = dict.fromkeys(("share", "compute", "wait", "send", "adam"), 0.0)
        began = time.perf_counter()
        for batch in drawn:
            times = [time.perf_counter()]
            share = ranks.share(batch)
            times.append(time.perf_counter())
            loss, gradients = model.loss_and_row_gradients(share, adam.steps)
            times.append(time.perf_counter())
            if world is not None:
                world.Barrier()
            times.append(time.perf_counter())
            loss, gradients = ranks.total(loss, gradients)
            times.append(time.perf_counter())
            adam.step(model.parameters, gradients)
            times.append(time.perf_counter())
            for name, seconds in zip(parts, np.diff(times), strict=True):
                parts[name] += float(seconds)
        return {"seconds": time.perf_counter() - began, **parts}

    one_pass()  # compiles and warms up
    if world is not None:
        world.dense = world.rows = 0
    found: dict[str, Any] = {"passes": [one_pass() for _ in range(passes)]}
    if world is not None:
        steps = passes * len(drawn)
        found |= {"dense_bytes": world.dense / steps, "row_bytes": world.rows / steps}
    if ranks.first:
        say(found)


def memory(folder: str, threads: int, steps: int) -> None:
    """Read the corpus as a training does, train for some steps; every rank prints its megabytes, and how long an epoch would be.

    A page of shared memory counts for a rank once it has looked at it.
    """
    parallel.set_threads(threads)
    ranks = started_ranks()
    data = ranks.read(
        partial(
            read_dataset, Path(folder), title_length=CONFIG.title_length, history_length=CONFIG.history_length,
            minimum_count=1,
        )
    )  # fmt: skip
    samples = Samples.from_behaviors(data.train.behaviors)
    model = NRMS.create(CONFIG, data.vocabulary.words)
    adam = Adam(model.parameters, CONFIG.learning_rate)
    epoch = batches(
        data.train, data.train_titles, samples, batch_size=BATCH_SIZE, negatives=CONFIG.negatives,
        words=len(data.vocabulary), seed=0, epoch=1,
    )  # fmt: skip

    def step(batch: Batch) -> None:
        adam.step(model.parameters, ranks.total(*model.loss_and_row_gradients(ranks.share(batch), adam.steps))[1])

    began = time.perf_counter()
    first = next(epoch)  # the draws of the whole epoch
    drawing = time.perf_counter() - began
    for batch in chain([first], islice(epoch, WARM_UP - 1)):
        step(batch)
    began = time.perf_counter()
    for batch in islice(epoch, steps):
        step(batch)
    seconds = (time.perf_counter() - began) / steps
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    kilobytes = {line[0]: int(line[1]) for line in lines if line[0].startswith("Rss")}
    say(
        {
            "rank": ranks.rank if isinstance(ranks, Together) else 0,
            "own_mb": kilobytes["RssAnon:"] / 1024,
            "shared_mb": kilobytes["RssShmem:"] / 1024,
            "log_mb": sum(array.nbytes for array in arrays_of(data).values()) / 2**20,
            "peak_mb": peak_memory_mb(),
            "epoch_draws_mb": 2 * 8 * len(samples) * CONFIG.negatives / 2**20,
            "impressions": data.train.behaviors.candidates.count,
            "samples": len(samples),
            "steps": steps,
            "step_seconds": seconds,
            "epoch_hours": (drawing + seconds * len(samples) / BATCH_SIZE) / 3600,
        }
    )


class Pretended:
    """A communicator of ranks whose gradients all are here: what one of them does with them takes as long as ever."""

    def __init__(self, every: list[RowGradient], rank: int) -> None:
        self._every, self._rank = every, rank

    def Get_rank(self) -> int:  # noqa: N802
        """Which one it is."""
        return self._rank

    def Get_size(self) -> int:  # noqa: N802
        """How many."""
        return len(self._every)

    def Allreduce(self, ours: Any, sums: Any) -> None:  # noqa: N802
        """The others' gradients are zeros."""
        sums[...] = ours

    def Allgather(self, ours: Any, every: Any) -> None:  # noqa: N802
        """Their lengths."""
        del ours
        every[...] = [len(gradient.rows) for gradient in self._every]

    def Allgatherv(self, ours: Any, every: Any) -> None:  # noqa: N802
        """Their rows, or what stands for the sums of these."""
        if ours.ndim == 1:
            np.concatenate([gradient.rows for gradient in self._every], out=every[0])
        else:
            every[0].fill(SMALL)

    def Alltoallv(self, ours: Any, every: Any) -> None:  # noqa: N802
        """What stands for the values of their rows."""
        del ours
        every[0].fill(SMALL)


def arriving(shares: list[Batch]) -> list[int]:
    """How many rows come in from the others for the part of the table that each rank adds up."""
    used, cuts = parts_of(np.concatenate([share.words for share in shares]), len(shares))
    limits = np.append(used, used[-1] + 1)[cuts]
    counts = np.array([np.diff(np.searchsorted(share.words, limits)) for share in shares])
    return (counts.sum(axis=0) - np.diag(counts)).tolist()


def seconds_of(action: Callable[[], Any]) -> float:
    """Seconds that the processor worked: on one thread the same as a clock on a quiet machine."""
    began = time.process_time()
    action()
    return time.process_time() - began


def local(file: str, threads: int, repeats: int) -> None:
    """For each number of ranks: seconds of a rank's part of a step, each by itself, and the rows it has to send.

    The numbers of ranks take turns, so that a machine whose speed drifts does not favour one; of each action the fastest counts.
    """
    parallel.set_threads(threads)
    threadpool_limits(threads, user_api="blas")
    (batch, *_), words = read_batches(Path(file))
    model = NRMS.create(CONFIG, [str(i) for i in range(words)])
    adam = Adam(model.parameters, CONFIG.learning_rate)
    samples, width = len(batch.candidates), CONFIG.word_dim
    loss, gradients = model.loss_and_row_gradients(batch, 0)
    found: dict[int, dict[str, float]] = {}
    actions: dict[int, dict[str, list[Callable[[], Any]]]] = {}
    for count in (count for count in COUNTS if count <= samples):
        bounds = [(rank * samples // count, (rank + 1) * samples // count) for rank in range(count)]
        shares = [batch.part(*each) for each in bounds] if count > 1 else [batch]
        some = shares[:: max(1, count // SHARES)][:SHARES]
        every = [RowGradient(share.words, np.full((len(share.words), width), SMALL, np.float32)) for share in shares]
        come = arriving(shares)
        most = come.index(max(come))
        total: Callable[[], Any] = partial(lambda *sums: sums, loss, gradients)
        if count > 1:
            total = partial(Together(Pretended(every, most)).total, loss, {**gradients, "word_embedding": every[most]})
        actions[count] = {
            "compute": [partial(model.loss_and_row_gradients, share, 0) for share in some],
            "share": [partial(batch.part, *bounds[0])] if count > 1 else [],
            "merge": [total],
            "adam": [partial(adam.step, model.parameters, total()[1])],
        }
        found[count] = {
            "rows": float(np.mean([len(share.words) for share in shares])),
            "most_rows": max(len(share.words) for share in shares),
            "arriving": max(come),
            "news": float(np.mean([share.titles.count for share in shares])),
        }
    turns = [
        {
            count: {name: [seconds_of(action) for action in of] for name, of in parts.items()}
            for count, parts in actions.items()
        }
        for _ in range(repeats)
    ]
    for count, parts in actions.items():
        for name in parts:  # of several shares the slowest, which all others wait for
            fastest = np.min([turn[count][name] for turn in turns], axis=0)
            found[count][name] = float(fastest.max(initial=0.0))
    say(found)


def say(found: dict[Any, Any]) -> None:
    """One line, whole, whoever else prints."""
    print(json.dumps(found) + "\n", end="", flush=True)


if __name__ == "__main__":
    {"speed": speed, "memory": memory, "local": local}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
