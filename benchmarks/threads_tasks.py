"""The tasks of a training step, timed one by one on one thread; how, says `threads.py`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from nrms_np.kernels.engine import parallel
from step import Step

CLEAR, PAGES = Path("/proc/self/clear_refs"), Path("/proc/self/smaps_rollup")
LINE, PAGE = 64, 4096  # bytes

Task = Callable[[int, int], object]


class Wait(NamedTuple):
    """Tasks that the pool waits for together.

    name: the function that handed them out.    tasks: seconds of each, in the order in which the pool takes them.
    python: seconds in all of them that the interpreter's lock is held.    moved: bytes.
    """

    name: str
    tasks: list[float]
    python: float
    moved: float


class Laid(NamedTuple):
    """A step: its waits, and the seconds between them."""

    waits: list[Wait]
    between: float

    @property
    def one_thread(self) -> float:
        """Seconds on one thread."""
        return self.between + sum(sum(wait.tasks) for wait in self.waits)


class Recorder:
    """Stands in for `parallel.run` and times every task; with `idle` the same tasks over nothing, with `pages` what they touch."""

    def __init__(self) -> None:
        self.original = parallel.run
        self.modules = [
            module for module in list(sys.modules.values()) if getattr(module, "run", None) is self.original
        ]
        self.kind = "tasks"
        self.names: list[str] = []
        self.found: list[Any] = []

    def step(self, step: Step, kind: str) -> tuple[list[Any], float]:
        """Do a step. Returns what was found for each wait, and the step's seconds of this thread."""
        self.kind, self.found, self.names = kind, [], []
        for module in self.modules:
            module.run = self.run  # type: ignore[attr-defined]
        try:
            start = time.thread_time()
            step()
            return self.found, time.thread_time() - start
        finally:
            for module in self.modules:
                module.run = self.original  # type: ignore[attr-defined]

    def run(self, task: Task, bounds: list[int]) -> None:
        """Do the tasks as `parallel.run` does, and note about them what is asked for."""
        self.names.append(name_of(sys._getframe(1)))
        if self.kind == "pages":
            self.found.append(moved(partial(self.original, task, bounds)))
            return
        times: list[float] = []
        last_end = 0.0

        def timed(first: int, last: int) -> None:
            nonlocal last_end
            if self.kind == "idle":
                start = time.thread_time()
                task(first, first)
                times.append(time.thread_time() - start)
                task(first, last)
                return
            start = (
                last_end if times else time.thread_time()
            )  # what the pool does between two tasks belongs to the second
            task(first, last)
            last_end = time.thread_time()
            times.append(last_end - start)

        self.original(timed, bounds)
        self.found.append(times)


def name_of(frame: FrameType) -> str:
    """The function of the engine that made the tasks, and the one that called it."""
    names = []
    while frame.f_back is not None and (not names or "/engine/" in names[-1].co_filename):
        names.append(frame.f_code)
        frame = frame.f_back
    engine = [code.co_name for code in names if "/engine/" in code.co_filename][-1:] or ["loops"]
    return f"{engine[0]} of {names[-1].co_name}"


def moved(wait: Callable[[], object]) -> float:
    """Bytes that a wait reads from memory and writes to it; 0 where Linux does not say."""
    if not CLEAR.exists():
        wait()
        return 0.0
    found: dict[int, np.ndarray] = {}
    collect(wait, found)
    views = [array.reshape(-1).view(np.uint8)[: array.nbytes // 8 * 8].view(np.uint64) for array in found.values()]
    before = [view.copy() for view in views]
    CLEAR.write_text("1")
    wait()
    pages = touched()
    changed = 0.0
    for view, old in zip(views, before, strict=True):
        places = np.flatnonzero(view != old) * 8
        changed += 2 * LINE * len(np.unique(places // LINE))
        pages -= PAGE * len(np.unique(places // PAGE))
    return changed + max(pages, 0)


def collect(thing: Any, found: dict[int, np.ndarray]) -> None:
    """The memory of all arrays that a task holds, by the array that owns it."""
    if isinstance(thing, np.ndarray):
        while isinstance(thing.base, np.ndarray):
            thing = thing.base
        if thing.flags.c_contiguous:
            found[id(thing)] = thing
    elif isinstance(thing, partial):
        collect([thing.func, *thing.args, *thing.keywords.values()], found)
    elif isinstance(thing, FunctionType):
        collect([cell.cell_contents for cell in thing.__closure__ or ()], found)
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            collect(part, found)


def touched() -> int:
    """Bytes of this process's pages that were touched since CLEAR was written to."""
    line = next(line for line in PAGES.read_text().splitlines() if line.startswith("Referenced"))
    return 1024 * int(line.split()[1])


def record(step: Step, steps: int) -> Laid:
    """Do so many steps on one thread; medians of all their tasks."""
    parallel.set_threads(1)
    recorder = Recorder()
    for _ in range(2):
        step()
    seconds, idle, between = [], [], []
    for _ in range(steps):
        found, total = recorder.step(step, "tasks")
        between.append(total - sum(map(sum, found)))
        seconds.append(found)
        idle.append(recorder.step(step, "idle")[0])
    moves = recorder.step(step, "pages")[0]
    waits = []
    for number, name in enumerate(recorder.names):
        tasks = np.median([found[number] for found in seconds], axis=0).tolist()
        python = float(np.median([found[number] for found in idle], axis=0).sum())
        waits.append(Wait(name, tasks, python, moves[number]))
    return Laid(waits, statistics.median(between))
