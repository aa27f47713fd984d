"""Candidates that are drawn: from the right time and people, by weight, and so that only the news tell which was clicked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nrms_np.data.convert import drawing
from nrms_np.data.convert.cells import DAY
from nrms_np.data.convert.drawing import DRAWN, draw_candidates
from nrms_np.data.convert.log import Clicks


def some_clicks(seed: int, users: int, news: int, count: int = 400) -> Clicks:
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 4 * 24, count) * (DAY // 24)  # many at the same instant
    return Clicks(rng.integers(0, users, count), times, (rng.random(count) ** 3 * news).astype(np.int64))


@pytest.mark.parametrize(("users", "news"), [(150, 120), (30, 18), (5, 60)])
@pytest.mark.parametrize("rounds", [(32, 256), (2,), ()])
def test_only_what_others_clicked_in_the_24_hours_before_and_this_user_not_yet(
    users: int, news: int, rounds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_ROUNDS", rounds)
    monkeypatch.setattr(drawing, "_BLOCK", 130)
    clicks = some_clicks(1, users, news)
    one, again = draw_candidates(clicks, news, seed=3)
    expected, repeats = Counter(), 0
    order = np.argsort(clicks.times, kind="stable")
    seen = set()
    for user, time, item in zip(*(values[order].tolist() for values in clicks), strict=True):
        if (user, item) in seen:
            repeats += 1
            continue
        seen.add((user, item))
        own = set(clicks.news[(clicks.users == user) & (clicks.times <= time)].tolist())
        window = (clicks.times >= time - DAY) & (clicks.times < time)
        others = set(clicks.news[window].tolist()) - own
        if others:
            expected[user, time, item, frozenset(others)] += 1
    found = Counter()
    pools = {key[:3]: key[3] for key in expected}
    for i in range(one.candidates.count):
        page = one.candidates.sequence(i).tolist()
        hit = one.clicked[one.candidates.offsets[i] : one.candidates.offsets[i + 1]]
        assert hit.sum() == 1
        item = page[int(np.argmax(hit))]
        key = int(one.users[i]), int(one.times[i]), item
        drawn = [other for other in page if other != item]
        assert len(drawn) == len(set(drawn)) == min(DRAWN, len(pools[key]))
        assert set(drawn) <= pools[key]
        found[(*key, pools[key])] += 1
    assert found == expected
    assert again == repeats
    assert (np.diff(one.times) >= 0).all()


def test_the_clicked_one_stands_anywhere() -> None:
    one, _ = draw_candidates(some_clicks(2, 100, 90), 90, seed=0)
    places = np.flatnonzero(one.clicked) - one.candidates.offsets[:-1]
    assert len(set(places.tolist())) == DRAWN + 1


@pytest.mark.parametrize("rounds", [(32, 256), ()])
def test_what_is_clicked_more_is_drawn_more(rounds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 news the item k has 1 + k % 4 clicks; first draws by weight, without replacement, as a plain simulation does them."""
    monkeypatch.setattr(drawing, "_ROUNDS", rounds)
    weights = np.array([1 + k % 4 for k in range(40)])
    before = np.repeat(np.arange(40), weights)
    many = 1000
    clicks = Clicks(
        np.concatenate([np.zeros(len(before), dtype=int), 1 + np.arange(many)]),
        np.concatenate([np.zeros(len(before), dtype=int), np.full(many, DAY // 2)]),
        np.concatenate([before, np.full(many, 40)]),
    )
    one, _ = draw_candidates(clicks, 41, seed=1)
    assert one.candidates.count == many
    shares = np.bincount(one.candidates.index, minlength=41)[:40] / many
    rng = np.random.default_rng(9)
    simulated = [rng.choice(40, DRAWN, replace=False, p=weights / weights.sum()) for _ in range(many)]
    expected = np.bincount(np.concatenate(simulated), minlength=40) / many
    # Four standard errors of a difference are 4 · sqrt(2 · 0.25 / 1000).
    assert np.abs(shares - expected).max() < 0.09
    assert shares[3::4].mean() > 1.5 * shares[0::4].mean()


@pytest.mark.parametrize("rounds", [(32, 256), ()])
def test_neither_the_history_nor_the_future_tells_the_clicked_one(
    rounds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On clicks that are purely random no rule can know; each rule scores a candidate 1 or 0, and the AUC is a mean over pairs."""
    monkeypatch.setattr(drawing, "_ROUNDS", rounds)
    means = []
    for seed in range(20):
        rng = np.random.default_rng([7, seed])
        users, news = rng.integers(0, 30, 900), rng.integers(0, 60, 900)
        times = rng.integers(0, 6 * 24 * 60, 900) * (DAY // 1440)
        one, _ = draw_candidates(Clicks(users, times, news), 60, seed)
        first, last = np.full((30, 60), 6 * DAY), np.full((30, 60), -1)
        np.minimum.at(first, (users, news), times)
        np.maximum.at(last, (users, news), times)
        lengths = one.candidates.lengths
        who, when = np.repeat(one.users, lengths), np.repeat(one.times, lengths)
        row = np.repeat(np.arange(len(lengths)), lengths)
        aucs = []
        for score in (first[who, one.candidates.index] < when, last[who, one.candidates.index] > when):
            high = np.bincount(row, score * ~one.clicked) / (lengths - 1)
            aucs.append(np.mean(0.5 + (score[one.clicked] - high) / 2))
        means.append(aucs)
    history, later = np.array(means).T
    assert (history == 0.5).all()
    error = later.std(ddof=1) / np.sqrt(len(later))
    assert error < 0.004
    assert abs(later.mean() - 0.5) < 4 * error
