r"""`python -m lessons.equations`: each equation of the paper, the functions that compute it, its lesson and its tests.

Equations 6-10 are equations 1-5 once more, one level up, so they lead to the same functions; the README's table says
so in one line. The click score between equations 10 and 11, ŷ = uᵀ r_c, has no number in the paper; it is listed with
equation 11, which is made of it.

The paper prints M, the number of words, above the sums of equations 6 and 7. It is N, the number of clicked news, that is
meant, and N stands here.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import NamedTuple

from nrms_np.command import DONE, run_command

MEANING_WIDTH, FORMULA_WIDTH = 37, 76
"""Columns for the sentences and the formulas in the terminal, so that no line takes more than 80."""

PACKAGES = ("layers", "kernels")
"""Each piece is there twice, by the same name: to read, and to be fast."""

ONE_LEVEL_UP = range(6, 11)
"""The equations that repeat 1-5 with clicked news in place of words."""

IN_README = ("to the letter", "gradient", "parity", "planted bug")
"""The tests that the README's table names; the terminal shows all."""


class Equation(NamedTuple):
    """One numbered equation.

    latex: as the paper writes it.    meaning: the same in one sentence.
    pieces: module and name; each is in both packages a function `..._forward` and a function `..._backward`.
    lesson: the file that teaches it.    tests: what is shown, and the pytest id of the test that shows it.
    """

    number: int
    latex: str
    meaning: str
    pieces: tuple[str, ...]
    lesson: str
    tests: dict[str, str]

    @property
    def symbol(self) -> str:
        """What the equation defines: the LaTeX on the left of its first equals sign."""
        return self.latex.split(" = ")[0]

    @property
    def pairs(self) -> list[str]:
        """Dotted names of the functions, without the ending."""
        return [f"nrms_np.{package}.{piece}" for piece in self.pieces for package in PACKAGES]

    @property
    def forwards(self) -> list[str]:
        """Dotted names of the functions that compute it."""
        return [f"{pair}_forward" for pair in self.pairs]

    @property
    def backwards(self) -> list[str]:
        """Dotted names of the functions that differentiate it."""
        return [f"{pair}_backward" for pair in self.pairs]


ATTENTION = ("self_attention.bilinear_attention", "self_attention.projected_attention")
POOLING = ("additive_attention.additive_attention",)
SCORE, LOSS = ("click.click_score",), ("click.softmax_loss",)

IN_LAYERS, IN_KERNELS = "tests/layers/test_", "tests/kernels/test_kernel_gradients.py::test_"
LAYER_BUG = "tests/test_planted_bugs.py::test_a_bug_planted_in_a_layer_is_caught"
MODEL_BUG = "tests/test_planted_bugs.py::test_a_bug_planted_in_the_model_is_caught"

ENCODER = {"encoder": "tests/test_encoder.py::test_attend_backward_agrees_with_finite_differences"}
PYTORCH = {"PyTorch": "tests/test_torch_parity.py::test_200_steps_of_training_are_those_of_pytorch"}
ATTENTION_TESTS = {
    **PYTORCH,
    **ENCODER,
    "to the letter": f"{IN_LAYERS}self_attention.py::test_equations_1_and_2_to_the_letter",
    "gradient": f"{IN_LAYERS}self_attention.py::test_bilinear_attention_backward_agrees_with_finite_differences",
    "projected": f"{IN_LAYERS}self_attention.py::test_projected_attention_backward_agrees_with_finite_differences",
    "kernel": f"{IN_KERNELS}bilinear_attention_backward",
    "projected kernel": f"{IN_KERNELS}projected_attention_backward",
    "parity": "tests/kernels/test_parity.py::test_self_attention",
}
POOLING_TESTS = {
    **PYTORCH,
    **ENCODER,
    "to the letter": f"{IN_LAYERS}additive_attention.py::test_equations_3_to_5_to_the_letter",
    "gradient": f"{IN_LAYERS}additive_attention.py::test_additive_attention_backward_agrees_with_finite_differences",
    "kernel": f"{IN_KERNELS}additive_attention_backward",
    "parity": "tests/kernels/test_parity.py::test_pooling",
}
LOSS_TESTS = PYTORCH | {
    "to the letter": f"{IN_LAYERS}click.py::test_equations_11_and_12_to_the_letter",
    "gradient": f"{IN_LAYERS}click.py::test_softmax_loss_backward_agrees_with_finite_differences",
    "kernel": f"{IN_KERNELS}softmax_loss_backward",
    "parity": "tests/kernels/test_parity.py::test_click_scores_and_loss",
}
SCORE_TESTS = {
    "score": f"{IN_LAYERS}click.py::test_click_score_backward_agrees_with_finite_differences",
    "score kernel": f"{IN_KERNELS}click_score_backward",
}
SOFTMAX_TESTS = {"softmax": f"{IN_LAYERS}softmax.py::test_softmax_backward_agrees_with_finite_differences"}
MODEL_TESTS = {"whole model": "tests/test_model.py::test_the_whole_model_along_random_directions"}

EQUATIONS = (
    Equation(
        1,
        r"\alpha^k_{i,j} = \frac{\exp(e_i^T Q^w_k e_j)}{\sum_{m=1}^{M} \exp(e_i^T Q^w_k e_m)}",
        "How much word i takes from word j in head k: a softmax of its scores over all words of the title.",
        ATTENTION,
        "lessons/03_equation_1.py",
        {**ATTENTION_TESTS, **SOFTMAX_TESTS, "planted bug": f"{LAYER_BUG}[bilinear: x on the right is forgotten]"},
    ),
    Equation(
        2,
        r"h^w_{i,k} = V^w_k \big(\sum_{j=1}^{M} \alpha^k_{i,j} e_j\big), \quad h^w_i = [h^w_{i,1}; \dots; h^w_{i,h}]",
        "What word i becomes: a weighted mean of the words times a matrix in each head, the heads side by side.",
        ATTENTION,
        "lessons/04_equation_2.py",
        {**ATTENTION_TESTS, "planted bug": f"{LAYER_BUG}[projected: x as value is assigned, not added]"},
    ),
    Equation(
        3,
        r"a^w_i = q_w^T \tanh(V_w h^w_i + v_w)",
        "The score of word i for the title: one hidden layer, then a dot product with the query vector.",
        POOLING,
        "lessons/05_equations_3_to_5.py",
        {**POOLING_TESTS, "planted bug": f"{LAYER_BUG}[additive: tanh's derivative without the square]"},
    ),
    Equation(
        4,
        r"\alpha^w_i = \frac{\exp(a^w_i)}{\sum_{j=1}^{M} \exp(a^w_j)}",
        "The weight of word i in its title: a softmax of the scores.",
        POOLING,
        "lessons/05_equations_3_to_5.py",
        {**POOLING_TESTS, **SOFTMAX_TESTS, "planted bug": f"{LAYER_BUG}[softmax without the sum]"},
    ),
    Equation(
        5,
        r"r = \sum_{i=1}^{M} \alpha^w_i h^w_i",
        "The news vector: the weighted mean of its words.",
        POOLING,
        "lessons/05_equations_3_to_5.py",
        {**POOLING_TESTS, "planted bug": f"{LAYER_BUG}[additive: h as what is averaged is forgotten]"},
    ),
    Equation(
        6,
        r"\beta^k_{i,j} = \frac{\exp(r_i^T Q^n_k r_j)}{\sum_{m=1}^{N} \exp(r_i^T Q^n_k r_m)}",
        "Equation 1 over clicked news: how much click i takes from click j in head k (printed with M; N is meant).",
        ATTENTION,
        "lessons/07_equations_6_to_7.py",
        {**ATTENTION_TESTS, **SOFTMAX_TESTS, **MODEL_TESTS, "planted bug": f"{MODEL_BUG}[news as clicks forgotten]"},
    ),
    Equation(
        7,
        r"h^n_{i,k} = V^n_k \big(\sum_{j=1}^{N} \beta^k_{i,j} r_j\big), \quad h^n_i = [h^n_{i,1}; \dots; h^n_{i,h}]",
        "Equation 2 over clicked news: what click i becomes (printed with M; N is meant).",
        ATTENTION,
        "lessons/07_equations_6_to_7.py",
        {**ATTENTION_TESTS, **MODEL_TESTS, "planted bug": f"{MODEL_BUG}[news as clicks forgotten]"},
    ),
    Equation(
        8,
        r"a^n_i = q_n^T \tanh(V_n h^n_i + v_n)",
        "Equation 3 over clicked news: the score of click i for the reader.",
        POOLING,
        "lessons/08_equations_8_to_10.py",
        {
            **POOLING_TESTS,
            **MODEL_TESTS,
            "planted bug": f"{LAYER_BUG}[additive: h as what decides the weights is forgotten]",
        },
    ),
    Equation(
        9,
        r"\alpha^n_i = \frac{\exp(a^n_i)}{\sum_{j=1}^{N} \exp(a^n_j)}",
        "Equation 4 over clicked news: the weight of click i in the history.",
        POOLING,
        "lessons/08_equations_8_to_10.py",
        {**POOLING_TESTS, **SOFTMAX_TESTS, **MODEL_TESTS, "planted bug": f"{LAYER_BUG}[softmax without the sum]"},
    ),
    Equation(
        10,
        r"u = \sum_{i=1}^{N} \alpha^n_i h^n_i",
        "The user vector: the weighted mean of the clicks.",
        POOLING,
        "lessons/08_equations_8_to_10.py",
        {**POOLING_TESTS, **MODEL_TESTS, "planted bug": f"{LAYER_BUG}[additive: h as what is averaged is forgotten]"},
    ),
    Equation(
        11,
        r"p_i = \frac{\exp(\hat y^+_i)}{\exp(\hat y^+_i) + \sum_{j=1}^{K} \exp(\hat y^-_{i,j})}",
        "The probability of the clicked candidate beside K that were shown and not clicked: a softmax of click scores.",
        SCORE + LOSS,
        "lessons/09_the_click.py",
        {**LOSS_TESTS, **SCORE_TESTS, "planted bug": f"{LAYER_BUG}[loss: as if the first were clicked]"},
    ),
    Equation(
        12,
        r"\mathcal{L} = -\sum_{i \in S} \log p_i",
        "The loss: minus the logarithm of that probability, summed over the samples (training takes the mean).",
        LOSS,
        "lessons/09_the_click.py",
        {**LOSS_TESTS, **MODEL_TESTS, "planted bug": f"{MODEL_BUG}[the mean's 1/B forgotten]"},
    ),
)


def terminal_table() -> str:
    """All links for a terminal of 80 columns: the functions and lessons, the formulas, the tests."""
    functions = [
        ["eq", "meaning", "nrms_np.layers, nrms_np.kernels:"],
        ["", "", "..._forward, _backward; the lesson"],
    ]
    formulas = [["eq", "formula (LaTeX)"]]
    for equation in EQUATIONS:
        number, meaning = f"{equation.number:2}", textwrap.wrap(equation.meaning, MEANING_WIDTH)
        functions += _side_by_side([number], meaning, (*equation.pieces, equation.lesson))
        latex = textwrap.wrap(equation.latex, FORMULA_WIDTH, break_long_words=False, break_on_hyphens=False)
        formulas += _side_by_side([number], latex)
    tests = [["eq", "checked by (python -m pytest FILE::TEST)"], *_test_rows()]
    return "\n\n".join("\n".join(aligned(table)) for table in (functions, formulas, tests))


def _side_by_side(*columns: Iterable[str]) -> list[list[str]]:
    """Rows that hold the columns, the shorter ones filled up with empty cells."""
    return [list(cells) for cells in zip_longest(*columns, fillvalue="")]


def _test_rows() -> list[list[str]]:
    """Each file, its tests with the equations that they check, and the cases of a test, in lines of their own."""
    checks: dict[str, dict[str, dict[str, list[int]]]] = {}
    for equation in EQUATIONS:
        for test in equation.tests.values():
            file, _, name = test.partition("::")
            name, bracket, case = name.partition("[")
            checks.setdefault(file, {}).setdefault(name, {}).setdefault(bracket + case, []).append(equation.number)
    rows = []
    for file, tests in checks.items():
        rows.append(["", file])
        for name, cases in tests.items():
            rows.append([ranges(cases.get("", [])), f"  {name}"])
            rows += [[ranges(numbers), f"    {case}"] for case, numbers in cases.items() if case]
    return rows


def aligned(rows: list[list[str]]) -> list[str]:
    """Lines with columns as wide as their longest cell, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def ranges(numbers: list[int]) -> str:
    """Rising numbers in short: 1, 2, 3, 7 is "1-3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def markdown_table() -> str:
    """The README's table; links start at the root of the repository."""
    lines = ["| equation | forward (backward beside it) | lesson | tests |", "|---|---|---|---|"]
    repeats = [equation for equation in EQUATIONS if equation.number in ONE_LEVEL_UP]
    for equation in EQUATIONS:
        if equation not in repeats:
            named = f"**{equation.number}** ${equation.symbol}$ {equation.meaning}"
            functions = "<br>".join(_functions_with_kernels(equation))
            cells = (named, functions, _lessons([equation]), _tests(equation, IN_README))
        elif equation == repeats[0]:
            first, last = repeats[0], repeats[-1]
            named = (
                f"**{first.number}-{last.number}** ${last.symbol}$ Equations 1-5 with clicked news in place of words"
            )
            cells = (named, "those of 1-5", _lessons(repeats), _tests(last, ("whole model",)))
        else:
            continue
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _lessons(equations: Iterable[Equation]) -> str:
    """Links to the lessons, each once."""
    files = dict.fromkeys(equation.lesson for equation in equations)
    return ", ".join(f"[{PurePosixPath(file).name[:2]}]({file})" for file in files)


def _tests(equation: Equation, names: Iterable[str]) -> str:
    """Links to the files of some tests."""
    return ", ".join(f"[{name}]({equation.tests[name].split('::')[0]})" for name in names)


def _functions_with_kernels(equation: Equation) -> list[str]:
    """Links to the plain functions, each with the link to the kernel of the same name behind it."""
    links = []
    for piece in equation.pieces:
        module, name = piece.split(".")
        layer, kernel = (f"nrms_np/{package}/{module}.py" for package in PACKAGES)
        links.append(f"[`{name}_forward`]({layer}), [kernel]({kernel})")
    return links


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(
        prog="python -m lessons.equations",
        description="Show each equation of the paper with its functions, its lesson and its tests.",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table of the README")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    print(markdown_table() if options.markdown else terminal_table())
    return DONE


if __name__ == "__main__":
    run_command(main)
