"""Several ranks train the same model as one process, whatever happens to them. Skipped where there is no MPI."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from types import SimpleNamespace

import numpy as np
import pytest

from nrms_np.npz import read_arrays
from nrms_np.training.ranks import ALONE, COUNTS, Together, started_ranks
from tests.helpers.clicks import SMALL_MODEL, write_clicks

ROOT = Path(__file__).resolve().parents[2]
MPIRUN = which("mpirun", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    # Open MPI asks for these in a container, where everybody is root and there are few cores.
    **{f"{name}_ALLOW_RUN_AS_ROOT{more}": "1" for name in ("OMPI", "PRTE") for more in ("", "_CONFIRM")},
    **{f"{name}_MCA_rmaps_default_mapping_policy": ":oversubscribe" for name in ("PRTE", "OMPI")},
}
needs_mpi = pytest.mark.skipif(
    MPIRUN is None or find_spec("mpi4py") is None, reason="needs mpirun and mpi4py: pip install '.[mpi]'"
)


def command(ranks: int, module: str, *arguments: object) -> list[str]:
    start = [] if ranks == 1 else [str(MPIRUN), "-n", str(ranks)]
    return [*start, sys.executable, "-m", module, *map(str, arguments)]


def run(ranks: int, module: str, *arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    line = command(ranks, module, *arguments)
    return subprocess.run(line, env=ENVIRONMENT, cwd=cwd, capture_output=True, text=True, timeout=300)


def processes_of(run_folder: Path) -> dict[int, bytes]:
    """The command lines that name this folder, by the numbers of their processes."""
    lines = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            lines[int(process.name)] = (process / "cmdline").read_bytes()
    return {number: line for number, line in sorted(lines.items()) if os.fsencode(run_folder) in line}


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clicks(tmp_path_factory.mktemp("ranks") / "clicks")


def settings(clicks: Path, out: Path, *more: object) -> list[object]:
    return ["--data", clicks, "--out", out, "--dropout", 0.2, "--backend", "layers", *SMALL_MODEL, *more]


def saved(run_folder: Path, name: str = "model.npz") -> dict[str, np.ndarray]:
    arrays = read_arrays(run_folder / name, "broken")
    return {name: value for name, value in arrays.items() if value.dtype.kind == "f" and name != "progress/seconds"}


def test_without_mpirun_nothing_of_mpi_is_imported(monkeypatch):
    for name in COUNTS:
        monkeypatch.delenv(name, raising=False)
    assert started_ranks() is ALONE
    code = "import sys, nrms_np.train; nrms_np.train.main(['--help'])"
    tried = f"try:\n    {code}\nexcept SystemExit:\n    assert 'mpi4py' not in sys.modules"
    subprocess.run([sys.executable, "-c", tried], env=ENVIRONMENT, check=True, capture_output=True)


def test_the_second_signal_ends_all_ranks_with_its_own_code():
    codes = []
    world = SimpleNamespace(Get_rank=lambda: 0, Get_size=lambda: 2, Abort=codes.append)
    for number in (signal.SIGINT, signal.SIGTERM):
        stop = Together(world).stop()
        for _ in range(2):
            stop._note(number, None)
    assert codes == [130, 143]


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_end_in_the_same_model_and_evaluate_alike(clicks, tmp_path, ranks):
    for number in (1, ranks):
        done = run(number, "nrms_np.train", *settings(clicks, tmp_path / f"run-{number}", "--epochs", 3))
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("best epoch") == 1
    alone, together = (saved(tmp_path / f"run-{number}") for number in (1, ranks))
    for name, value in alone.items():
        # Of few steps from small numbers; exact sameness is tested in float64 below.
        assert np.linalg.norm(together[name] - value) <= 1e-2 * np.linalg.norm(value), name
    for number in (1, ranks):
        told = run(
            number, "nrms_np.evaluate", tmp_path / "run-1", "--scores", tmp_path / f"scores-{number}.tsv", "--quiet"
        )
        assert told.returncode == 0, told.stderr
    one, other = ((tmp_path / f"scores-{number}.tsv").read_text().splitlines() for number in (1, ranks))
    assert len(one) == len(other)
    for line, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(
            [float(x) for x in theirs.split("\t")[1].split()],
            [float(x) for x in line.split("\t")[1].split()],
            rtol=1e-5,
        )


@needs_mpi
@pytest.mark.slow
def test_float64_gradients_and_a_hundred_steps_agree(tmp_path):
    script = tmp_path / "steps.py"
    script.write_text(STEPS)
    for ranks in (2, 3):
        done = subprocess.run(
            [str(MPIRUN), "-n", str(ranks), sys.executable, str(script)],
            env=ENVIRONMENT, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == ranks
        for differences in found:
            assert differences["float64"] < 1e-9, differences
            assert differences["first"] < 1e-5
            assert differences["float32"] < 1e-3


STEPS = """
import json
import numpy as np
from nrms_np.model import NRMS
from nrms_np.training.adam import Adam
from nrms_np.training.ranks import ALONE, started_ranks
from nrms_np.packed import RowGradient
from nrms_np.kernels.engine.parallel import set_threads
from tests.helpers.sizes import WORDS, ragged_batch, small_config

set_threads(1)

def train(ranks, dtype, lazy):
    model = NRMS.create(small_config(dropout=0.3), [f"w{i}" for i in range(WORDS)])
    # Larger than first values, so that no gradient is little more than rounding.
    rng = np.random.default_rng(7)
    model.parameters = {n: (0.5 * rng.standard_normal(p.shape)).astype(dtype) for n, p in model.parameters.items()}
    adam, first = Adam(model.parameters, 1e-3, lazy=lazy), None
    for step in range(100):
        batch = ragged_batch()
        # Three samples on two or three ranks, then one sample, so that some have none.
        batch = batch if step % 2 == 0 else batch._replace(
            histories=batch.histories.between(0, 1), candidates=batch.candidates[:1]
        )
        loss, gradients = ranks.total(*model.loss_and_row_gradients(ranks.share(batch), step))
        if first is None:
            first = {n: (g.dense(WORDS) if isinstance(g, RowGradient) else g).copy() for n, g in gradients.items()}
        adam.step(model.parameters, gradients)
    return model.parameters, first

def apart(one, other):
    return max(float(np.linalg.norm(one[n] - other[n]) / max(np.linalg.norm(other[n]), 1e-30)) for n in one)

ranks, found = started_ranks(), {}
for name in ("float64", "float32"):
    for lazy in (False, True):
        ours, first = train(ranks, np.dtype(name), lazy)
        theirs, theirs_first = train(ALONE, np.dtype(name), lazy)
        found[name] = max(found.get(name, 0), apart(ours, theirs))
found["first"] = apart(first, theirs_first)
print(json.dumps(found) + "\\n", end="", flush=True)
"""


@needs_mpi
@pytest.mark.slow
def test_resume_with_another_number_of_ranks(clicks, tmp_path):
    for out, steps in (("whole", [(1, 6)]), ("parts", [(2, 2), (3, 4), (1, 6)])):
        for ranks, epochs in steps:
            more = ["--epochs", epochs, "--patience", 99, "--resume"]
            done = run(ranks, "nrms_np.train", *settings(clicks, tmp_path / out, *more))
            assert done.returncode == 0, done.stderr
    one, other = saved(tmp_path / "whole", "checkpoint.npz"), saved(tmp_path / "parts", "checkpoint.npz")
    for name, value in one.items():
        assert np.linalg.norm(other[name] - value) <= 1e-2 * np.linalg.norm(value), name


@needs_mpi
@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "raises", "SIGTERM"])
def test_one_rank_ends_all(clicks, tmp_path, how):
    out = tmp_path / "run"
    more = ["--epochs", 100_000, "--patience", 100_000, "--checkpoint-minutes", 0.001]
    environment = dict(ENVIRONMENT)
    if how == "raises":  # on the second rank alone, after some steps
        (tmp_path / "sitecustomize.py").write_text(RAISES)
        environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
    process = subprocess.Popen(
        command(2, "nrms_np.train", *settings(clicks, out, *more)),
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 100
    while not (out / "checkpoint.npz").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    began = time.monotonic()
    if how == "killed":
        victim = next(number for number, line in processes_of(out).items() if b"mpirun" not in line)
        os.kill(victim, signal.SIGKILL)
    elif how == "SIGTERM":
        process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    while processes_of(out):
        assert time.monotonic() - began < 30
        time.sleep(0.2)
    if how == "raises":
        assert errors.count("the disk of rank 1 is gone") == 1
    resumed = run(1, "nrms_np.train", *settings(clicks, out, "--epochs", 1, "--resume"))
    assert "cannot be 1, less than that" in resumed.stderr or resumed.returncode == 0, resumed.stderr


RAISES = """
import os
if os.environ.get("OMPI_COMM_WORLD_RANK", os.environ.get("PMI_RANK")) == "1":
    import nrms_np.training.adam as adam
    from nrms_np.errors import NrmsError
    step = adam.Adam.step
    def broken(self, *arguments):
        if self.steps == 7:
            raise NrmsError("the disk of rank 1 is gone")
        return step(self, *arguments)
    adam.Adam.step = broken
"""
