"""One training on several processes, which MPI calls ranks: each takes a share of every batch.

The gradient of a sum is the sum of the gradients. So each rank computes the loss and the gradients of its samples, all add
theirs up, and all make the same step. `Ranks` is a training in one process; what it shares out it keeps. `Together` is one of
several. Nothing of MPI is imported without mpirun, which tells its processes how many they are.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, redirect_stdout
from functools import cached_property
from hashlib import blake2b
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.dataset import Dataset, Split
from nrms_np.errors import Ended, NrmsError, sentence
from nrms_np.packed import Batch, Packed, RowGradient
from nrms_np.plain import escaped
from nrms_np.signals import ENDED, INTERRUPTED, said
from nrms_np.training.row_sums import end_to_end, lengths_of_all, sum_of_rows
from nrms_np.training.stopping import Stop

Gradients = dict[str, Array | RowGradient]

COUNTS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE")
"""Where Open MPI and MPICH tell a process how many it belongs to."""

PATIENCE = 5.0
"""Seconds that a rank waits before it tells an error that all of them may have: the first rank speaks for all."""

CORES = 4096
"""No machine has more of them."""


class Ranks:
    """What a training asks of the processes that run it; here it is one process.

    first:  whether this one writes the run folder and speaks to the user.
    count:  how many there are.    beside: how many of them on this machine.
    """

    first, count, beside = True, 1, 1

    @property
    def threads(self) -> int:
        """Its share of the processor cores that it may use."""
        from nrms_np.kernels.engine.parallel import available_threads

        return available_threads()

    def bounds(self, count: int) -> tuple[int, int]:
        """Its share of so many things: the first one, and the first one that is no more of it."""
        return 0, count

    def share(self, batch: Batch) -> Batch:
        """Its samples of a batch."""
        return batch

    def total(self, loss: float, gradients: Gradients) -> tuple[float, Gradients]:
        """The sums over all ranks, the same numbers on each."""
        return loss, gradients

    def any(self, yes: bool) -> bool:
        """Whether any rank says yes; asked of all, at the same place of the training."""
        return yes

    def shared(self, compute: Callable[[int, int], Array], count: int) -> Array:
        """compute(0, count), each rank computing rows of it: compute(first, last), joined along the first axis."""
        return compute(0, count)

    def same(self, arrays: Mapping[str, Array]) -> None:
        """Put the first rank's numbers into everybody's arrays."""

    def agree(self, parts: Iterable[bytes]) -> None:
        """Raise NrmsError where a rank has something else than the first one."""

    def read(self, read: Callable[[], Dataset]) -> Dataset:
        """The data set that `read` returns, in memory that the ranks of a machine share."""
        return read()

    def read_split(self, read: Callable[[], tuple[Split, Packed]]) -> tuple[Split, Packed]:
        """The same for a split and its titles."""
        return read()

    def stop(self) -> Stop:
        """What notes the signals to stop."""
        return Stop()

    def speaking(self) -> AbstractContextManager[None]:
        """Inside, only the first rank prints, and an error of one rank ends all."""
        return nullcontext()


ALONE = Ranks()


class Together(Ranks):
    """One of several ranks that MPI started.

    world: their communicator (`mpi4py.MPI.Comm`).
    """

    def __init__(self, world: Any) -> None:
        self.world = world
        self.rank, self.count = world.Get_rank(), world.Get_size()
        self.first = self.rank == 0

    @cached_property
    def machine(self) -> Any:
        """The communicator of the ranks on this machine."""
        from mpi4py import MPI

        return self.world.Split_type(MPI.COMM_TYPE_SHARED)

    @property
    def beside(self) -> int:  # type: ignore[override]
        """Counted by MPI."""
        return int(self.machine.Get_size())

    @property
    def threads(self) -> int:
        """Where mpirun binds ranks to cores of their own, those; cores that several may use are shared."""
        mine, all_ = np.zeros(CORES, np.int32), np.zeros(CORES, np.int32)
        affinity = getattr(os, "sched_getaffinity", None)
        mine[list(affinity(0)) if affinity else range(os.cpu_count() or 1)] = 1
        self.machine.Allreduce(mine, all_)
        return max(1, int((1 / all_[mine > 0]).sum() + 1e-9))

    def bounds(self, count: int) -> tuple[int, int]:
        """Cut as evenly as can be; a share may be empty."""
        return self.rank * count // self.count, (self.rank + 1) * count // self.count

    def share(self, batch: Batch) -> Batch:
        """They know what the whole batch is."""
        return batch.part(*self.bounds(len(batch.candidates)))

    def total(self, loss: float, gradients: Gradients) -> tuple[float, Gradients]:
        """All dense arrays in one sum, the rows of the others as rows.

        Nothing is sent during the backward pass. Ready early are the user encoder's gradients, 2.2 of 4.0 MB; the word rows, which
        are more, come last. It would save 7% of a step at most up to 4 ranks, and more with more of them
        (`overlap` in `benchmarks/ranks_model.py`), and cost a core for the sending.
        """
        dense = {name: value for name, value in gradients.items() if not isinstance(value, RowGradient)}
        number = next(iter(dense.values()), np.zeros(0)).dtype
        ours = np.concatenate([*(value.reshape(-1) for value in dense.values()), np.array([loss], number)])
        sums = np.empty_like(ours)
        self.world.Allreduce(ours, sums)
        totals: Gradients = {}
        for name, value in gradients.items():
            if isinstance(value, RowGradient):
                totals[name] = sum_of_rows(self.world, value)
            else:
                totals[name], sums = sums[: value.size].reshape(value.shape), sums[value.size :]
        return float(sums[0]), totals

    def any(self, yes: bool) -> bool:
        """One byte from each."""
        from mpi4py import MPI

        said_by_all = np.zeros(1, bool)
        self.world.Allreduce(np.array([yes]), said_by_all, op=MPI.LOR)
        return bool(said_by_all[0])

    def shared(self, compute: Callable[[int, int], Array], count: int) -> Array:
        """All get all rows."""
        ours = np.ascontiguousarray(compute(*self.bounds(count)))
        return end_to_end(self.world, ours, lengths_of_all(self.world, len(ours)))

    def same(self, arrays: Mapping[str, Array]) -> None:
        """In place, one after another."""
        for name in sorted(arrays):
            self.world.Bcast(arrays[name])

    def agree(self, parts: Iterable[bytes]) -> None:
        """Compared by a fingerprint. All raise it."""
        found = blake2b(digest_size=32)
        for part in parts:
            found.update(part)
        every = np.empty((self.count, found.digest_size), np.uint8)
        self.world.Allgather(np.frombuffer(found.digest(), np.uint8), every)
        if others := np.flatnonzero((every != every[0]).any(axis=1)).tolist():
            raise NrmsError(
                f"rank {', '.join(map(str, others))} has other settings or other data than the first rank; all machines must "
                "see the same data and the same run folder, and have the same version of this package."
            )

    def read(self, read: Callable[[], Dataset]) -> Dataset:
        """One rank of each machine reads the files."""
        from nrms_np.training.shared_log import read_once

        return read_once(self.machine, read)

    def read_split(self, read: Callable[[], tuple[Split, Packed]]) -> tuple[Split, Packed]:
        """One rank of each machine reads the files."""
        from nrms_np.training.shared_log import read_split_once

        return read_split_once(self.machine, read)

    def stop(self) -> Stop:
        """All stop after the same step."""
        return _AgreedStop(self)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """The others print into nothing; an error ends all with one message."""
        with ExitStack() as stack:
            if not self.first:
                nothing = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
                stack.enter_context(redirect_stdout(nothing))
            try:
                yield
            except KeyboardInterrupt as error:  # before training, which notes signals
                code = ENDED if isinstance(error, Ended) else INTERRUPTED
                self.fail(said(code).strip(), code)
            except Exception as error:
                self.fail(escaped(sentence(error)) or traceback.format_exc())

    def fail(self, told: str, code: int = 1) -> NoReturn:
        """End all ranks after an error of this one, with one message: the first rank's, where it has the same."""
        if not self.first:
            time.sleep(PATIENCE)
            told = f"rank {self.rank}: {told}"
        sys.stderr.write(f"{told}\n")
        sys.stderr.flush()
        self.world.Abort(code)
        raise SystemExit(code)


class _AgreedStop(Stop):
    """A signal is only noted, and asked about by all ranks at once, after a step or an evaluation; the second one ends all."""

    def __init__(self, ranks: Together) -> None:
        super().__init__()
        self._ranks = ranks

    def __call__(self) -> bool:
        """Whether any rank received a signal; each then says it was SIGTERM if it received none itself."""
        stops = self._ranks.any(self.received is not None)
        if stops and self.received is None:
            self.received = signal.SIGTERM
        return stops

    @contextmanager
    def patient(self, save: Callable[[], None] = lambda: None) -> Iterator[None]:  # noqa: ARG002
        """It always is; what was noted is asked about after the evaluation."""
        yield

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.received is not None:
            self._ranks.world.Abort(ENDED if number == signal.SIGTERM else INTERRUPTED)
        self.received = number


def started_ranks() -> Ranks:
    """The ranks that this process belongs to. Raises NrmsError where mpirun started it and mpi4py is not installed."""
    if not any(os.environ.get(name, "1") not in ("", "1") for name in COUNTS):
        return ALONE
    os.environ.setdefault(
        "OMPI_MCA_osc", "sm"
    )  # memory is shared on one machine; Open MPI's other ways complain on stderr
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise NrmsError(
            "started by mpirun, but mpi4py is not there; pip install '.[mpi]' in the environment that runs this."
        ) from error
    return Together(MPI.COMM_WORLD) if MPI.COMM_WORLD.Get_size() > 1 else ALONE
