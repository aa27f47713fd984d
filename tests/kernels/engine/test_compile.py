"""What one process compiles, the next one finds on disk: a second training starts at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

STEP = """
from numba.core import event
with event.install_recorder("numba:compile") as compiled:
    from nrms_np.model import NRMS
    assert not compiled.buffer, "something is compiled at import"
    from tests.helpers.sizes import WORDS, ragged_batch, small_config
    from nrms_np.training.adam import Adam
    model = NRMS.create(small_config(heads=20, head_dim=4), [str(i) for i in range(WORDS)])
    _, gradients = model.loss_and_row_gradients(ragged_batch(), dropout_step=1)
    Adam(model.parameters, 0.1).step(model.parameters, gradients)
print(len(compiled.buffer))
"""


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="compilation is switched off")
def test_a_second_process_compiles_nothing(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    numbers = []
    for _ in range(2):
        answer = subprocess.run(
            [sys.executable, "-c", STEP], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0, answer.stderr
        numbers.append(int(answer.stdout))
    first, second = numbers
    assert first > 10
    assert second == 0
