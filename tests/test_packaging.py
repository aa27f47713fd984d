"""What the package imports is declared, and requirements.txt is that and pytest for the tests."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import nrms_np

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
    optional = PROJECT["optional-dependencies"]
    extra = {name_of(requirement) for extra in ("parquet", "mpi") for requirement in optional[extra]}
    declared = {name_of(requirement) for requirement in PROJECT["dependencies"]}
    assert {name.lower() for name in outside} - extra == declared


def test_requirements_are_the_dependencies_with_pytest() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    required = {normal(line) for line in lines if line}
    assert required - {normal(requirement) for requirement in PROJECT["dependencies"]} == {"pytest>=8.0"}
    assert {normal(requirement) for requirement in PROJECT["dependencies"]} <= required


def test_the_console_scripts_exist() -> None:
    names = ("train", "evaluate", "recommend", "explain", "runs", "convert", "demo", "download")
    assert set(PROJECT["scripts"]) == {f"nrms-{name}" for name in names}
    for place in PROJECT["scripts"].values():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function))


def test_the_version_is_written_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", nrms_np.__version__)
    assert PROJECT["dynamic"] == ["version"]
    assert "version" not in PROJECT


@pytest.mark.slow
def test_the_wheel_tells_its_version_and_its_types(tmp_path: Path) -> None:
    """Built, unpacked into an environment of its own, and seen from there by a type checker."""
    sources = tmp_path / "sources"  # a copy: building leaves files beside them
    shutil.copytree(ROOT / "nrms_np", sources / "nrms_np", ignore=shutil.ignore_patterns("__pycache__", "loops-*"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(tmp_path), str(sources)]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"nrms_np-{nrms_np.__version__}-")
    venv.create(tmp_path / "venv", symlinks=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        assert "nrms_np/py.typed" in archive.namelist()
        archive.extractall(packages)
    python = tmp_path / "venv" / "bin" / "python"
    (tmp_path / "snippet.py").write_text("import nrms_np\nreveal_type(nrms_np.Config().heads)\n", encoding="utf-8")
    told = [python, "-c", "import nrms_np, importlib.metadata as m; print(nrms_np.__version__, m.version('nrms_np'))"]
    printed = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed.split() == [nrms_np.__version__] * 2
    if find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    check = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "snippet.py"]
    seen = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, timeout=300).stdout
    assert 'Revealed type is "int"' in seen.replace("builtins.int", "int"), seen
