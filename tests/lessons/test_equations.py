"""The equation index has no missing and no dead links, and the README shows it as it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from lessons.equations import EQUATIONS, IN_README, ONE_LEVEL_UP, main, ranges

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"\bequations?\s+(\d+(?:(?:\s*-\s*|\s+to\s+|\s*,\s*|\s+and\s+)\d+)*)", re.IGNORECASE)


def numbers_named(text):
    """The numbers in phrases such as "Equation 4", "equations 1-2 and 6-7" and "equations 3 to 5"."""
    numbers = set()
    for phrase in NAMED.findall(text):
        for part in re.split(r",|\band\b", phrase):
            ends = [int(number) for number in re.findall(r"\d+", part)]
            numbers.update(range(ends[0], ends[-1] + 1))
    return numbers


def function(dotted):
    """What a dotted name stands for; None if there is no such thing."""
    module, name = dotted.rsplit(".", 1)
    try:
        return getattr(import_module(module), name, None)
    except ModuleNotFoundError:
        return None


def source_of_test(test):
    """(the source of a test, the strings of its file) without running it; None if there is no such test."""
    file, _, name = test.partition("[")[0].partition("::")
    if not (ROOT / file).is_file():
        return None
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    sources = [ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return (sources[0], strings) if sources else None


def faults_of_functions(equation):
    faults = [
        f"no function {name}" for name in (*equation.forwards, *equation.backwards) if not callable(function(name))
    ]
    for name in equation.forwards:
        if equation.number not in numbers_named(getattr(function(name), "__doc__", None) or ""):
            faults.append(f"the docstring of {name} does not name equation {equation.number}")
    return faults


def faults_of_lesson(equation):
    file = ROOT / equation.lesson
    if not file.is_file():
        return [f"no lesson {equation.lesson}"]
    text = file.read_text(encoding="utf-8").replace("\n# ", " ")
    named = equation.number in numbers_named(text)
    return [] if named else [f"{equation.lesson} does not name equation {equation.number}"]


def faults_of_tests(equation):
    faults = [f"no test {name!r}" for name in IN_README if name not in equation.tests]
    for test in equation.tests.values():
        found, case = source_of_test(test), test.partition("[")[2].removesuffix("]")
        if found is None:
            faults.append(f"no test {test}")
        elif case and case not in found[1]:
            faults.append(f"no case {test}")
    for pair in equation.pairs:
        package, backward = pair.split(".")[1], pair.rsplit(".", 1)[1] + "_backward"
        ours = [test for test in equation.tests.values() if test.startswith(f"tests/{package}/")]
        if not any(found and backward in found[0] for found in map(source_of_test, ours)):
            faults.append(f"no test of {pair}_backward")
    return faults


def faults(equation):
    return faults_of_functions(equation) + faults_of_lesson(equation) + faults_of_tests(equation)


def test_the_paper_has_twelve_equations():
    assert [equation.number for equation in EQUATIONS] == list(range(1, 13))
    assert len({equation.latex for equation in EQUATIONS}) == 12
    assert len({equation.meaning for equation in EQUATIONS}) == 12


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: f"equation {equation.number}")
def test_every_link_leads_somewhere(equation):
    assert faults(equation) == []


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: f"equation {equation.number}")
def test_the_latex_is_whole_and_the_sums_run_to_the_right_letter(equation):
    latex = equation.latex
    assert latex.count("{") == latex.count("}")
    assert latex.count("(") == latex.count(")")
    assert latex.count(r"\big(") == latex.count(r"\big)")
    # M counts words, N clicked news; the paper prints M in equations 6 and 7.
    assert set(re.findall(r"\^\{([MN])\}", latex)) <= ({"M"} if equation.number <= 5 else {"N"})


FIRST = EQUATIONS[0]
DEAD = {
    "a function that does not exist": (FIRST._replace(pieces=(*FIRST.pieces, "softmax.soft")), "no function"),
    "a module that does not exist": (FIRST._replace(pieces=(*FIRST.pieces, "soft.softmax")), "no function"),
    "a forward that names another equation": (FIRST._replace(pieces=EQUATIONS[2].pieces), "does not name equation 1"),
    "a backward that no test calls": (FIRST._replace(pieces=(*FIRST.pieces, "embedding.embedding")),
                                      "no test of nrms_np.layers.embedding.embedding_backward"),
    "no kernel": (FIRST._replace(pieces=(*FIRST.pieces, "softmax.softmax")),
                  "no function nrms_np.kernels.softmax.softmax_backward"),
    "a lesson that does not exist": (FIRST._replace(lesson="lessons/99_equation_1.py"), "no lesson"),
    "a lesson about something else": (FIRST._replace(lesson="lessons/02_word_embeddings.py"), "does not name equation 1"),
    "a test that does not exist": (FIRST._replace(tests={**FIRST.tests, "gradient": "tests/test_model.py::test_no"}), "no test"),
    "a file that does not exist": (FIRST._replace(tests={**FIRST.tests, "gradient": "tests/test_no.py::test_no"}), "no test"),
    "a case that does not exist": (FIRST._replace(tests={"planted bug": FIRST.tests["planted bug"] + "!]"}), "no case"),
    "no planted bug": (FIRST._replace(tests={"gradient": FIRST.tests["gradient"]}), "no test 'planted bug'"),
}  # fmt: skip


@pytest.mark.parametrize("link", DEAD)
def test_a_dead_link_is_found(link):
    equation, message = DEAD[link]
    assert message in "; ".join(faults(equation))


def test_numbers_in_a_text():
    assert numbers_named("Equations 1-2 and 6-7 to the letter, 9 times; equation 4, which") == {1, 2, 4, 6, 7}
    assert numbers_named("equations 3 to 5 and one equation; Equations 11, 12") == {3, 4, 5, 11, 12}
    assert ranges([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"


def test_the_terminals_table_fits_and_holds_every_link(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    formulas = " ".join(text.split())  # long ones go over two lines
    for equation in EQUATIONS:
        assert equation.latex in formulas
        assert equation.lesson in text
        assert all(piece in text for piece in equation.pieces)
        for test in equation.tests.values():
            file, _, name = test.partition("::")
            assert all(part in text for part in (file, *name.removesuffix("]").split("[")))


def test_the_markdowns_links_are_files_of_the_project(capsys):
    assert main(["--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(EQUATIONS) - len(ONE_LEVEL_UP) + 1
    for line in lines:
        assert line.count("|") == 5, line
        for target in re.findall(r"\]\(([^)]*)\)", line):
            assert (ROOT / target).is_file(), target


def test_the_markdown_says_in_one_line_which_equations_are_others_one_level_up(capsys):
    main(["--markdown"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "**6-10**" in line]
    assert "Equations 1-5" in line
    for equation in EQUATIONS[5:10]:
        assert f"({equation.lesson})" in line
        assert equation.pieces == EQUATIONS[equation.number - 6].pieces


def test_the_readme_has_the_table_as_it_is_printed(capsys):
    main(["--markdown"])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    between = re.findall(r"<!-- equations -->\n(.*?)<!-- /equations -->", readme, re.DOTALL)
    assert [table.strip() for table in between] == [capsys.readouterr().out.strip()]


def test_help_does_not_wait_for_numba():
    code = "import sys, lessons.equations; print(sorted({'numba', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
