"""A forbidden way is refused, however it is written, and only where the reader takes it."""

from __future__ import annotations

import numpy as np
import pytest

from lessons.checks import run
from lessons.checks.compare import expect
from lessons.checks.forbidden import ForbiddenError, refused
from lessons.exercise_files import Exercise

DOUBLE = Exercise("13_the_ladder")
WAYS = {
    "plainly": "import numpy as np\ndef f(x):\n    y = 0 * x\n    np.add.at(y, [0], 1)\n    return y\n",
    "under another name": "import numpy\ndef f(x):\n    y = 0 * x\n    numpy.add.at(y, [0], 1)\n    return y\n",
    "imported": "from numpy import add as plus\ndef f(x):\n    y = 0 * x\n    plus.at(y, [0], 1)\n    return y\n",
    "in a helper": "import numpy as np\ndef g(y):\n    np.add.at(y, [0], 1)\ndef f(x):\n    y = 0 * x\n    g(y)\n    return y\n",
    "by its name": "import numpy as np\ndef f(x):\n    y = 0 * x\n    getattr(np.add, 'a' + 't')(y, [0], 1)\n    return y\n",
    "through the package": "from nrms_np.layers.embedding import EmbeddingCache, embedding_backward\ndef f(x):\n"
    "    return embedding_backward(x[:1], EmbeddingCache(x[:1].astype(int), (3,), x.dtype))\n",
}
OTHERWISE = "import numpy as np\ndef f(x):\n    y = np.add(0 * x, 0)\n    y[0] = np.add.reduce([1.0])\n    return y\n"


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Check a file that has one function f."""

    def check(f):
        expected = np.zeros(3)
        np.add.at(expected, [0], 1)  # the check itself may take the way
        expect(f(np.zeros(3)), y=expected)

    def ask(source):
        (tmp_path / DOUBLE.file).write_text(source, encoding="utf-8")
        monkeypatch.setattr("lessons.checks.lesson_13.TASKS", {"f": run.Task(check, "a hint", ("np.add.at",))})
        monkeypatch.setattr(Exercise, "arguments", lambda *_: ["x"])
        return run.check_exercise(DOUBLE, tmp_path)[0]

    return ask


@pytest.mark.parametrize("way", WAYS)
def test_the_way_is_refused(answer, way):
    result = answer(WAYS[way])
    assert result.state == "wrong"
    assert result.problem == "It takes the way that this exercise asks you to do without: np.add.at."


def test_another_way_is_not_refused(answer):
    assert answer(OTHERWISE).state == "done"


def test_a_word_in_another_function_is_nobodys_business(answer):
    assert answer(OTHERWISE + "def other(y):\n    np.add.at(y, [0], 1)\n").state == "done"


def test_numpy_is_whole_again_afterwards():
    before = np.add, np.outer
    with refused(("np.add.at", "np.outer")):
        assert np.add(1, 2) == 3
        with pytest.raises(ForbiddenError, match=r"np\.outer"):
            np.outer([1], [2])
        with pytest.raises(ForbiddenError, match=r"np\.add\.at"):
            np.add.at(np.zeros(1), [0], 1)
    assert (np.add, np.outer) == before
