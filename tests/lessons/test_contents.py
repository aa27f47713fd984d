"""README's table of the course: every lesson in order, with the length it gives itself."""

from __future__ import annotations

import pytest

from lessons.contents import END, START, about_of, contents, minutes
from lessons.exercise_files import LESSONS, ROOT

ALL = sorted(LESSONS.glob("[0-9][0-9]_*.py"))
LENGTHS = {path.name: minutes(about_of(path)) for path in ALL}


@pytest.mark.parametrize(
    ("sentence", "length"),
    [
        ("About 60 minutes, exercises included.", 60),
        ("*About 65 minutes, 35 of them for the exercises.* And 3 more.", 65),
        ("*About 60 minutes, half of them for the exercises.*", 60),
        ("About 50 minutes, and an hour for the exercises.", 110),
        ("About 30 minutes for the short way in, 50 for the rest, exercises included.", 80),
        ("About 75 minutes with the exercises.", 75),
        ("About an hour.", 60),
        ("*About 3 hours, half of them for the exercises.*", 180),
        ("About words. It takes 5 minutes.", None),
    ],
)
def test_the_length_is_read_from_the_lessons_own_sentence(sentence, length):
    assert minutes(f"Lesson 03: x\n====\n\n{sentence}\n") == length


def test_the_readme_has_the_contents_as_they_are():
    assert None not in LENGTHS.values(), f"a lesson does not say how long it takes: {LENGTHS}"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.partition(START)[2].partition(END)[0] == contents(), "run `python -m lessons.contents --write`"


def test_every_lesson_is_in_the_contents_in_order():
    lines = contents().splitlines()[2:-1]
    assert [line.split("](lessons/")[1].split(")")[0] for line in lines] == [path.name for path in ALL]
