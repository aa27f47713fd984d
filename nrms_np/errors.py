"""Errors that a user of the package can cause, each one sentence that says what to do."""

from __future__ import annotations

from copyreg import __newobj__  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any


class Ended(KeyboardInterrupt):
    """The system asked the process to end; commands raise it where Ctrl-C raises KeyboardInterrupt."""


class NrmsError(Exception):
    """Base class: a command prints its sentence on stderr and exits with code 1."""

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it again, as where a worker sends it to another process: from the sentence, which __init__ may not take."""
        return __newobj__, (type(self), *self.args), vars(self)


class DataError(NrmsError):
    """A file of the data set is missing or broken.

    The sentence starts with the file, and with the line (counted from 1) where there is one.
    """

    def __init__(self, path: str | Path, problem: str, line: int | None = None) -> None:
        self.path = Path(path)
        self.line = line
        place = f"{path}, line {line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {problem}")


class ModelFileError(NrmsError):
    """A saved model or checkpoint cannot be read or does not fit the program."""


class ConfigError(NrmsError):
    """A setting has a value that makes no sense."""


class DiskFullError(NrmsError):
    """There is no room for a file."""


class NestedRunError(NrmsError):
    """Work for all threads was handed out from inside such work."""


class UnknownNewsError(NrmsError):
    """News were named that a recommender does not have.

    ids: all of them.
    """

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        named = ", ".join(map(str, ids[:10])) + (f" and {len(ids) - 10:,} more" if len(ids) > 10 else "")
        other = [each for each in ids if not isinstance(each, str)]
        cure = f"ids are texts, and {other[0]!r} is none" if other else "add them first, with their titles"
        super().__init__(f"the recommender has no news {named}; {cure}.")


def sentence(error: Exception) -> str:
    """What a command says of an error before it exits with code 1; nothing for a mistake of the program."""
    if isinstance(error, NrmsError):
        return f"error: {error}"
    if isinstance(error, OSError):
        return f"error: {error.filename or ''}: {error.strerror or error}".replace(": : ", ": ")
    if isinstance(error, MemoryError):
        return f"error: there is not enough memory ({error}); take smaller settings or less data."
    return ""
