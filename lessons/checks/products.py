"""What NumPy says of a matrix product that does not fit, in words of shapes."""

from __future__ import annotations

import ast
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import numpy as np


def misfit(error: BaseException, path: Path, source: str) -> str:
    """What does not fit in the product of the reader's file that raised this error; empty where it was no product.

    source: the line of the file that ran last.
    """
    text = str(error)
    if not isinstance(error, ValueError) or "mismatch in its core dimension" not in text:
        return ""
    frame = _last_frame(error.__traceback__, path)
    for left, right in _products(source):
        shapes = [_shape(side, frame) for side in (left, right)]
        if None not in shapes and not _fits(*shapes):
            return (
                f"{ast.unparse(left)} @ {ast.unparse(right)} does not fit: the shapes are {shapes[0]} and {shapes[1]}"
            )
    sizes = text.rpartition("(size ")[2].rstrip(")").replace(" is different from ", " and ")
    return f"a matrix product does not fit: the sizes that should be equal are {sizes}"


def _last_frame(trace: TracebackType | None, path: Path) -> FrameType | None:
    frame = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            frame = trace.tb_frame
        trace = trace.tb_next
    return frame


def _products(source: str) -> list[tuple[ast.expr, ast.expr]]:
    """The factors of the products in a line of code, the innermost first; none where it is a part of a statement."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    nodes = reversed(list(ast.walk(tree)))
    return [
        (node.left, node.right) for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    ]


def _shape(factor: ast.expr, frame: FrameType | None) -> Any:
    """Computed anew where the line failed. None where that cannot be done, or where it would call a function again."""
    if frame is None or any(isinstance(node, ast.Call) for node in ast.walk(factor)):
        return None
    try:
        code = compile(ast.Expression(factor), "factor", "eval")
        return np.shape(eval(code, frame.f_globals, frame.f_locals))
    except Exception:  # an inner product that does not fit either, a name that is deleted: then the sizes must do
        return None


def _fits(left: Any, right: Any) -> bool:
    return not left or not right or left[-1] == right[max(0, len(right) - 2)]
