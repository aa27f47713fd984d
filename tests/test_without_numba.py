"""The package works where Numba is not installed, nor what only downloads, bars and threads need: on the plain layers."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from nrms_np.train import main
from tests.helpers.clicks import write_clicks
from tests.helpers.tiny_run import write_run

ROOT = Path(__file__).resolve().parents[1]
ABSENT = ("numba", "llvmlite", "tqdm", "pooch", "requests", "threadpoolctl")

IMPORTS = """
import importlib, pkgutil, sys
import nrms_np
names = [module.name for module in pkgutil.walk_packages(nrms_np.__path__, "nrms_np.")]
for name in names:
    if not name.endswith(("__main__", "lane_instructions")):
        importlib.import_module(name)
assert len(names) > 60
"""


@pytest.fixture
def run_without(tmp_path):
    """Runs Python where all installed packages but ABSENT can be imported; gives what it did."""
    site = Path(sysconfig.get_paths()["purelib"])
    (tmp_path / "site").mkdir()
    for entry in site.iterdir():
        if not entry.name.startswith(ABSENT):
            (tmp_path / "site" / entry.name).symlink_to(entry)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path / "site")])}
        command = [sys.executable, "-S", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_every_module_can_be_imported(run_without):
    done = run_without("-c", IMPORTS)
    assert (done.returncode, done.stderr) == (0, "")


def test_training_takes_the_layers_and_says_so(run_without, tmp_path):
    write_clicks(tmp_path / "clicks")
    small = ["--word-dim", 8, "--heads", 2, "--head-dim", 3, "--query-dim", 4, "--epochs", 1, "--quiet"]
    done = run_without("-m", "nrms_np.train", "--data", "clicks", "--out", "run", *small[:-1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Numba is not installed: training with the plain layers") == 1
    assert '"backend": "layers"' in (tmp_path / "run" / "config.json").read_text(encoding="utf-8")
    refused = run_without("-m", "nrms_np.train", "--data", "clicks", "--out", "fast", "--backend", "kernels", *small)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the kernels need Numba, which is not installed")


def test_a_run_of_the_kernels_goes_on_with_the_layers(run_without, tmp_path):
    clicks, small = write_clicks(tmp_path / "clicks"), ["--word-dim", "8", "--heads", "2", "--head-dim", "3"]
    pytest.importorskip("numba")
    assert main(["--data", str(clicks), "--out", str(tmp_path / "run"), "--epochs", "1", "--quiet", *small]) == 0
    assert '"backend": "kernels"' in (tmp_path / "run" / "config.json").read_text(encoding="utf-8")
    done = run_without("-m", "nrms_np.train", "--resume", "--out", "run", "--epochs", 2)
    assert done.returncode == 0, done.stderr
    assert "training with the plain layers" in done.stdout
    assert "epoch 2" in done.stdout


def test_a_model_trained_with_kernels_is_used_with_the_layers(run_without, tmp_path):
    write_run(tmp_path / "run", backend="kernels")
    code = "from nrms_np import NRMS; model = NRMS.load('run/model.npz'); print(model.config.backend)"
    assert run_without("-c", code).stdout == "layers\n"
    write_clicks(tmp_path / "clicks")
    done = run_without("-m", "nrms_np.evaluate", "run", "--data", "clicks")
    assert done.returncode == 0, done.stderr
