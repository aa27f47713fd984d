from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.dataset import Split, read_split
from nrms_np.data.demo.corpus import Corpus, corpus

COMMITTED = Path(__file__).parents[3] / "data" / "demo"


@pytest.fixture(scope="session")
def committed() -> Path:
    return COMMITTED


@pytest.fixture(scope="session")
def made() -> Corpus:
    return corpus(seed=1)


@pytest.fixture(scope="session")
def train() -> Split:
    return read_split(COMMITTED / "train", history_length=50)


@pytest.fixture(scope="session")
def dev() -> Split:
    return read_split(COMMITTED / "dev", history_length=50)
