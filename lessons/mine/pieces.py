"""What there is of the reader's: which functions of the exercises are right, loaded so that the later run on the earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from lessons.checks.run import FileError, check_exercise, load
from lessons.exercise_files import Exercise, all_exercises
from lessons.mine.layers import ATTENTION, LAYERS, ONE_HEAD, Function, many_heads, pair_with

PUT_TOGETHER = ("06", "07", "10")
"""Lessons that put layers together. No backend asks for what is written there, the package's encoder and model do it; it counts all
the same."""

YOURS, PACKAGES, NOT_YET, WRONG = "yours", "the package's", "not yet", "wrong"


@dataclass
class Pieces:
    """functions: of the reader's that are right, by name.    states: of all that the exercises ask for, by name.

    lessons: where each is asked for.    faults: what is wrong with files that cannot be run, one line each.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    lessons: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def own(self) -> int:
        """How many are the reader's."""
        return sum(state == YOURS for state in self.states.values())

    def replacements(self, before: str = "99") -> dict[Function, Function]:
        """For each function of a layer of the package's the one to take in its place, from lessons before this one."""
        found: dict[Function, Function] = {}
        for layer in LAYERS:
            reader = self.functions
            if layer is ATTENTION:
                reader = many_heads(reader) | reader
            if layer.lesson < before and {layer.forward, layer.backward} & set(reader):
                found |= dict(zip(layer.package, pair_with(layer, reader), strict=True))
        return found


def asked_for() -> dict[str, list[str]]:
    """The functions that are pieces, by the number of their lesson, as far as its exercises ask for them."""
    layers = {name for layer in LAYERS for name in (layer.forward, layer.backward)} | set(ONE_HEAD)
    return {
        exercise.number: names
        for exercise in all_exercises()
        if (names := [name for name in exercise.functions() if name in layers or _puts_together(exercise, name)])
        and exercise.number <= max(PUT_TOGETHER)
    }


def collect(folder: Path) -> Pieces:
    """Check what is in the folder of the exercises and keep what is right."""
    pieces = Pieces()
    exercises = {exercise.number: exercise for exercise in all_exercises()}
    for lesson, names in asked_for().items():
        _collect_lesson(pieces, exercises[lesson], names, folder)
    return pieces


def replace(namespace: ModuleType | SimpleNamespace, replacements: dict[Function, Function]) -> None:
    """Let the names of a module that stand for functions of the package's stand for the others."""
    by_identity = {id(before): after for before, after in replacements.items()}
    for name, value in list(vars(namespace).items()):
        if id(value) in by_identity:
            setattr(namespace, name, by_identity[id(value)])


def _puts_together(exercise: Exercise, name: str) -> bool:
    return exercise.number in PUT_TOGETHER and name.endswith(("_forward", "_backward"))


def _collect_lesson(pieces: Pieces, exercise: Exercise, names: Iterable[str], folder: Path) -> None:
    pieces.lessons |= dict.fromkeys(names, exercise.number)
    try:
        states = {result.function: result.state for result in check_exercise(exercise, folder, list(names))}
        module: Any = load(exercise, folder / exercise.file)[0] if "done" in states.values() else None
    except FileError as error:
        pieces.faults.append(str(error).splitlines()[0])
        pieces.states |= dict.fromkeys(names, WRONG)
        return
    shown = {"done": YOURS, "blank": NOT_YET, "waits": NOT_YET, "wrong": WRONG}
    pieces.states |= {name: shown[state] for name, state in states.items()}
    if module is not None:
        replace(module, pieces.replacements(before=exercise.number))
        pieces.functions |= {name: getattr(module, name) for name, state in states.items() if state == "done"}
