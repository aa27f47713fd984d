"""Formulas as MathML: short forms of TeX that the converter alone takes for something else."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("sphinx", reason="no Sphinx")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from pages.mathml import mathml

pytestmark = pytest.mark.slow  # with the site's other tests, which need Sphinx


def fraction(tex):
    """Numerator and denominator of the first fraction."""
    tree = ElementTree.fromstring(mathml(tex))
    found = next(element for element in tree.iter() if element.tag.endswith("mfrac"))
    return ["".join(part.itertext()).strip() for part in found]


@pytest.mark.parametrize("tex", [r"\frac12 \# x", r"\tfrac12 |x|", r"\frac{1}{2}", r"\frac1{2}"])
def test_a_half_is_a_half(tex):
    assert fraction(tex) == ["1", "2"]


def test_a_transpose_is_no_length():
    assert "⊤" in mathml("e_i^T B")
    assert "⊤" not in mathml(r"\sum_{j=1}^{T} e_j")


@pytest.mark.parametrize(
    ("tex", "count"), [(r"a = 1, \qquad b = \frac{1}{2}", 2), (r"a &= 1 \qquad \text{(3)} \\ b &= 2", 1), ("a = 1", 1)]
)
def test_formulas_beside_each_other_can_stand_below_each_other(tex, count):
    assert mathml(tex, as_block=True).count("<math ") == count
