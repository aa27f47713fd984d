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

Arrays = dict[str, Any]

ALIGNED = 64
"""Each array starts at a multiple of this many bytes."""


NONE = Packed.from_lists([])


def read_once(machine: Any, read: Callable[[], Dataset]) -> Dataset:
    """The data set that `read` returns, called on one rank of a machine alone.

    machine: the communicator (`mpi4py.MPI.Comm`) of its ranks.
    The others get what training needs, no ids and no titles as texts. Arrays stand in memory of MPI's that the ranks of a machine
    share, and live as long as the process.
    """
    data: list[Dataset] = []

    def arrays() -> Arrays:
        data.append(read())
        told = {"tokens": data[0].vocabulary.tokens, "folder": str(data[0].folder)}
        return {**arrays_of(data[0]), "told": np.frombuffer(json.dumps(told).encode(), np.uint8)}

    shared = held_once(machine, arrays)
    if data:
        return with_arrays(data[0], shared)
    words, told = shared["words"].tobytes().decode().split("\n"), json.loads(shared["told"].tobytes())
    nothing = {name: nothing_of() for name in ("train", "dev", "test") if f"{name}/clicked" in shared}
    return with_arrays(
        Dataset(
            nothing["train"], nothing["dev"], Vocabulary(words, told["tokens"]), NONE, NONE, None, [], [], Path(told["folder"]),
            None, nothing.get("test"), NONE,
        ),
        shared,
    )  # fmt: skip


def read_split_once(machine: Any, read: Callable[[], tuple[Split, Packed]]) -> tuple[Split, Packed]:
    """The same for a split and its titles as rows of a vocabulary."""
    found: list[tuple[Split, Packed]] = []

    def arrays() -> Arrays:
        found.append(read())
        return arrays_of_split("split", *found[0])

    shared = held_once(machine, arrays)
    return split_with("split", found[0][0] if found else nothing_of(), shared)


def nothing_of() -> Split:
    """A split without impressions."""
    return Split(News([], [], [], []), Behaviors([], [], NONE, NONE, None, Dropped()))


def arrays_of(data: Dataset) -> Arrays:
    """All that training needs of a data set, as arrays by name."""
    arrays: Arrays = {"words": np.frombuffer("\n".join(data.vocabulary.words).encode(), np.uint8)}
    if data.word_vectors is not None:
        arrays["word_vectors"] = data.word_vectors
    for each in _splits(data):
        arrays |= arrays_of_split(*each)
    return arrays


def arrays_of_split(name: str, split: Split, titles: Packed) -> Arrays:
    """The sequences and the clicks of a split; their names begin with `name`."""
    behaviors = split.behaviors
    sequences = {"histories": behaviors.histories, "candidates": behaviors.candidates, "titles": titles}
    arrays = {
        f"{name}/{kind}/{field}": array for kind, each in sequences.items() for field, array in each._asdict().items()
    }
    return arrays if behaviors.clicked is None else {**arrays, f"{name}/clicked": behaviors.clicked}


def with_arrays(data: Dataset, arrays: Arrays) -> Dataset:
    """The same data set with these arrays in place of its own."""
    changes: Arrays = {"word_vectors": arrays.get("word_vectors")}
    for name, split, _ in _splits(data):
        changes[name], changes[f"{name}_titles"] = split_with(name, split, arrays)
    return replace(data, **changes)


def split_with(name: str, split: Split, arrays: Arrays) -> tuple[Split, Packed]:
    """The same split with these arrays in place of its own, and its titles."""
    histories, candidates, titles = (
        Packed(arrays[f"{name}/{kind}/index"], arrays[f"{name}/{kind}/offsets"])
        for kind in ("histories", "candidates", "titles")
    )
    clicked = arrays.get(f"{name}/clicked")
    behaviors = replace(split.behaviors, histories=histories, candidates=candidates, clicked=clicked)
    return replace(split, behaviors=behaviors), titles


def _splits(data: Dataset) -> list[tuple[str, Split, Packed]]:
    found = [("train", data.train, data.train_titles), ("dev", data.dev, data.dev_titles)]
    if data.test is not None and data.test_titles is not None:
        found.append(("test", data.test, data.test_titles))
    return found


def held_once(machine: Any, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays that `compute` returns, called on one rank of a machine, in memory that all of them share."""
    arrays = compute() if machine.Get_rank() == 0 else {}
    told = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
    return _shared(machine, json.loads(_text(machine, json.dumps(told))), arrays)


def _text(machine: Any, text: str) -> str:
    """The first rank's text, on all ranks of a machine."""
    length = np.array([len(text.encode())], np.int64)
    machine.Bcast(length)
    letters = np.zeros(int(length[0]), np.uint8)
    if machine.Get_rank() == 0:
        letters[:] = np.frombuffer(text.encode(), np.uint8)
    machine.Bcast(letters)
    return letters.tobytes().decode()


def _shared(machine: Any, layout: dict[str, Any], arrays: Arrays) -> Arrays:
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
