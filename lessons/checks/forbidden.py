"""Ways that an exercise asks to do without: found where they are written, and really refused where they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class ForbiddenError(Exception):
    """A forbidden way was taken: its name, such as np.add.at."""


def written(tree: ast.Module, function: str, forbidden: tuple[str, ...]) -> str | None:
    """The forbidden way that a function of a file takes, or one of the file's functions that it calls; None where none does.

    forbidden: names as in `np.add.at`; found under every name that the file imports them by.
    """
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = dict(_imported(tree))
    waiting, seen = [function], {function}
    while waiting:
        for node in ast.walk(functions[waiting.pop()]):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
                waiting.append(node.id)
                seen.add(node.id)
            elif isinstance(node, (ast.Attribute, ast.Name)):
                path = _path(node, names)
                for way in forbidden:
                    if path == way.replace("np.", "numpy.", 1):
                        return way
    return None


@contextmanager
def refused(forbidden: tuple[str, ...]) -> Iterator[None]:
    """While this lasts, taking one of these ways raises ForbiddenError, whoever takes it under whatever name NumPy is known by."""
    before: dict[str, Any] = {}
    for way in forbidden:
        _, name, *method = way.split(".")
        before.setdefault(name, getattr(np, name))
        setattr(np, name, _Without(getattr(np, name), way, method[0] if method else "__call__"))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(np, name, function)


class _Without:
    """A function of NumPy with one of its methods, or the call itself, taken away."""

    def __init__(self, function: Any, way: str, without: str) -> None:
        self._function, self._way, self._without = function, way, without

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self._without == "__call__":
            raise ForbiddenError(self._way)
        return self._function(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        if name == self._without:
            raise ForbiddenError(self._way)
        return getattr(self._function, name)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Pairs of a name in the file and what it stands for: np, numpy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _path(node: ast.expr, names: dict[str, str]) -> str:
    """The full name of `np.add.at`, numpy.add.at; of anything else something that is none."""
    if isinstance(node, ast.Attribute):
        return f"{_path(node.value, names)}.{node.attr}"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"
