"""One training on several processes, which MPI calls ranks: each takes a share of every batch.

The gradient of a sum is the sum of the gradients. So each rank computes the loss and the gradients of its samples, all add
theirs up, and all make the same step. `Alone` is a training in one process; what it shares out it keeps. Nothing of MPI is
imported without mpirun, which tells its processes how many they are.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, redirect_stdout
from types import FrameType
from typing import Any, NoReturn, Protocol

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.dataset import Dataset
from nrms_np.errors import NrmsError
from nrms_np.packed import Batch, RowGradient
from nrms_np.plain import escaped
from nrms_np.signals import ENDED
from nrms_np.training.stopping import Stop

Gradients = dict[str, Array | RowGradient]

COUNTS = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS", "PMIX_SIZE")
"""Where Open MPI and MPICH tell a process how many it belongs to."""

PATIENCE = 5.0
"""Seconds that a rank waits before it tells an error that all of them may have: the first rank speaks for all."""


class Ranks(Protocol):
    """What a training asks of the processes that run it.

    first: whether this one writes the run folder and speaks to the user.
    """

    first: bool

    @property
    def threads(self) -> int:
        """Its share of the machine's processor cores."""

    def share(self, batch: Batch) -> Batch:
        """Its samples of a batch."""

    def total(self, loss: float, gradients: Gradients) -> tuple[float, Gradients]:
        """The sums over all ranks, the same numbers on each."""

    def any(self, yes: bool) -> bool:
        """Whether any rank says yes."""

    def shared(self, compute: Callable[[int, int], Array], count: int) -> Array:
        """compute(0, count), each rank computing rows of it: compute(first, last), joined along the first axis."""

    def same(self, arrays: Mapping[str, Array]) -> None:
        """Put the first rank's numbers into everybody's arrays."""

    def read(self, read: Callable[[], Dataset]) -> Dataset:
        """The data set that `read` returns, in memory that the ranks of a machine share."""

    def stop(self) -> Stop:
        """What notes the signals to stop."""

    def speaking(self) -> AbstractContextManager[None]:
        """Inside, only the first rank prints, and an error of one rank ends all."""


class Alone:
    """A training in one process."""

    first = True

    @property
    def threads(self) -> int:
        """All cores there are."""
        from nrms_np.kernels.engine.parallel import available_threads

        return available_threads()

    def share(self, batch: Batch) -> Batch:
        """All of it."""
        return batch

    def total(self, loss: float, gradients: Gradients) -> tuple[float, Gradients]:
        """What was given."""
        return loss, gradients

    def any(self, yes: bool) -> bool:
        """What was said."""
        return yes

    def shared(self, compute: Callable[[int, int], Array], count: int) -> Array:
        """All rows."""
        return compute(0, count)

    def same(self, arrays: Mapping[str, Array]) -> None:
        """They are."""

    def read(self, read: Callable[[], Dataset]) -> Dataset:
        """Read."""
        return read()

    def stop(self) -> Stop:
        """Its own."""
        return Stop()

    def speaking(self) -> AbstractContextManager[None]:
        """It always speaks."""
        return nullcontext()


ALONE = Alone()


class Together:
    """One of several ranks that MPI started.

    world: their communicator (`mpi4py.MPI.Comm`).
    """

    def __init__(self, world: Any) -> None:
        self.world = world
        self.rank, self.count = world.Get_rank(), world.Get_size()
        self.first = self.rank == 0

    @property
    def threads(self) -> int:
        """The cores that this process may use, or its share of those of the machine."""
        from mpi4py import MPI

        here = self.world.Split_type(MPI.COMM_TYPE_SHARED)
        ranks, cores = here.Get_size(), os.cpu_count() or 1
        here.Free()
        return max(1, cores // ranks)

    def share(self, batch: Batch) -> Batch:
        """The samples are cut as evenly as can be; a share may be empty."""
        return batch.part(*self._bounds(len(batch.candidates)))

    def total(self, loss: float, gradients: Gradients) -> tuple[float, Gradients]:
        """All dense arrays in one sum, the rows of the others sent as rows and added in the order of the ranks."""
        dense = {name: value for name, value in gradients.items() if not isinstance(value, RowGradient)}
        number = next(iter(dense.values())).dtype
        ours = np.concatenate([*(value.reshape(-1) for value in dense.values()), np.array([loss], number)])
        sums = np.empty_like(ours)
        self.world.Allreduce(ours, sums)
        totals: Gradients = {}
        for name, value in gradients.items():
            if isinstance(value, RowGradient):
                totals[name] = self._rows(value)
            else:
                totals[name], sums = sums[: value.size].reshape(value.shape), sums[value.size :]
        return float(sums[0]), totals

    def _rows(self, ours: RowGradient) -> RowGradient:
        lengths = self._lengths(len(ours.rows))
        rows = self._gathered(np.ascontiguousarray(ours.rows, np.int32), lengths)
        values = self._gathered(ours.values, lengths)
        used, place = np.unique(rows, return_inverse=True)
        sums = np.zeros((len(used), values.shape[1]), values.dtype)
        start = 0
        for length in lengths:  # in one rank's rows each stands once
            sums[place[start : start + length]] += values[start : start + length]
            start += length
        return RowGradient(used, sums)

    def any(self, yes: bool) -> bool:
        """Asked of all, at the same place of the training."""
        answers = np.array([yes]), np.zeros(1, bool)
        from mpi4py import MPI

        self.world.Allreduce(*answers, op=MPI.LOR)
        return bool(answers[1][0])

    def shared(self, compute: Callable[[int, int], Array], count: int) -> Array:
        """Cut as evenly as can be."""
        ours = np.ascontiguousarray(compute(*self._bounds(count)))
        return self._gathered(ours, self._lengths(len(ours)))

    def same(self, arrays: Mapping[str, Array]) -> None:
        """In place, one after another."""
        for name in sorted(arrays):
            self.world.Bcast(arrays[name])

    def _lengths(self, ours: int) -> list[int]:
        every = np.empty(self.count, np.int64)
        self.world.Allgather(np.array([ours], np.int64), every)
        return every.tolist()

    def _gathered(self, ours: np.ndarray[Any, Any], lengths: list[int]) -> np.ndarray[Any, Any]:
        """The arrays of all ranks end to end, in the order of the ranks."""
        every: np.ndarray[Any, Any] = np.empty((sum(lengths), *ours.shape[1:]), ours.dtype)
        width = int(np.prod(ours.shape[1:]))
        self.world.Allgatherv(np.ascontiguousarray(ours), (every, [length * width for length in lengths]))
        return every

    def _bounds(self, count: int) -> tuple[int, int]:
        return self.rank * count // self.count, (self.rank + 1) * count // self.count

    def read(self, read: Callable[[], Dataset]) -> Dataset:
        """One rank of each machine reads the files."""
        from nrms_np.training.shared_log import read_once

        return read_once(self.world, read)

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
            except NrmsError as error:
                self.fail(escaped(f"error: {error}"))
            except Exception:
                self.fail(traceback.format_exc())

    def fail(self, sentence: str) -> NoReturn:
        """End all ranks after an error of this one, with one message: the first rank's, where it has the same."""
        if not self.first:
            time.sleep(PATIENCE)
            sentence = f"rank {self.rank}: {sentence}"
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
        self.world.Abort(1)
        raise SystemExit(1)


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
    def patient(self) -> Iterator[None]:
        """It always is."""
        yield

    def _note(self, number: int, _: FrameType | None) -> None:
        if self.received is not None:
            self._ranks.world.Abort(ENDED)
        self.received = number


def started_ranks() -> Alone | Together:
    """The ranks that this process belongs to. Raises NrmsError where mpirun started it and mpi4py is not installed."""
    if not any(os.environ.get(name, "1") not in ("", "1") for name in COUNTS):
        return Alone()
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise NrmsError(
            "started by mpirun, but mpi4py is not there; pip install '.[mpi]' in the environment that runs this."
        ) from error
    return Together(MPI.COMM_WORLD) if MPI.COMM_WORLD.Get_size() > 1 else Alone()
