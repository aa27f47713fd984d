"""What one process compiles, the next one finds on disk, unless a file that the loops are made of has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

STEP = """
from numba.core import event
with event.install_recorder("numba:compile") as compiled:
    from nrms_np.model import NRMS
    assert not compiled.buffer, "something is compiled at import"
    from tests.helpers.sizes import WORDS, ragged_batch, small_config
    from nrms_np.training.adam import Adam
    model = NRMS.create(small_config(heads=20, head_dim=4), [str(i) for i in range(WORDS)])
    _, gradients = model.loss_and_row_gradients(ragged_batch(), dropout_step=1)
    for lazy in (True, False):
        Adam(model.parameters, 0.1, lazy=lazy).step(model.parameters, gradients)
print(len(compiled.buffer))
"""

SCORES = """
import numpy as np
from nrms_np.kernels import projected_attention_forward
from nrms_np.packed import Packed
table = np.arange(6.0).reshape(3, 2) / 10
h, _ = projected_attention_forward(table, Packed.from_lists([[0, 1, 2]]), np.eye(2), np.eye(2), np.eye(2), 1, 1.0)
print(repr(h.tolist()))
"""

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="compilation is switched off")


def run(code, folder, **environment):
    """What a new process prints that runs the code in a folder."""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    first, second = (int(run(STEP, ROOT, NUMBA_CACHE_DIR=str(tmp_path))) for _ in range(2))
    assert first > 10
    assert second == 0


@pytest.mark.slow
def test_a_change_of_a_file_that_the_loops_are_made_of_is_noticed(tmp_path):
    shutil.copytree(ROOT / "nrms_np", tmp_path / "nrms_np", ignore=shutil.ignore_patterns("__pycache__"))
    before = run(SCORES, tmp_path)
    file = tmp_path / "nrms_np/kernels/engine/lane_instructions.py"
    source = file.read_text(encoding="utf-8")
    # Multiply and add becomes multiply and subtract.
    changed = source.replace("total: to.fadd(to.fmul(x, y", "total: to.fsub(to.fmul(x, y")
    assert changed != source
    file.write_text(changed, encoding="utf-8")
    assert run(SCORES, tmp_path) != before
    file.write_text(source, encoding="utf-8")
    assert run(SCORES, tmp_path) == before
    kept = list((tmp_path / "nrms_np/kernels/engine/__pycache__").glob("loops-*"))
    assert len(kept) == 1, "loops of other sources are removed"
