"""Models that take too long to train in a page, lesson 14's: the build keeps those that it trains, and the page takes them."""

from __future__ import annotations

import json
from pathlib import Path

from lessons.evidence import lesson_14
from nrms_np import NRMS, Config
from nrms_np.data.dataset import Dataset

AUC = "auc.json"
FILES = (AUC, *(f"{arm}.npz" for arm in lesson_14.ARMS))


def keep(folder: Path) -> None:
    """From now on, what lesson 14 trains is written into a folder: a model for each arm, and the dev AUC of all."""
    train = lesson_14.train

    def trained(data: Dataset, config: Config) -> tuple[NRMS, float]:
        model, auc = train(data, config)
        folder.mkdir(parents=True, exist_ok=True)
        model.save(folder / f"{_arm(config)}.npz")
        known = json.loads((folder / AUC).read_text(encoding="utf-8")) if (folder / AUC).exists() else {}
        (folder / AUC).write_text(json.dumps(known | {_arm(config): auc}), encoding="utf-8")
        return model, auc

    lesson_14.train = trained


def take(folder: Path) -> None:
    """From now on, lesson 14 finds its models there instead of training them."""

    def trained(_data: Dataset, config: Config) -> tuple[NRMS, float]:
        aucs = json.loads((folder / AUC).read_text(encoding="utf-8"))
        return NRMS.load(folder / f"{_arm(config)}.npz"), aucs[_arm(config)]

    lesson_14.train = trained


def _arm(config: Config) -> str:
    return next(arm for arm, ablated in lesson_14.ARMS.items() if ablated == config.ablate)
