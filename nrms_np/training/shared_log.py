"""A data set that the ranks of a machine read once and hold once, in memory that all of them see."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.data.behaviors import Behaviors, Dropped
from nrms_np.data.dataset import Dataset, Split
from nrms_np.data.news import News
from nrms_np.data.vocabulary import Vocabulary
from nrms_np.packed import Packed

ALIGNED = 64
"""Each array starts at a multiple of this many bytes."""


def read_once(machine: Any, read: Callable[[], Dataset]) -> Dataset:
    """The data set that `read` returns, called on one rank of a machine alone.

    machine: the communicator (`mpi4py.MPI.Comm`) of its ranks.
    The others get what training needs, no ids and no titles as texts. Arrays stand in memory of MPI's that the ranks of a machine
    share, and live as long as the process.
    """
    reads = machine.Get_rank() == 0
    data = read() if reads else None
    arrays = {} if data is None else arrays_of(data)
    told = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
    rest = {"tokens": data.vocabulary.tokens, "folder": str(data.folder)} if data is not None else {}
    layout = json.loads(_text(machine, json.dumps([told, rest])))
    shared = _shared(machine, layout[0], arrays)
    if data is not None:
        return with_arrays(data, shared)
    words = shared["words"].tobytes().decode().split("\n")
    names = [name for name in ("train", "dev", "test") if f"{name}/clicked" in shared]
    none = Packed.from_lists([])
    nothing = {name: Split(News([], [], [], []), Behaviors([], [], none, none, None, Dropped())) for name in names}
    return with_arrays(
        Dataset(
            nothing["train"], nothing["dev"], Vocabulary(words, layout[1]["tokens"]), none, none, None, [], [],
            Path(layout[1]["folder"]), None, nothing.get("test"), none,
        ),
        shared,
    )  # fmt: skip


def arrays_of(data: Dataset) -> dict[str, Any]:
    """All that training needs of a data set, as arrays by name."""
    arrays: dict[str, Any] = {"words": np.frombuffer("\n".join(data.vocabulary.words).encode(), np.uint8)}
    if data.word_vectors is not None:
        arrays["word_vectors"] = data.word_vectors
    for name, split, titles in _splits(data):
        behaviors = split.behaviors
        for kind, packed in (
            ("histories", behaviors.histories),
            ("candidates", behaviors.candidates),
            ("titles", titles),
        ):
            arrays |= {f"{name}/{kind}/index": packed.index, f"{name}/{kind}/offsets": packed.offsets}
        arrays[f"{name}/clicked"] = behaviors.clicked
    return arrays


def with_arrays(data: Dataset, arrays: dict[str, Any]) -> Dataset:
    """The same data set with these arrays in place of its own."""

    def packed(name: str) -> Packed:
        return Packed(arrays[f"{name}/index"], arrays[f"{name}/offsets"])

    changes: dict[str, Any] = {"word_vectors": arrays.get("word_vectors")}
    for name, split, _ in _splits(data):
        behaviors = replace(
            split.behaviors, histories=packed(f"{name}/histories"), candidates=packed(f"{name}/candidates"),
            clicked=arrays[f"{name}/clicked"],
        )  # fmt: skip
        changes |= {name: replace(split, behaviors=behaviors), f"{name}_titles": packed(f"{name}/titles")}
    return replace(data, **changes)


def _splits(data: Dataset) -> list[tuple[str, Split, Packed]]:
    found = [("train", data.train, data.train_titles), ("dev", data.dev, data.dev_titles)]
    if data.test is not None and data.test_titles is not None:
        found.append(("test", data.test, data.test_titles))
    return found


def _text(machine: Any, text: str) -> str:
    """The first rank's text, on all ranks of a machine."""
    length = np.array([len(text.encode())], np.int64)
    machine.Bcast(length)
    letters = np.zeros(int(length[0]), np.uint8)
    if machine.Get_rank() == 0:
        letters[:] = np.frombuffer(text.encode(), np.uint8)
    machine.Bcast(letters)
    return letters.tobytes().decode()


def _shared(machine: Any, layout: dict[str, Any], arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays of these types and shapes in shared memory, filled from those of the machine's first rank."""
    from mpi4py import MPI

    starts, total = {}, 0
    for name, (dtype, shape) in layout.items():
        starts[name] = total
        total += -(-int(np.dtype(dtype).itemsize * np.prod(shape, dtype=np.int64)) // ALIGNED) * ALIGNED
    window = MPI.Win.Allocate_shared(total if machine.Get_rank() == 0 else 0, 1, comm=machine)
    buffer: Any = window.Shared_query(0)[0]
    memory = np.frombuffer(buffer, np.uint8, count=total)
    found = {}
    for name, (dtype, shape) in layout.items():
        size = int(np.prod(shape, dtype=np.int64))
        found[name] = (
            np.ndarray(shape, np.dtype(dtype), memory[starts[name] :].data)
            if size
            else np.zeros(shape, np.dtype(dtype))
        )
        if name in arrays:
            found[name][...] = arrays[name]
    machine.Barrier()
    return found
