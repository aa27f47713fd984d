"""The figures of lesson 00."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons.draw import base


def ranking(titles: Sequence[str], common: Sequence[Sequence[str]], clicked: np.ndarray) -> Figure:
    """Candidates by rank, with the words that they have in common with the history.

    clicked: True for those that were clicked, in the same order.
    """
    axes = base.canvas("Counting words puts one of the two clicked titles last", height=210)
    for column, x in (
        ("rank", 26),
        (f"candidate, {base.CLICKED} clicked", 70),
        ("words in common with the history", 400),
    ):
        base.write(axes, x, 14, column, base.GREY, base.SMALL, ha="left" if x > 30 else "center")
    for place, (title, words, hit) in enumerate(zip(titles, common, clicked, strict=True)):
        y = 44 + 29 * place
        base.write(axes, 26, y, str(place + 1))
        base.write(axes, 56, y, base.CLICKED if hit else "")
        base.write(axes, 70, y, title, ha="left")
        for number in range(len(words)):
            left = 400 + 72 * number
            box = {"facecolor": base.PAPER, "edgecolor": base.GREY, "linewidth": base.points(1)}
            axes.add_patch(Rectangle((left, y - 12), 68, 24, **box))
            base.write(axes, left + 34, y, words[number], size=base.SMALL)
        base.write(axes, 408 + 72 * len(words), y, f"{len(words)}", base.INK if words else base.GREY, ha="left")
    return axes.figure  # type: ignore[return-value]


def worth_of_a_rank(ranks: np.ndarray, ndcg: np.ndarray, mrr: np.ndarray, clicked: np.ndarray) -> Figure:
    """What a clicked candidate is worth at each rank, for two measures.

    clicked: the ranks of the clicked.
    """
    drawing = base.figure("A click on rank 6 is worth a sixth of one on rank 1, or a third, as you count", height=270)
    axes = drawing.subplots()
    axes.set_xlim(0.8, 13)
    axes.set_ylim(0, 1.05)
    base.lines(axes, ranks, {"nDCG: 1 / log₂(1 + rank)": ndcg, "MRR: 1 / rank": mrr}, marks=True)
    for rank in clicked:
        axes.axvline(rank, color=base.INK, linewidth=base.points(1))
        base.beside(
            axes, (rank, 1.0), (6, 0), f"{base.CLICKED} clicked, rank {rank}", size=base.SMALL, ha="left", va="top"
        )
    axes.axvline(5.5, color=base.GREY, linestyle=":", linewidth=base.points(1.5))
    base.beside(axes, (5.5, 0.62), (-6, 0), "nDCG@5 stops here", base.GREY, base.SMALL, ha="right", va="center")
    axes.set_xticks(ranks)
    axes.set_xlabel("rank")
    axes.set_ylabel("worth of a click")
    return drawing


def pairs(right: np.ndarray, names: Sequence[str], clicked: np.ndarray) -> Figure:
    """The pairs of a clicked candidate (rows) and one that was not (columns): 1 right, ½ tie, 0 wrong."""
    axes = base.canvas("AUC: the mean of eight pairs, 4.5 of 8", height=125)
    rows = [f"{base.CLICKED} {name}" for name, hit in zip(names, clicked, strict=True) if hit]
    columns = [name for name, hit in zip(names, clicked, strict=True) if not hit]
    base.array(axes, right, "", "", rows=rows, columns=columns, kind="weights", digits=1, at=(160, 45), cell=(128, 32))
    return axes.figure  # type: ignore[return-value]
