"""Run the checks of one lesson on the reader's file, so that whatever the reader's code does ends in a sentence."""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

from lessons.checks import limit
from lessons.checks.compare import AnswerError, Wrong
from lessons.checks.forbidden import ForbiddenError, refused, written
from lessons.checks.products import misfit
from lessons.exercise_files import Exercise, shown

Function = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """check: calls the reader's function and raises AnswerError.    hint: what to say after the second failure.

    forbidden: ways that the exercise asks to do without, such as "np.add.at".    writes: arguments that it is asked to write into.
    more: the next hint, after the fourth failure.
    """

    check: Callable[[Function], None]
    hint: str
    forbidden: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    more: str = ""


@dataclass(frozen=True)
class Result:
    """The answer for one function. problem: what to say where it is not done.

    state: done, wrong, blank, or waits, where it calls another one that is still blank: then nothing is known about it.
    printed: what the reader's code printed meanwhile.    more: the next hint.    array: the one that is wrong, if one is.
    """

    function: str
    state: str
    problem: str = ""
    hint: str = ""
    printed: str = ""
    more: str = ""
    array: Wrong | None = None


class FileError(Exception):
    """The reader's file cannot be run at all: one sentence with file and line."""


def check_exercise(exercise: Exercise, folder: Path, functions: Collection[str] = ()) -> list[Result]:
    """Check functions of one lesson in the file of this folder, all where none are named. Raises FileError."""
    return list(check_each(exercise, folder, functions))


def check_each(exercise: Exercise, folder: Path, functions: Collection[str] = ()) -> Iterator[Result]:
    """The same, each result as soon as it is known."""
    path = folder / exercise.file
    module, tree = load(exercise, path)
    tasks: dict[str, Task] = import_module(f"lessons.checks.lesson_{exercise.number}").TASKS
    for name, task in tasks.items():
        if not functions or name in functions:
            with redirect_stdout(StringIO()) as printed:
                result = _check_function(exercise, name, getattr(module, name, None), task, path, tree)
            yield replace(result, printed=printed.getvalue(), more=task.more)


def load(exercise: Exercise, path: Path) -> tuple[ModuleType, ast.Module]:
    """Run the file of an exercise. Returns the module and its syntax tree. Raises FileError."""
    module = ModuleType(f"exercise_{exercise.name}")
    module.__file__ = str(path)
    try:
        # Not imported in the usual way: Python would keep the compiled file, and could miss a quick change.
        text = path.read_bytes()
        with limit.limited(str(path)):
            exec(compile(text, str(path), "exec"), module.__dict__)
        return module, ast.parse(text)
    except FileNotFoundError:
        remedy = f"`python -m lessons.blanks {exercise.number}` makes it again"
        raise FileError(f"There is no file {shown(path)}; {remedy}.") from None
    except SyntaxError as error:
        raise FileError(f"{shown(path)}, line {error.lineno or 1}: {type(error).__name__}: {error.msg}.") from None
    except limit.OverTimeError as error:
        raise FileError(_unfinished(shown(path), error, path)) from None
    except (Exception, SystemExit) as error:
        raise FileError(_sentence(error, path)) from None


def blank_lines(tree: ast.Module, function: str) -> list[int]:
    """The lines of a function in which `...` stands where code should."""
    body = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function), None)
    nodes = ast.walk(body) if body else ()
    values = [
        node.value
        for node in nodes
        if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return))
    ]
    return sorted(value.lineno for value in values if isinstance(value, ast.Constant) and value.value is ...)


def _check_function(
    exercise: Exercise, name: str, function: object, task: Task, path: Path, tree: ast.Module
) -> Result:
    if not inspect.isfunction(function):
        return Result(name, "wrong", f"There is no function {name} in {shown(path)}.", task.hint)
    arguments = exercise.arguments(name)
    found = list(inspect.signature(function).parameters)
    if found != arguments:
        problem = f"Its arguments should be ({', '.join(arguments)}), but are ({', '.join(found)})."
        return Result(name, "wrong", problem, task.hint)
    if blanks := blank_lines(tree, name):
        return Result(name, "blank", f"Still blank: write it in line {' and line '.join(map(str, blanks))}.")
    call = _Call(function, arguments, task)
    try:
        if task.forbidden and (way := written(tree, name, task.forbidden)):
            raise ForbiddenError(way)
        with (
            limit.limited(str(path)),
            np.errstate(all="ignore"),
        ):  # a NaN is reported as such; NumPy's warnings would only repeat it
            task.check(call)
    except AnswerError as wrong:
        return Result(name, "wrong", f"{wrong}{call.described()}", task.hint, array=wrong.array)
    except ForbiddenError as way:
        return Result(name, "wrong", f"It takes the way that this exercise asks you to do without: {way}.", task.hint)
    except limit.OverTimeError as error:
        return Result(name, "wrong", _unfinished(name, error, path) + call.described(), task.hint)
    except (Exception, SystemExit) as error:
        line, where = _last_place(error.__traceback__, path)
        blank = isinstance(error, NotImplementedError)
        if blank and where == name:
            return Result(name, "blank", f"Still blank: write it in line {line}.")
        if where != name and (blank or blank_lines(tree, where)):
            return Result(name, "waits", f"It calls {where}, which is still blank (line {line}).")
        return Result(name, "wrong", _sentence(error, path) + call.described(), task.hint)
    return Result(name, "done")


class _Call:
    """The reader's function, watched: remembers what it was called with, refuses changes to its arguments and forbidden ways."""

    def __init__(self, function: Function, names: list[str], task: Task) -> None:
        self._function = function
        self._names = names
        self._task = task
        self._arguments: tuple[Any, ...] = ()

    def __call__(self, *arguments: Any) -> Any:
        self._arguments = copy.deepcopy(arguments)
        with refused(self._task.forbidden):
            result = self._function(*arguments)
        for name, before, after in zip(self._names, self._arguments, arguments, strict=True):
            if name not in self._task.writes and not _same(before, after):
                raise AnswerError(f"It changed its argument {name}, which still belongs to the caller: work on a copy.")
        return result

    def described(self) -> str:
        """The arguments of the last call: small ones whole, large ones by their shapes."""
        parts = [_described(name, value) for name, value in zip(self._names, self._arguments, strict=False)]
        some = [part for part in parts if part]
        return f"\nCalled with {', '.join(some)}." if some else ""


def _described(name: str, value: object) -> str:
    if isinstance(value, np.ndarray):
        if value.ndim == 1 and 0 < value.size <= 8:
            numbers = [f"{x:.4g}" if value.dtype.kind == "f" else str(x) for x in value]
            return f"{name} [{' '.join(numbers)}]"
        return f"{name} {value.shape}{'' if value.size else ', an empty one'}"
    if isinstance(value, (bool, int, float)):
        return f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
    if isinstance(value, list) and value and all(isinstance(one, np.ndarray) and one.ndim == 1 for one in value):
        value = [one.tolist() for one in value] if value[0].dtype.kind in "iu" else value
    text = repr(value) if isinstance(value, list) else ""
    return f"{name} {text}" if 0 < len(text) <= 60 else ""


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return bool(np.array_equal(before, after, equal_nan=before.dtype.kind == "f"))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[name], after[name]) for name in before)
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(_same(x, y) for x, y in zip(before, after, strict=True))
    return True  # numbers and texts cannot be changed, a random generator has to


def _last_place(trace: TracebackType | None, path: Path) -> tuple[int, str]:
    """The line and function of the reader's file that ran last; line 0 where none did."""
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename == str(path)]
    return (frames[-1].lineno or 0, frames[-1].name) if frames else (0, "")


def _unfinished(what: str, error: BaseException, path: Path) -> str:
    line, _ = _last_place(error.__traceback__, path)
    place = f" It was stopped in line {line}: does a loop there come to its end?" if line else ""
    return f"{what} did not finish within {limit.SECONDS:g} s.{place}"


def _sentence(error: BaseException, path: Path) -> str:
    line, _ = _last_place(error.__traceback__, path)
    what = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(":")
    if not line:
        return f"The check could not use what the function returned ({what})."
    linecache.checkcache(str(path))
    source = linecache.getline(str(path), line).strip()
    return f"{shown(path)}, line {line}: {misfit(error, path, source) or what}.{_of_nothing(error)}\n    {source}"


def _of_nothing(error: BaseException) -> str:
    """What an error means that NumPy raises where there is nothing to take the largest of, or to put together."""
    return (
        " This array has no number: an empty title, which is right too."
        if "zero-size array" in str(error) or "need at least one array" in str(error)
        else ""
    )
