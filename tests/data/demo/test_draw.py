from __future__ import annotations

import numpy as np

from nrms_np.data.demo.draw import Weighted, segments, whole


def test_no_row_is_drawn_twice_within_a_group() -> None:
    weighted = Weighted(whole(1 / np.arange(3, 33)))
    groups = np.repeat(np.arange(40), 11)
    rows = weighted.distinct(groups, np.random.default_rng([3, 5]))
    assert len(set(zip(groups.tolist(), rows.tolist(), strict=True))) == len(rows)
    assert np.mean(rows < 15) > 0.6
    assert rows.min() >= 0
    assert rows.max() < 30


def test_segments_are_drawn_as_often_as_the_table_says() -> None:
    lengths = segments(((0, 0, 250), (3, 5, 750)), 4000, np.random.default_rng([3, 6]))
    assert set(lengths.tolist()) == {0, 3, 4, 5}
    assert abs(np.mean(lengths == 0) - 0.25) < 0.03
