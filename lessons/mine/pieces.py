"""What there is of the reader's: which functions of the exercises are right, loaded so that the later run on the earlier ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from lessons.blanks import untouched
from lessons.checks.run import FileError, check_exercise, load
from lessons.exercise_files import Exercise, all_exercises
from lessons.mine.layers import ATTENTION, LAYERS, ONE_HEAD, Function, many_heads, pair_with

PUT_TOGETHER = ("06", "07", "10")
"""Lessons that put layers together. No backend asks for what is written there, the package's encoder and model do it; it counts all
the same."""

FAST = "13"
"""The lesson whose exercises are the fast pieces, from which its ladder is built."""

YOURS, PACKAGES, NOT_YET, WRONG, ASIDE = "yours", "the package's", "not yet", "wrong", "set aside"


@dataclass
class Pieces:
    """functions: of the reader's that are right, by name.    states: of all that the exercises ask for, by name.

    lessons: where each is asked for.    faults: what is wrong with files that cannot be run, one line each.
    problems: by its name what the check says of each that the reader has changed and that is wrong.
    aside: right by themselves, but not to be used.    fast: the states of the fast pieces, by name.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    lessons: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    fast: dict[str, str] = field(default_factory=dict)

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


def collect(folder: Path, aside: Collection[str] = ()) -> Pieces:
    """Check what is in the folder of the exercises and keep what is right, but for the functions that are set aside."""
    pieces = Pieces(aside=frozenset(aside))
    exercises = {exercise.number: exercise for exercise in all_exercises()}
    for lesson, names in asked_for().items():
        _collect_lesson(pieces, exercises[lesson], names, folder)
    pieces.fast = _states(pieces, exercises[FAST], list(exercises[FAST].functions()), folder)
    return pieces


def replace(namespace: ModuleType | SimpleNamespace, replacements: dict[Function, Function]) -> None:
    """Let the names of a module that stand for functions of the package's stand for the others."""
    by_identity = {id(before): after for before, after in replacements.items()}
    for name, value in list(vars(namespace).items()):
        if id(value) in by_identity:
            setattr(namespace, name, by_identity[id(value)])


def _puts_together(exercise: Exercise, name: str) -> bool:
    return exercise.number in PUT_TOGETHER and name.endswith(("_forward", "_backward"))


def _collect_lesson(pieces: Pieces, exercise: Exercise, names: list[str], folder: Path) -> None:
    pieces.lessons |= dict.fromkeys(names, exercise.number)
    states = _states(pieces, exercise, names, folder)
    pieces.states |= states
    if YOURS in states.values():
        module: Any = load(exercise, folder / exercise.file)[0]
        replace(module, pieces.replacements(before=exercise.number))
        pieces.functions |= {name: getattr(module, name) for name, state in states.items() if state == YOURS}


def _states(pieces: Pieces, exercise: Exercise, names: list[str], folder: Path) -> dict[str, str]:
    """Whether each is the reader's; a file that cannot be run is a fault of the pieces."""
    shown = {"done": YOURS, "blank": NOT_YET, "waits": NOT_YET, "wrong": WRONG}
    try:
        results = check_exercise(exercise, folder, names)
    except FileError as error:
        pieces.faults.append(str(error).splitlines()[0])
        return dict.fromkeys(names, WRONG)
    states = {result.function: shown[result.state] for result in results}
    states |= {name: NOT_YET for name in untouched(exercise, folder) if states.get(name) == WRONG}
    pieces.problems |= {result.function: result.problem for result in results if states[result.function] == WRONG}
    return {name: ASIDE if name in pieces.aside and state == YOURS else state for name, state in states.items()}
