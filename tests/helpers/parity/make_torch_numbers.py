"""Write torch_numbers.npz: what PyTorch computes in the setting of trajectory.py.

Run: python -m tests.helpers.parity.make_torch_numbers
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.helpers.parity.trajectory import BATCHES, FORMS, RATE, STEPS, WORDS, batch_of, config_of, first_parameters

ROOT = Path(__file__).resolve().parents[3]
WIDTHS = (19, 8)  # words and clicks that titles and histories are padded to
NUMBERS = Path(__file__).with_name("torch_numbers.npz")


def torch_trajectory(attention: str) -> tuple[list[float], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Losses of all steps, the gradients of the first, the parameters after the last: padded, masked, ordinary Adam."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import torch

    from torch_nrms import PaddedNRMS, click_loss, pad_batch, train_step

    torch.set_num_threads(1)  # the arrays are tiny
    config = config_of(attention)
    model = PaddedNRMS(
        words=WORDS, word_dim=config.word_dim, heads=config.heads, head_dim=config.head_dim, query_dim=config.query_dim,
        attention=attention, word_dropout=0.0,
    )  # fmt: skip
    model.load_parameters(first_parameters(attention))
    batches = [pad_batch(batch_of(step), *WIDTHS) for step in range(BATCHES)]
    click_loss(model.scores(batches[0])).backward()
    first_gradients = model.gradients()
    optimizers = model.optimizers(RATE)
    losses = [train_step(model, optimizers, batches[step % BATCHES]) for step in range(STEPS)]
    return losses, first_gradients, model.parameters_by_name()


def main() -> None:
    """Write the file."""
    arrays: dict[str, np.ndarray] = {}
    for attention in FORMS:
        losses, gradients, parameters = torch_trajectory(attention)
        arrays[f"{attention}/losses"] = np.array(losses)
        arrays |= {f"{attention}/gradient/{name}": value for name, value in gradients.items()}
        arrays |= {f"{attention}/parameter/{name}": value for name, value in parameters.items()}
    np.savez_compressed(NUMBERS, **arrays)
    print(f"{NUMBERS}: {NUMBERS.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
