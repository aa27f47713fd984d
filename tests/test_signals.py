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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("module", ["train", "evaluate", "data.convert"])
@pytest.mark.parametrize("imported", ["nrms_np", "nrms_np.config"])
def test_a_signal_in_the_first_moments_has_its_exit_code(module, imported, number, code):
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", f"nrms_np.{module}", "no-such-run"],
        env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        # Python says what it has imported: the package itself comes before the command's own first line.
        assert process.stderr is not None
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == imported:
                break
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code, rest
    assert "Traceback" not in rest
    assert "the same command starts it again" in rest


def test_importing_sets_no_handlers():
    code = (
        "import signal; before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]\n"
        "import nrms_np, nrms_np.train, nrms_np.command, nrms_np.training, nrms_np.recommend.recommender\n"
        "assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]"
    )
    subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True)


def test_a_module_of_others_that_imports_the_package_keeps_its_handlers(tmp_path):
    (tmp_path / "newsroom").mkdir()
    (tmp_path / "newsroom/__init__.py").write_text("import nrms_np\n", encoding="utf-8")
    code = "import signal\nassert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    code += "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    (tmp_path / "newsroom/__main__.py").write_text(code, encoding="utf-8")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    for arguments in (["-m", "newsroom", "-m", "nrms_np.train"], ["-mnewsroom"]):
        subprocess.run([sys.executable, *arguments], env=environment, check=True)
