"""The home page: what it is, the model in small, the lessons, the speed, the proof."""

from __future__ import annotations

import json

from pages.course import ROOT, Lesson, all_lessons
from pages.reference import exercise_of
from pages.toy import toy

OURS = {
    "kernels": "this package",
    "kernels, one thread": "this package, one thread",
    "layers": "this package, plain layers",
    "floor": "matrix products alone, the floor",
}


PARTS = (
    ("00", "The problem, and a referee for every gradient"),
    ("02", "From words to a news vector"),
    ("07", "From clicks to a user vector"),
    ("09", "The click, the whole model, its training"),
    ("12", "Fast"),
    ("14", "Looked into, broken on purpose, compared, spread over machines"),
)
"""The parts of the course by their first lesson."""


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
<a class="call start" href="lessons/{all_lessons()[0].stem}.html">Start with lesson 00</a>
<a class="call second" href="play.html">Play with a trained model</a></p>
</div>{toy()}</div>
<h2>After the course you can</h2>
<ul class="after">
<li><b>derive the gradient of any layer</b> by hand, and prove with finite differences that it is right;</li>
<li><b>train an NRMS of your own</b>, each function of it written by you: <a href="mine.html">put your pieces together</a>;</li>
<li><b>look into a trained model</b>, and say what its weights show and what they do not: <a href="play.html">play</a>;</li>
<li><b>make it fast</b> with NumPy and Numba, step by step, until it passes PyTorch on the same two cores.</li>
</ul>
<h2>The lessons</h2>
<p>About {hours} hours in all, exercises included. Nothing is installed; what you write stays in this browser.</p>
{lesson_path()}
<h2>Fast</h2>
{speed()}
<h2>Proven</h2>
<p>Each of the <a href="equations.html">twelve equations</a> leads to the functions that compute it and the tests that hold them:
to the letter of the paper, against finite differences, against the fast kernels, and 200 steps of training against PyTorch.
Mistakes are planted on purpose, and each is caught.</p>
"""


def lesson_path() -> str:
    """The lessons in their parts: thumbnail, title, minutes, and a bar for the reader's progress."""
    path, first = "", dict(PARTS)
    for lesson in all_lessons():
        if lesson.number in first:
            path += f'{"</ol>" if path else ""}<h3>{first[lesson.number]}</h3>\n<ol class="path">\n'
        path += _card(lesson)
    return f"{path}</ol>\n"


def _card(lesson: Lesson) -> str:
    exercise = exercise_of(lesson)
    progress = ""
    if exercise:
        most, label = len(exercise["functions"]), f"exercises done in lesson {lesson.number}"
        progress = f'<progress data-lesson="{lesson.stem}" max="{most}" value="0" aria-label="{label}"></progress>'
    return (
        f'<li><a href="{lesson.page}.html"><img loading="lazy" width="160" height="112" alt="" '
        f'src="_images/sphx_glr_{lesson.stem}_thumb.png"><span class="name"><b>{lesson.number}</b> {lesson.title}</span></a>'
        f'<span class="minutes">{lesson.minutes} min<i></i></span>{progress}</li>\n'
    )


def speed() -> str:
    """How long a training step takes, from benchmarks/step.json."""
    measured = json.loads((ROOT / "benchmarks" / "step.json").read_text(encoding="utf-8"))
    seconds = sorted(measured["seconds"].items(), key=lambda pair: pair[1])
    longest = seconds[-1][1]
    rows = ""
    for name, value in seconds:
        kind = "ours" if name == "kernels" else "other"
        rows += (
            f'<tr><th scope="row">{OURS.get(name, name)}</th><td>'
            f'<span class="{kind}" style="--w: {value / longest:.3f}"></span>{1000 * value:.0f} ms</td></tr>\n'
        )
    return (
        f'<table class="speed"><caption>One training step on {measured["samples"]} samples in the shape of MIND, '
        f"{measured['machine']}; shorter is faster</caption><tbody>{rows}</tbody></table>"
    )
