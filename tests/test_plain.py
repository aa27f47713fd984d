from __future__ import annotations

import pytest

from nrms_np.plain import escaped, markdown_cell, markdown_code, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("over\rwritten\a", r"over\rwritten\x07"),
        ("a\tb", r"a\tb"),
        ("turned \u202e dnuora", r"turned \u202e dnuora"),
        ("\u2066isolated\u2069", r"\u2066isolated\u2069"),
        ("half \ud83d", r"half \ud83d"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_what_a_terminal_obeys_is_shown_escaped(text, shown):
    assert escaped(text) == shown


@pytest.mark.parametrize(
    "text", ["München", "می\u200cخواهم", "क्\u200dष", "👩\u200d🚀", "two\nlines", r"C:\new", "日本語"]
)
def test_all_else_stays(text):
    assert escaped(text) == text


def test_a_line_stays_one_line():
    assert one_line("a\nb\u2028c") == r"a\nb\u2028c"


def test_a_cell_holds_no_mark_up():
    assert markdown_cell("a|b `c` <b> *d*") == r"a\|b \`c\` \<b> \*d\*"


@pytest.mark.parametrize(
    ("text", "code"),
    [("runs/demo", "`runs/demo`"), ("a`b", "``a`b``"), ("``", "``` `` ```"), ("a|b", "`a|b`"), ("", "`  `")],
)
def test_code_may_hold_backticks(text, code):
    assert markdown_code(text) == code
