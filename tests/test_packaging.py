"""What the package imports is declared, and requirements.txt is that and pytest for the tests."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    """The package that a requirement is about."""
    return re.split(r"[><=;\[ ]", requirement, maxsplit=1)[0]


def normal(requirement: str) -> str:
    """A requirement without what two files may write differently."""
    return requirement.replace("'", '"').replace(" ", "")


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    imported = set()
    for path in (ROOT / "nrms_np").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
                imported |= {a.value for a in node.args if isinstance(a, ast.Constant)}
    outside = imported - set(sys.stdlib_module_names) - {"nrms_np"}
    extra = {name_of(requirement) for requirement in PROJECT["optional-dependencies"]["parquet"]}
    assert outside - extra == {name_of(requirement) for requirement in PROJECT["dependencies"]}


def test_requirements_are_the_dependencies_with_pytest() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    required = {normal(line) for line in lines if line}
    assert required - {normal(requirement) for requirement in PROJECT["dependencies"]} == {"pytest>=8.0"}
    assert {normal(requirement) for requirement in PROJECT["dependencies"]} <= required


def test_the_console_scripts_exist() -> None:
    assert {"nrms-train", "nrms-evaluate", "nrms-recommend", "nrms-explain", "nrms-convert"} <= set(PROJECT["scripts"])
    for place in PROJECT["scripts"].values():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function))
