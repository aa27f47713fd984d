"""The README's way from a CSV file to a ranking, run exactly as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nrms_np.data.convert.columns import find_columns, named_columns
from nrms_np.data.convert.shapes import NEEDED

ROOT = Path(__file__).resolve().parents[3]


def commands() -> str:
    """What stands in the code blocks between the marks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- own-log -->")[1].split("<!-- /own-log -->")[0]
    return "\n".join(re.findall(r"```\n(.*?)```", text, flags=re.DOTALL))


def test_ten_lines_at_most_besides_the_log_itself() -> None:
    lines = re.sub(r"<< END\n.*?\nEND\n", "\n", commands(), flags=re.DOTALL).split("\n")
    assert 3 <= sum(bool(line) for line in lines) <= 10


def test_the_line_for_odd_names_is_all_that_such_tables_need() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (news, clicks, option), *_ = re.findall(r"for `([\w,]+)` and `([\w,]+)`, say\s+`--columns ([^`]+)`", text)
    named = named_columns(option)
    for kind, heads, roles in (("news", news, {"id", "title"}), ("clicks", clicks, NEEDED["rows"])):
        found = find_columns(Path("x.csv"), kind, heads.split(","), named)
        assert found.keys() == set(roles)
        assert sorted(found.values()) == sorted(heads.split(","))


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
def test_from_a_csv_file_to_a_ranking(tmp_path: Path) -> None:
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(ROOT)}
    shell = ["bash", "-euo", "pipefail", "-c", commands()]
    told = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "time = time, user = user, clicked = clicked, shown = shown" in told.stdout
    assert "best epoch" in told.stdout
    ranking = told.stdout.split("rank")[1].splitlines()[1:]
    assert {line.split()[3] for line in ranking} == {"a2", "a3", "a5"}
