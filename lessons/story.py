"""One impression and one small model, whose numbers run through the whole course.

The Rockets are a basketball team; rockets also fly to the Moon. A reader clicked on *Coaches win again and again* and on
*Moon launch*, so sport and space are both theirs. Now they are shown *Rockets win again*, *Rockets launch again* and *Bank
rates rise*, and click on the first.

A word vector has four numbers with names: sport, space, action, time. The matrices are chosen so that the names stay true all
the way: each number of a news vector, and of the user vector, still means sport, space, action or time. Two heads. In head 0
each word looks for what tells its topic, and takes (sport, space) home. In head 1 it looks for when and what happens, and takes
(action, time) home. All values are a first guess of ours; training moves them like any others.
"""

from __future__ import annotations

import numpy as np

from nrms_np import NRMS, Config
from nrms_np.arrays import Array
from nrms_np.packed import Batch, Packed

DIMENSIONS = ("sport", "space", "action", "time")
HEADS = 2

WORDS = ["[unknown]", "rockets", "win", "launch", "again", "and", "coaches", "moon"]

TABLE = np.array(  # (words, D) = (8, 4)
    [  # sport, space, action, time
        [0.0, 0.0, 0.0, 0.0],  # [unknown]
        [1.0, 1.0, 0.0, 0.0],  # rockets: a bit of both
        [2.0, 0.0, 1.0, 0.0],  # win
        [0.0, 2.0, 1.0, 0.0],  # launch
        [0.0, 0.0, 0.0, 1.0],  # again
        [0.0, 0.0, 0.0, 0.0],  # and: says nothing
        [2.0, 0.0, 0.0, 0.0],  # coaches
        [0.0, 2.0, 0.0, 0.0],  # moon
    ]
)

TITLES = {
    "Coaches win again and again": [6, 2, 4, 5, 4],
    "Moon launch": [7, 3],
    "Rockets win again": [1, 2, 4],
    "Rockets launch again": [1, 3, 4],
    "Bank rates rise": [0, 0, 0],  # three words that the model does not know
}

HISTORY = ["Coaches win again and again", "Moon launch"]
CANDIDATES = ["Rockets win again", "Rockets launch again", "Bank rates rise"]
CLICKED = 0  # the place of the clicked one among the candidates
LEARNING_RATE = 0.05  # of the one step of plain gradient descent, after which *Rockets win again* is first

# Columns 0-1 are head 0, columns 2-3 head 1; rows are sport, space, action, time.
_NEWS = {
    "attention.Q": [[0.5, 0, 0.5, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 0], [0, 0, 0, 1]],
    "attention.K": [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 1], [0, 0, 2, 0]],
    "attention.V": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    "pool.W": [[1, 0], [1, 0], [0, 0], [0, 1]],  # one column reads the topic, one the time
    "pool.b": [-1.5, 0],
    "pool.q": [2, 1],
}
_USER = {
    "attention.Q": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    "attention.K": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    "attention.V": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    "pool.W": [[1, 0], [0, 1], [0, 0], [0, 0]],
    "pool.b": [0, 0],
    "pool.q": [1, 1],
}

PARAMETERS: dict[str, Array] = {
    "word_embedding": TABLE,
    **{f"news.{name}": np.array(values, dtype=float) for name, values in _NEWS.items()},
    **{f"user.{name}": np.array(values, dtype=float) for name, values in _USER.items()},
}


def words(title: str) -> list[str]:
    """The words of a title as they are in `WORDS`; [unknown] where one is not."""
    return [WORDS[row] for row in TITLES[title]]


def vectors(title: str) -> Array:
    """Word vectors of a title, x (T, 4)."""
    return TABLE[TITLES[title]]


def model() -> NRMS:
    """The model, with arrays of its own: training it leaves `PARAMETERS` alone."""
    config = Config(word_dim=4, heads=HEADS, head_dim=2, query_dim=2, dropout=0.0, negatives=2, backend="layers")
    return NRMS(config, list(WORDS), {name: value.copy() for name, value in PARAMETERS.items()})


def batch() -> Batch:
    """The impression as a batch of one sample: the news of the history first, then the candidates, the clicked one in front."""
    shown = [CANDIDATES[CLICKED], *(title for title in CANDIDATES if title != CANDIDATES[CLICKED])]
    news = [*HISTORY, *shown]
    return Batch(
        words=np.arange(len(WORDS), dtype=np.int32),  # all of them occur
        titles=Packed.from_lists(TITLES[title] for title in news),
        histories=Packed.from_lists([range(len(HISTORY))]),
        candidates=np.arange(len(HISTORY), len(news), dtype=np.int32)[None],
    )
