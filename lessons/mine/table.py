"""The table of the pieces: whose each is, in which lesson it is written, and what the referee measured."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from lessons.mine.layers import ATTENTION, LAYERS, ONE_HEAD, Layer
from lessons.mine.pieces import ASIDE, FAST, NOT_YET, PACKAGES, WRONG, YOURS, Pieces

CELL = 30
WIDTH = 98
INDENT = "    "


def table(pieces: Pieces, errors: Mapping[str, float | str]) -> list[str]:
    """Lines to print.

    errors: of each layer that the reader has a part in, by its title: the largest relative error of its gradients, or a sentence.
    """
    lines = [f"{'piece':16}  lesson  {'forward':{CELL}}  {'backward':{CELL}}  gradient"]
    for layer in LAYERS:
        cells = [_whose(pieces, name, one) for name, one in _names(layer)]
        error = errors.get(layer.title, "")
        shown = f"{error:.0e}" if isinstance(error, float) else "wrong" if error else ""
        lines.append(f"{layer.title:16}  {layer.lesson:6}  {cells[0]:{CELL}}  {cells[1]:{CELL}}  {shown}".rstrip())
    lines += ["", f"{'put together':22}  lesson"]
    of_layers = {name for layer in LAYERS for name in (layer.forward, layer.backward)} | set(ONE_HEAD)
    for name, lesson in pieces.lessons.items():
        if name not in of_layers:
            lines.append(f"{name:22}  {lesson:6}  {pieces.states[name]}")
    if pieces.fast:
        lines += ["", f"{'fast pieces':22}  lesson"]
        lines += [f"{name:22}  {FAST:6}  {state}" for name, state in pieces.fast.items()]
    lines += ["", f"{pieces.own} of {len(pieces.states)} are yours."]
    if fast := list(pieces.fast.values()).count(YOURS):
        lines.append(f"{fast} of {len(pieces.fast)} fast ones are yours.")
    return lines


def reasons(pieces: Pieces, errors: Mapping[str, float | str]) -> list[str]:
    """Why something of the reader's is not used, a text each; errors as in `table`."""
    aside = {title: error for title, error in errors.items() if isinstance(error, str)}
    return [
        *pieces.faults,
        *(f"{name}: {problem}" for name, problem in pieces.problems.items()),
        *(f"{title}: {error} The package's is used instead." for title, error in aside.items()),
    ]


def wrapped(texts: list[str]) -> list[str]:
    """The texts in lines as long as the table's, all but their first ones indented."""
    lines = [line for text in texts for line in text.replace("\n", f"\n{INDENT}").splitlines()]
    return [
        part for line in lines
        for part in textwrap.wrap(line, WIDTH, subsequent_indent=INDENT, break_on_hyphens=False, break_long_words=False)
    ]  # fmt: skip


def _names(layer: Layer) -> list[tuple[str, str]]:
    """The two functions of a layer, each with the one that can stand in for it."""
    one = ONE_HEAD if layer is ATTENTION else ("", "")
    return list(zip((layer.forward, layer.backward), one, strict=True))


def _whose(pieces: Pieces, name: str, one: str) -> str:
    """Whose function runs in this place, and why it is not the reader's."""
    state = pieces.states.get(name)
    if state == YOURS:
        return YOURS
    if pieces.states.get(one) == YOURS:
        return f"{YOURS}, of {one.split('_f')[0].split('_b')[0].replace('_', ' ')}s"
    return PACKAGES + {NOT_YET: "", WRONG: ", yours is wrong", ASIDE: ", yours is set aside"}.get(
        state or "", ", not asked for"
    )
