"""Every question at the end of a lesson (Further) has a worked answer in a file of its own."""

from __future__ import annotations

import re
from string import ascii_lowercase

import pytest

from lessons.exercise_files import LESSONS

FURTHER = re.compile(r".*Further(?: \(answers in [^)]*\))?: (?P<questions>\(a\) .*)", re.DOTALL)
ANSWER = re.compile(r"^[#* ]*\(([a-z])\)", re.MULTILINE)
LEAST = 100  # letters of an answer


def letters_of(questions):
    """How many letters stand in order, (a) (b) (c) ..., in a text that may have other letters in brackets."""
    place = count = 0
    while (place := questions.find(f"({ascii_lowercase[count]})", place)) >= 0:
        count += 1
    return list(ascii_lowercase[:count])


@pytest.mark.parametrize("lesson", sorted(LESSONS.glob("[0-9]*.py")), ids=lambda path: path.stem)
def test_every_question_has_an_answer(lesson):
    answers = LESSONS / "further" / f"{lesson.name[:2]}.md"
    asked = FURTHER.match(lesson.read_text(encoding="utf-8").replace("\n#", ""))
    if asked is None:
        assert not answers.exists()
        return
    _, *answered = ANSWER.split(answers.read_text(encoding="utf-8"))
    assert answered[::2] == letters_of(asked["questions"])
    assert all(len(answer.strip()) >= LEAST for answer in answered[1::2])
