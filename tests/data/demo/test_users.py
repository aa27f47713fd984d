from __future__ import annotations

from collections import Counter
from pathlib import Path


def test_histories_go_from_none_over_one_to_more_than_50(committed: Path) -> None:
    lengths = Counter(len(history) for history in _histories(committed / "train" / "behaviors.tsv"))
    total = lengths.total()
    assert 0.01 < lengths[0] / total < 0.05
    assert lengths[1] > 0
    assert 0.02 < sum(count for length, count in lengths.items() if length > 50) / total < 0.1


def _histories(path: Path) -> list[list[str]]:
    return [line.split("\t")[3].split() for line in path.read_text(encoding="utf-8").splitlines()]
