"""Signals have their exit codes from a command's first line on, and importing the package sets no handlers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")

INSIDE = """
import os, sys

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name == os.environ["LOOKED_FOR"]:
            os.kill(os.getpid(), int(os.environ["SIGNAL"]))

sys.meta_path.insert(0, Finder)
"""
"""Sends a process a signal when it looks for a module; from outside it might come after the process has ended."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("module", ["nrms_np.train", "nrms_np.evaluate", "nrms_np.data.convert"])
@pytest.mark.parametrize("looked_for", ["the command", "nrms_np.plain"])
def test_a_signal_in_the_first_moments_has_its_exit_code(tmp_path, module, looked_for, number, code):
    # Python looks for the command when it has imported the package, and the command's first lines import `plain`.
    (tmp_path / "sitecustomize.py").write_text(INSIDE, encoding="utf-8")
    found = module if looked_for == "the command" else looked_for
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", module, "no-such-run"],
        env=environment | {"LOOKED_FOR": found, "SIGNAL": str(int(number))}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "the same command starts it again" in done.stderr


def test_importing_sets_no_handlers():
    code = (
        "import signal; before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]\n"
        "import nrms_np, nrms_np.train, nrms_np.command, nrms_np.training, nrms_np.recommend.recommender\n"
        "assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]"
    )
    subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True)


def test_a_module_of_others_that_imports_the_package_keeps_its_handlers(tmp_path):
    (tmp_path / "newsroom").mkdir()
    # Not Python's own handlers: who starts the tests in the background of a script has SIGINT ignored.
    handlers = "handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]\n"
    before = f"import signal\n{handlers}import nrms_np\n"
    (tmp_path / "newsroom/__init__.py").write_text(before, encoding="utf-8")
    after = f"import signal\nimport newsroom\n{handlers}assert handlers == newsroom.handlers\n"
    (tmp_path / "newsroom/__main__.py").write_text(after, encoding="utf-8")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    for arguments in (["-m", "newsroom", "-m", "nrms_np.train"], ["-mnewsroom"]):
        subprocess.run([sys.executable, *arguments], env=environment, check=True)
