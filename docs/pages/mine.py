"""What the page 'Build your own NRMS' asks Python for: `lessons.mine` on the small world, told to the page as it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lessons.exercise_files import EXERCISES
from lessons.mine.__main__ import put_together
from lessons.mine.table import reasons
from lessons.mine.training import Row, impressions, settings, small_world, train, train_beside

TOLD = ("epoch", "step", "loss", "auc")
"""What of an epoch's metrics the curve shows."""


def mine(tell: Callable[..., None], packages: list[Row]) -> dict[str, Any]:
    """Put the reader's pieces together, say whose each is, and train the small world with them.

    packages: the epochs of the package's own training, as `packages_curve` recorded them. Returns whether anything was trained.
    """
    made = put_together(EXERCISES)
    tell("pieces", states=made.pieces.states, errors=made.errors, reasons=reasons(made.pieces, made.errors))
    if made.backend is None:
        return {"trained": False}
    if not made.pieces.own:
        print("\nNothing here is yours yet: it trains with the package's pieces. Begin with lesson 02.")
    data = small_world()
    print(f"\nThe small world of lesson 11: {impressions(data)}")
    train_beside(packages, data, settings(backend="layers"), made.backend,
                 lambda row: tell("curve", **_told(row)), lambda step, loss: tell("curve", step=step, loss=loss))  # fmt: skip
    return {"trained": True}


def packages_curve() -> dict[str, Any]:
    """The same training with the package's pieces: its epochs, and the loss of each step."""
    losses: list[float] = []
    rows = train(small_world(), settings(), None, lambda _: None, lambda _step, loss: losses.append(round(loss, 4)))
    return {"epochs": [_told(row) for row in rows], "losses": losses}


def _told(row: Row) -> Row:
    return {name: row[name] for name in TOLD}
