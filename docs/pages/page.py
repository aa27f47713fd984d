"""What runs inside the page: cells of a lesson, checks of exercises, and whatever else the page asks Python for.

`answer(request)` is all that the page's worker calls. Text and figures go to the page as they come.
"""

from __future__ import annotations

import io
import json
import linecache
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader, find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

COURSE = Path("/course")
os.chdir(COURSE)
sys.path[:0] = [str(COURSE / "lessons"), str(COURSE)]
os.environ["MPLBACKEND"] = "Agg"
sys.dont_write_bytecode = True


def accept_font_list() -> None:
    """Give Matplotlib the list of its fonts that Pyodide brings along under another number: making it anew takes seconds."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return
    folder = Path(found.origin).parent
    number = re.search(r"__version__ = (\d+)", (folder / "font_manager.py").read_text(encoding="utf-8"))
    kept = folder / "fontlist.json"
    if number and kept.exists():
        text = kept.read_text(encoding="utf-8")
        kept.write_text(re.sub(r'"_version": \d+', f'"_version": {number[1]}', text), encoding="utf-8")


class Drawings(MetaPathFinder):
    """Finds `lessons.draw.lesson_NN` and has it loaded at its first figure: Matplotlib takes seconds, and text need not wait."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's file, with a loader that waits."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith("lessons.draw.lesson_") else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


accept_font_list()
sys.meta_path.insert(0, Drawings())

from to_page import send  # noqa: E402

import course  # noqa: E402
from lessons.exercise_files import EXERCISES, Exercise  # noqa: E402
from pages import figures, wrong  # noqa: E402

course.show = course.save = figures.show
if (TRAINED := COURSE / "trained").is_dir():
    import_module("pages.trained").take(TRAINED)


class Printed:
    """What was printed, on its way to the page.

    A message costs far more than a print, so a loop that prints would flood the page. The first pieces of an answer are sent at
    once, so that they are seen before an endless loop; later ones are gathered.
    """

    AT_ONCE = 200
    SECONDS = 0.05

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Before an answer."""
        self._waiting: list[tuple[str, str]] = []
        self._pieces, self._sent = 0, 0.0

    def add(self, stream: str, text: str) -> None:
        """Send the text, now or soon."""
        self._waiting.append((stream, text))
        self._pieces += 1
        if self._pieces <= self.AT_ONCE or monotonic() - self._sent > self.SECONDS:
            self.send()

    def send(self) -> None:
        """Send what waits, in its order."""
        waiting, self._waiting = self._waiting, []
        for stream, pieces in groupby(waiting, key=itemgetter(0)):
            send(json.dumps({"type": "text", "stream": stream, "text": "".join(text for _, text in pieces)}))
        self._sent = monotonic()


PRINTED = Printed()


class Told(io.TextIOBase):
    """Standard output or error."""

    def __init__(self, stream: str) -> None:
        self._stream = stream

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, text: str) -> int:
        """Take the text to the page."""
        PRINTED.add(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Send what waits."""
        PRINTED.send()


def tell(type: str, **more: Any) -> None:
    """Send something to the page, after what was printed before it."""
    PRINTED.send()
    send(json.dumps({"type": type, **more}))


def run(code: str, name: str) -> dict[str, Any]:
    """Run a cell where the cells before it ran. name: of the cell, for the messages of errors."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        exec(compile(code, name, "exec"), WORLD)
    except KeyboardInterrupt:  # the page stopped it, and says so
        raise
    except BaseException as error:  # also SystemExit: whatever it was, the page says it
        return {"error": _told(error)}
    finally:
        for figure in figures.drawn:
            tell("figure", html=figure.html)
        figures.drawn.clear()
    return {}


def restart() -> dict[str, Any]:
    """Forget what the cells defined."""
    WORLD.clear()
    WORLD["__name__"] = "__main__"
    return {}


def check(file: str, text: str, functions: list[str], columns: int, progress: str) -> dict[str, Any]:
    """Run `python -m lessons.check` on what the reader wrote. Returns the state of each function and the counts of failures.

    columns: how many letters a line has room for. A function that the reader has not changed is blank, also where it was given
    with a bug in it.
    """
    from lessons import check as command
    from lessons.blanks import untouched
    from lessons.checks.progress import FILE, Progress

    command.WIDTH = columns
    write(file, text)
    (EXERCISES / FILE).write_text(progress or "{}", encoding="utf-8")
    exercise = Exercise(file.removesuffix(".py"))
    kept = Progress.read(EXERCISES)
    results = command.check_lesson(exercise, EXERCISES, kept, functions)
    kept.write()
    for result in results:
        if result.array is not None and result.array.place:
            tell("figure", html=wrong.table(result.function, result.array))
    given = untouched(exercise, EXERCISES) if results else set()
    states = {result.function: "blank" if result.function in given else result.state for result in results}
    path = EXERCISES / FILE
    return {"states": states, "progress": path.read_text(encoding="utf-8") if path.exists() else ""}


def write(file: str, text: str | None) -> dict[str, Any]:
    """Put an exercise file in its place, where `course.derive` and `lessons.mine` find it too; without text the blank one."""
    path = EXERCISES / Path(file).name
    if text is None:
        from lessons.blanks import blank_of

        text = blank_of(Exercise(path.stem))
    path.write_text(text, encoding="utf-8")
    return {}


def _told(error: BaseException) -> str:
    """The traceback from the reader's own line on."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error))
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    return "".join(traceback.format_exception(type(error), error, frames))


WORLD: dict[str, Any] = {}
restart()
ANSWERS: dict[str, Callable[..., dict[str, Any]]] = {
    "run": run,
    "restart": restart,
    "check": check,
    "write": write,
    "play": lambda **asked: import_module("pages.play").play(**asked),
    "mine": lambda **asked: import_module("pages.mine").mine(tell, **asked),
}
sys.stdout, sys.stderr = Told("out"), Told("err")  # type: ignore[assignment]


def answer(request: str) -> str:
    """Do what the page asks for: {"what": name, ...arguments}. Stopped by the page, it says so, and goes on with the next."""
    asked = json.loads(request)
    PRINTED.begin()
    try:
        return json.dumps(ANSWERS[asked.pop("what")](**asked))
    except KeyboardInterrupt:
        return json.dumps({"stopped": True})
    finally:
        PRINTED.send()
