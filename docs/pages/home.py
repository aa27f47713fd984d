"""The home page: what it is, the model in small, the lessons, the speed, the proof."""

from __future__ import annotations

import json

from pages.course import ROOT, all_lessons
from pages.reference import exercise_of
from pages.toy import toy

OURS = {"kernels": "this package", "layers": "this package, plain layers", "floor": "matrix products alone, the floor"}


def home() -> str:
    """The page below its title, as HTML."""
    hours = round(sum(lesson.minutes for lesson in all_lessons()) / 60)
    return f"""<div class="hero"><div>
<p class="lead">A paper about recommending news, line by line: read it, run it, change it, and have
what you wrote checked, here in the page.</p>
<p>NRMS is one function used twice. The words of a title look at each other and become a news vector; the news a reader clicked on
look at each other and become a user vector; their product is the score. Here it is in NumPy,
with every gradient written by hand.</p>
<p class="calls">
<a class="call" href="lessons/{all_lessons()[0].stem}.html">Start with lesson 00</a>
<a class="call second" href="play.html">Play with a trained model</a></p>
<p>After the course you can derive the gradient of any layer, check it, and have built an NRMS of your own.
About {hours} hours, exercises
included. Nothing is installed.</p>
</div>{toy()}</div>
<h2>The lessons</h2>
{lesson_path()}
<h2>Fast</h2>
{speed()}
<h2>Proven</h2>
<p>Each of the <a href="equations.html">twelve equations</a> leads to the functions that compute it and the tests that hold them:
to the letter of the paper, against finite differences, against the fast kernels, and 200 steps of training against PyTorch.
Mistakes are planted on purpose, and each is caught.</p>
"""


def lesson_path() -> str:
    """The lessons in order: thumbnail, title, minutes, and a bar for the reader's progress."""
    items = ""
    for lesson in all_lessons():
        exercise = exercise_of(lesson)
        bar = f"exercises done in lesson {lesson.number}"
        items += (
            f'<li><a href="{lesson.page}.html"><img loading="lazy" width="160" height="112" alt="" '
            f'src="_images/sphx_glr_{lesson.stem}_thumb.png"><b>{lesson.number}</b> {lesson.title}</a>'
            f"<span>{f'{lesson.minutes} min' if lesson.minutes else ''}</span>"
        )
        if exercise:
            most = len(exercise["functions"])
            items += f'<progress data-lesson="{lesson.stem}" max="{most}" value="0" aria-label="{bar}"></progress>'
        items += "</li>\n"
    return f'<ol class="path">\n{items}</ol>\n'


def speed() -> str:
    """How long a training step takes, from benchmarks/step.json."""
    measured = json.loads((ROOT / "benchmarks" / "step.json").read_text(encoding="utf-8"))
    seconds = sorted(measured["seconds"].items(), key=lambda pair: pair[1])
    longest = seconds[-1][1]
    rows = ""
    for name, value in seconds:
        kind = "ours" if name in ("kernels",) else "other"
        rows += (
            f'<tr><th scope="row">{OURS.get(name, name)}</th><td>'
            f'<span class="{kind}" style="width: {100 * value / longest:.1f}%"></span>{1000 * value:.0f} ms</td></tr>\n'
        )
    return (
        f'<table class="speed"><caption>One training step on {measured["samples"]} samples in the shape of MIND, '
        f"{measured['machine']}</caption><tbody>{rows}</tbody></table>"
    )
