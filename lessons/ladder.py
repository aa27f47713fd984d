"""Lesson 13's ladder for others: the reader's pieces, and the backends that the lesson's page makes of them.

The page is the one place where the rungs stand. Here its functions are defined without running its measurements.
"""

from __future__ import annotations

import ast
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from lessons.checks.run import FileError, check_exercise, load
from lessons.exercise_files import EXERCISES, LESSONS, SOLUTIONS, Exercise
from nrms_np import kernels
from nrms_np.backend import Backend
from nrms_np.errors import NrmsError
from nrms_np.gradcheck import relative_error
from nrms_np.kernels import additive_attention, self_attention
from nrms_np.kernels.engine import pair_softmax, workspace
from nrms_np.kernels.engine.compile import compiled_freely, numba
from nrms_np.kernels.engine.lane_order import lane_order
from nrms_np.kernels.engine.parallel import available_threads, set_threads
from nrms_np.training.report import processor

Function = Callable[..., Any]

LESSON = Exercise("13_the_ladder")

THREADED = "two threads"
"""The last rung. Its time says more of what else runs than of itself, where there are just two processors."""

PIECES = {
    "layers": (),
    "each word projected once": ("attend_rows_backward",),
    "packed forward": ("weighted_sum",),
    "packed backward": ("scores_backward",),
    "packed softmax and pooling": ("pair_softmax_backward", "pool_backward"),
    "adding into rows": ("add_into_rows",),
    "lanes": ("to_lane_order", "to_head_order"),
    "workspace": ("hidden_rows",),
    "the package's kernels": (),
    THREADED: ("sequence_bounds",),
}
"""The rungs in order, and which of the exercises comes in with each."""

LOOPS = ("weighted_sum", "scores_backward", "pair_softmax_backward", "pool_backward", "add_into_rows")
"""The exercises that Numba compiles."""


PAGE = ModuleType("lessons.page_13")
"""What the lesson's page defines, once somebody asks for it."""


class NotCompiledError(NrmsError):
    """A function of the reader's that is right, but holds something that Numba cannot compile."""


def pieces(folder: Path = EXERCISES) -> tuple[dict[str, Function], set[str]]:
    """The functions of the exercises: the reader's where they pass their checks, else the solutions'.

    Returns them by name, and the names of those that are the reader's.
    """
    found = vars(_known(load(LESSON, SOLUTIONS / LESSON.file)[0]))
    functions = {name: found[name] for names in PIECES.values() for name in names}
    try:
        done = {result.function for result in check_exercise(LESSON, folder) if result.state == "done"}
        own = vars(_known(load(LESSON, folder / LESSON.file)[0]))
    except FileError:
        return functions, set()
    return functions | {name: own[name] for name in done}, done


def rungs(pieces: dict[str, Function]) -> dict[str, Backend]:
    """The backend of each rung by its label, with these pieces; each has one thing more than the one before.

    Raises NotCompiledError when a piece runs that Numba cannot compile.
    """
    made: dict[str, Backend] = _page()["rungs"](pieces, fast)
    return made


def stacked(rungs: dict[str, dict[str, Function]]) -> dict[str, Backend]:
    """A backend a rung: each rung's functions by name, and for all others those of the rung before."""
    functions: dict[str, Function] = {}
    backends: dict[str, Any] = {}
    for label, new in rungs.items():
        functions = functions | new
        backends[label] = SimpleNamespace(**functions)
    return backends


def of_the_package(pieces: dict[str, Function]) -> dict[str, dict[str, Function]]:
    """The functions of the upper rungs: the package's, with pieces in the place of some of its own."""

    def lanes(name: str) -> Function:
        return lambda W, heads: pieces[name](W, heads, lane_order(heads, W.shape[1] // heads).lanes)

    attention = {
        name: getattr(kernels, name) for name in ("projected_attention_forward", "projected_attention_backward")
    }
    all_functions = {name: getattr(kernels, name) for name in Backend.__annotations__}
    to_lane_order, to_head_order = lanes("to_lane_order"), lanes("to_head_order")
    order = (
        self_attention,
        {
            "to_lane_order": to_lane_order,
            "to_head_order": to_head_order,
            "side_by_side": lambda matrices, heads: np.concatenate([to_lane_order(W, heads) for W in matrices], axis=1),
            "apart": lambda W, count, heads: [to_head_order(part, heads) for part in np.split(W, count, axis=1)],
        },
    )
    fresh = workspace, {"SMALL": 1 << 62}  # it leaves small arrays to NumPy, and now all are small
    bounds = {"sequence_bounds": pieces["sequence_bounds"]}
    return {
        "lanes": _with(attention, order, fresh),
        "workspace": _with(attention, order),
        "the package's kernels": all_functions,
        THREADED: _with(all_functions, (pair_softmax, bounds), (additive_attention, bounds)),
    }


def _with(functions: dict[str, Function], *places: tuple[ModuleType, dict[str, Any]]) -> dict[str, Function]:
    """The functions, which find these in the place of the modules' own while they run."""
    for module, replacements in places:
        functions = {name: mock.patch.multiple(module, **replacements)(run) for name, run in functions.items()}
    return functions


def hidden_in_workspace(pieces: dict[str, Function]) -> Function:
    """The hidden rows of the pooling, tanh(h W + b), in memory of the workspace."""
    return lambda h, W, b: pieces["hidden_rows"](h, W, b, workspace.workspace.empty((len(h), len(b)), h.dtype))


def fast(loop: Function) -> Function:
    """The loop compiled, or as it is without Numba."""
    if numba is None:
        return loop
    compiled = compiled_freely(loop)

    def run(*arguments: Any) -> Any:
        try:
            return compiled(*arguments)
        except numba.core.errors.NumbaError as error:
            said = " ".join(str(error).split())[:200]
            raise NotCompiledError(
                f"Numba cannot compile {loop.__name__}: use loops, places in arrays, np.empty and np.zeros only. It says: {said}"
            ) from None

    return run


def threads_of(label: str) -> int:
    """How many threads a rung is timed with."""
    return 2 if label == THREADED else 1


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Use so many threads for a while, of NumPy's products too."""
    try:
        set_threads(number)
        yield
    finally:
        set_threads(available_threads())


def seconds_of(function: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that one call takes, of the processor's time or of another clock's."""
    start = clock()
    function()
    return clock() - start


def time_rungs(
    rungs: dict[str, Backend], step: Callable[[Backend], dict[str, Any]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of a step in each round, the rungs taking turns; all on one thread but the last, which the wall's clock times.

    step: returns gradients by name. Before the first round each rung makes one step, which compiles, and its gradients are compared
    with the first rung's. Those of the pooling are left out: as long as news are alike they nearly cancel, and rounding is left.
    """
    seconds: dict[str, list[float]] = {label: [] for label in rungs}
    right: dict[str, Any] = {}
    for turn in range(-1, rounds):
        for label, backend in rungs.items():
            with threads(threads_of(label)):
                if turn >= 0:
                    clock = time.process_time if threads_of(label) == 1 else time.perf_counter
                    seconds[label].append(seconds_of(lambda backend=backend: step(backend), clock))  # type: ignore[misc]
                    continue
                gradients = step(backend)
                right = right or gradients
                for name in gradients:
                    same = "pool" in name or relative_error(gradients[name], right[name]) < 1e-5
                    assert same, f"{label}: the gradient of {name} is not that of the layers"
    return seconds


def time_ways(ways: dict[str, dict[str, Callable[[], object]]]) -> dict[str, dict[str, float]]:
    """Seconds of the fastest of five calls on one thread, after one that is not counted."""
    with threads(1):
        return {
            what: {way: min([seconds_of(run) for _ in range(6)][1:]) for way, run in of.items()}
            for what, of in ways.items()
        }


def machine() -> dict[str, Any]:
    """On what is measured, when, with which versions, and how many other programs keep a processor busy meanwhile."""
    return {
        "machine": processor(),
        "date": date.today().isoformat(),
        "versions": f"NumPy {np.__version__}, Numba {numba.__version__}",
        "others_running": max(0.0, round(os.getloadavg()[0] - 1, 1)),
    }


def _page() -> dict[str, Any]:
    """What the lesson's page defines: what it imports from elsewhere than the course, functions and classes."""
    path = LESSONS / LESSON.file
    tree = ast.parse(path.read_text(encoding="utf-8"))
    PAGE.__dict__["ladder"] = sys.modules[__name__]
    kept = [
        node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or _is_taken_from_outside(node)
    ]
    exec(compile(ast.Module(kept, []), str(path), "exec"), PAGE.__dict__)
    return vars(PAGE)


def _known(module: ModuleType) -> ModuleType:
    """Tell Python of a module that was not imported: Numba looks for it when it takes a compiled loop from the disk."""
    sys.modules[module.__name__] = module
    return module


def _is_taken_from_outside(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not str(node.module).startswith("lessons")
    return isinstance(node, ast.Import) and node.names[0].name != "course"


_known(PAGE)  # the lesson itself takes loops from the disk too, which may have been compiled for this module
