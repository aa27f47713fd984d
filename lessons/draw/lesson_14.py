"""The figures of lesson 14: weights of words, heads, names that move, a ranking, weights against effects, ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons.draw import base
from lessons.evidence.interval import Interval
from nrms_np.arrays import Array

MARKS = ("o", "s")


def word_weights(titles: Sequence[tuple[Sequence[str], Array]], title: str) -> Figure:
    """Titles as rows of cells: each word above its weight."""
    axes = base.canvas(title, 62 * len(titles) + 8)
    for row, (words, weights) in enumerate(titles):
        base.array(axes, weights, "", "", kind="weights", columns=list(words), at=(4, 26 + 62 * row), cell=(84, 26))
    return axes.figure  # type: ignore[return-value]


def heads(titles: Sequence[tuple[Sequence[str], Array, tuple[int, int]]], title: str) -> Figure:
    """For each title a row of its heads; the two cells in which its pair is read are framed and hold their weight."""
    side = 130
    axes = base.canvas(title, 246 * len(titles))
    for row, (words, alpha, (a, b)) in enumerate(titles):
        top = 246 * row
        cell = side / len(words)
        base.write(axes, 4, top + 12, f"“{' '.join(words)}”", ha="left")
        for k, of_head in enumerate(alpha):
            left = 82 + k * (side + 17)
            place = base.array(
                axes, of_head, f"head {k}", "", kind="weights", at=(left, top + 52), cell=(cell, cell), digits=1,
                framed=[(a, b), (b, a)],
            )  # fmt: skip
            for i, word in enumerate(words):
                if k == 0:
                    base.write(axes, left - 6, place.cell(i, 0)[1], word, size=base.SMALL, ha="right")
                style = {"ha": "right", "va": "top", "rotation": 55, "rotation_mode": "anchor"}
                base.write(axes, place.cell(0, i)[0] + 4, place.bottom + 6, word, size=base.SMALL, **style)
    return axes.figure  # type: ignore[return-value]


def moved(panels: Mapping[str, Mapping[str, tuple[Mapping[str, Array], Array]]], title: str) -> Figure:
    """Each name's new headlines by their cosines with space and sports; panels[model][word] is {topic: (n, 2)}, alone."""
    drawing = base.figure(title, 760)
    for axes, (model, words) in zip(drawing.subplots(2, 1, sharex=True, sharey=True), panels.items(), strict=True):
        axes.plot([-0.6, 1], [-0.6, 1], ":", color=base.GREY, linewidth=base.points(1))
        base.beside(axes, (0.8, 0.8), (8, -8), "as near to both", base.GREY, base.SMALL, ha="left", va="top")
        for mark, (word, (by_topic, alone)) in zip(MARKS, words.items(), strict=True):
            for topic, cosines in by_topic.items():
                fill = base.INK if topic == "sports" else "none"
                axes.plot(*cosines.T, mark, color=base.INK, markerfacecolor=fill, markersize=base.points(9), alpha=0.8)
            axes.plot(*alone, mark, color=base.GREY, markersize=base.points(15))
            base.beside(axes, tuple(alone), (0, -14), f"{word} alone", base.GREY, base.SMALL, ha="center", va="top")
        axes.set_xlim(-0.75, 1.05)
        axes.set_ylim(-0.75, 1.05)
        axes.set_ylabel("cosine with the mean of sports")
        axes.set_title(model, fontsize=base.points(base.LABEL))
    key = "filled: about sports; hollow: about space\n○ with Rockets   □ with Mercury"
    base.beside(drawing.axes[0], (-0.72, 1.0), (0, 0), key, base.INK, base.SMALL, va="top")
    axes.set_xlabel("cosine with the mean of space")
    return drawing


def history(
    clicks: Sequence[tuple[str, str, float]], candidates: Sequence[tuple[str, str, float, bool]], title: str
) -> Figure:
    """A reader: above each click's title, topic and weight; below the ranked candidates with their scores."""
    row = 24
    second = row * len(clicks) + 56
    axes = base.canvas(title, second + row * len(candidates) + 36)
    base.write(axes, 4, 10, "clicked, oldest first", base.GREY, ha="left")
    base.write(axes, 676, 10, "weight", base.GREY, ha="right")
    for i, (text, topic, weight) in enumerate(clicks):
        y = 34 + row * i
        base.write(axes, 4, y, text, size=base.SMALL, ha="left")
        base.write(axes, 390, y, topic, base.GREY, base.SMALL, ha="left")
        axes.add_patch(_bar(500, y, 130 * weight, base.WEIGHT))
        base.write(axes, 676, y, base.number(weight), size=base.SMALL, ha="right")
    base.write(axes, 4, second, "candidates, ranked", base.GREY, ha="left")
    base.write(axes, 676, second, "score", base.GREY, ha="right")
    largest = max(abs(score) for _, _, score, _ in candidates)
    for i, (text, topic, score, clicked) in enumerate(candidates):
        y = second + 24 + row * i
        base.write(axes, 4, y, base.CLICKED if clicked else "", size=base.SMALL, ha="left")
        base.write(axes, 22, y, text, size=base.SMALL, ha="left")
        base.write(axes, 390, y, topic, base.GREY, base.SMALL, ha="left")
        axes.add_patch(_bar(565, y, 62 * score / largest, base.INK if score > 0 else base.GREY))
        base.write(axes, 676, y, base.number(score), size=base.SMALL, ha="right")
    return axes.figure  # type: ignore[return-value]


def removed(quarters: Array, agree: Interval, chance: float, title: str) -> Figure:
    """The mean effect of words by quarter of their weight, a line a seed; quarters (seeds, 4)."""
    drawing = base.figure(title, 300)
    axes = drawing.subplots()
    axes.set_xlim(-0.3, 3.3)
    axes.set_ylim(0, max(1.8, 1.2 * float(quarters.max())))
    axes.axhline(1, color=base.GREY, linestyle=":", linewidth=base.points(1))
    base.beside(axes, (1.3, 1), (0, 4), "as all words", base.GREY, base.SMALL, va="bottom")
    for of_seed in quarters:
        axes.plot(range(4), of_seed, color=base.GREY, linewidth=base.points(1))
    for place, values in enumerate(quarters.T):
        one = Interval.of(values)
        axes.errorbar(
            place, one.mean, one.half, fmt="o", color=base.INK, markersize=base.points(9), capsize=base.points(4)
        )
        base.beside(axes, (place, values.max()), (0, 16), f"{one.mean:.2f}", base.INK, base.SMALL, ha="center")
    axes.set_xticks(range(4), ["least weight", "second", "third", "most weight"])
    axes.set_xlabel("quarter of the words, by weight × T")
    axes.set_ylabel("mean effect / that of all words")
    note = f"the word of most weight has the largest effect in {agree.percent()} of titles; by lot {100 * chance:.0f}%"
    base.beside(axes, (-0.28, axes.get_ylim()[1]), (0, -4), note, base.INK, base.SMALL, va="top")
    return drawing


Row = tuple[str, Interval, float]
"""A difference in words, ours with its interval, and the paper's."""


def ablations(groups: Mapping[str, Sequence[Row]], title: str) -> Figure:
    """Differences of AUC on one axis that begins at 0: ours filled with their intervals, the paper's hollow."""
    count = sum(len(rows) + 1 for rows in groups.values())
    drawing = base.figure(title, 70 + 26 * count)
    axes = drawing.subplots()
    names, place = [], 0.0
    for group, rows in groups.items():
        _heading(axes, place, group)
        for offset, (name, ours, paper) in enumerate(rows, start=1):
            y = place + offset
            names.append((y, name))
            axes.errorbar(
                ours.mean, y, xerr=ours.half, fmt="o", color=base.INK, markersize=base.points(8), capsize=base.points(4)
            )
            axes.plot(paper, y, "o", color=base.GREY, markerfacecolor="white", markersize=base.points(8))
            _beside(axes, y, str(ours))
        place += len(rows) + 1
    axes.axvline(0, color=base.GREY, linestyle=":", linewidth=base.points(1))
    axes.set_ylim(place - 0.3, -0.7)
    axes.set_yticks([y for y, _ in names], [name for _, name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("difference of AUC: ● the demo corpus, with 95% intervals; ○ the paper, MSN news")
    return drawing


def _beside(axes: Axes, y: float, text: str) -> None:
    at = {"xycoords": ("axes fraction", "data"), "xytext": (6, 0), "textcoords": "offset points"}
    axes.annotate(text, (1, y), fontsize=base.points(base.SMALL), va="center", annotation_clip=False, **at)


def _heading(axes: Axes, y: float, text: str) -> None:
    axes.annotate(
        text, (0, y), xycoords=("axes fraction", "data"), color=base.GREY, fontsize=base.points(base.SMALL), va="center"
    )


def _bar(x: float, y: float, length: float, colour: str) -> Rectangle:
    return Rectangle((min(x, x + length), y - 7), abs(length), 14, facecolor=colour)
