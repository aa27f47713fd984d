"""EB-NeRD: folders laid out as the data set is, of a made-up log and of the real sample beside the project, with made-up titles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nrms_np.data.convert.__main__ import main
from nrms_np.data.dataset import read_dataset
from nrms_np.errors import DataError
from tests.helpers.own_log import read_out

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

REAL = Path(__file__).parents[3].parent / "shared" / "real" / "ebnerd-sample"


def made_up() -> tuple[Any, Any]:
    """A thousand impressions of forty users, some of them in the same minute, and earlier and later clicks of one user more."""
    rng = np.random.default_rng(0)

    def times(days: range, count: int) -> np.ndarray:
        minutes = rng.integers(days.start * 1440, days.stop * 1440, count)
        return np.datetime64("2023-05-01", "us") + minutes.astype("timedelta64[m]")

    shown = [rng.choice(60, rng.integers(5, 10), replace=False).astype(np.int32) for _ in range(1000)]
    behaviors = {
        "impression_id": np.arange(1, 1001), "impression_time": times(range(7), 1000), "user_id": rng.integers(1, 41, 1000),
        "article_ids_inview": shown,
        "article_ids_clicked": [rng.choice(row, rng.integers(1, 3), replace=False) for row in shown],
    }  # fmt: skip
    counts = rng.integers(1, 90, 41)
    history = {
        "user_id": np.arange(1, 42), "impression_time_fixed": [np.sort(times(range(-21, 7), count)) for count in counts],
        "article_id_fixed": [rng.integers(0, 60, count, dtype=np.int32) for count in counts],
    }  # fmt: skip
    return pandas.DataFrame(behaviors), pandas.DataFrame(history)


@pytest.fixture(scope="module", params=["made up", "real"])
def sample(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    if request.param == "made up":
        return made_up()
    if not REAL.is_dir():
        pytest.skip("the real data are not beside the project")
    return tuple(pandas.read_parquet(REAL / f"{name}.parquet") for name in ("behaviors", "history"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sample: tuple[Any, Any]) -> Path:
    """Train is the first half of the impressions, validation the second; one article in fifty is missing."""
    place = tmp_path_factory.mktemp("ebnerd")
    behaviors, history = sample
    rows = [*behaviors.article_ids_inview, *history.article_id_fixed]
    ids = sorted({int(one) for row in rows for one in row})
    articles = pandas.DataFrame({"article_id": pandas.array(ids, dtype="int32")})
    articles["title"] = [f"Artikel {one} på dansk" for one in ids]
    articles["subtitle"] = "Undertitel"
    articles["category"], articles["category_str"] = 118, "krimi"
    articles["subcategory"] = [[1, 2]] * len(ids)
    articles[articles.index % 50 != 7].to_parquet(place / "articles.parquet")
    early = behaviors.impression_time < behaviors.impression_time.median()
    for name, part in (("train", behaviors[early]), ("validation", behaviors[~early])):
        (place / name).mkdir()
        part.to_parquet(place / name / "behaviors.parquet")
        history.to_parquet(place / name / "history.parquet")
    return place


def by_hand(behaviors: Any, history: Any, known: set[int]) -> dict[str, tuple[str, list[str], dict[str, int]]]:
    """User, history and labelled candidates of each impression with a click, by loops over the sample."""
    clicks: dict[int, list[tuple[Any, int]]] = {}
    for row in history.itertuples():
        clicks[row.user_id] = [
            *zip(map(pandas.Timestamp, row.impression_time_fixed), row.article_id_fixed, strict=True)
        ]
    for row in behaviors.sort_values("impression_time", kind="stable").itertuples():
        hits = [(row.impression_time, one) for one in row.article_ids_inview if one in set(row.article_ids_clicked)]
        clicks.setdefault(row.user_id, []).extend(hits)
    found = {}
    for row in behaviors.itertuples():
        candidates = {f"{one}": int(one in row.article_ids_clicked) for one in row.article_ids_inview if one in known}
        if any(candidates.values()):
            before = [pair for pair in clicks[row.user_id] if pair[0] < row.impression_time and pair[1] in known]
            before.sort(key=lambda pair: pair[0])
            found[str(row.impression_id)] = str(row.user_id), [str(one) for _, one in before][-50:], candidates
    return found


def test_a_sample_gives_what_a_plain_program_gives(tmp_path: Path, folder: Path, sample: tuple[Any, Any]) -> None:
    assert main(["--ebnerd", str(folder), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    known = set(pandas.read_parquet(folder / "articles.parquet").article_id)
    found = read_out(tmp_path / "out")
    for theirs, ours in (("train", "train"), ("validation", "dev")):
        behaviors = pandas.read_parquet(folder / theirs / "behaviors.parquet")
        expected = by_hand(behaviors, sample[1], known)
        assert expected == {name: (one[1], *one[3:]) for name, one in found.items() if one[0] == ours}
        assert len(expected) > 400
        assert any(history for _, history, _ in expected.values())
    facts = json.loads((tmp_path / "out" / "conversion.json").read_text(encoding="utf-8"))
    for tally in facts["read"]:
        assert tally["read"] == tally["used"] + sum(tally["dropped"].values()), tally
    assert facts["candidates_drawn"] is False
    data = read_dataset(tmp_path / "out", title_length=30, history_length=50, minimum_count=1)
    assert "Artikel" in data.train.news.titles[0]
    assert data.train.news.categories[0] == "krimi"


def test_what_is_missing_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match=r"articles.parquet: there is no such file"):
        main(["--ebnerd", str(tmp_path), "--out", str(tmp_path / "out")])
    (tmp_path / "articles.parquet").write_bytes((folder / "articles.parquet").read_bytes())
    (tmp_path / "train").mkdir()
    for name in ("behaviors", "history"):
        (tmp_path / "train" / f"{name}.parquet").write_bytes((folder / "train" / "behaviors.parquet").read_bytes())
    with pytest.raises(DataError, match=r"history.parquet: EB-NeRD's column 'impression_time_fixed' is missing"):
        main(["--ebnerd", str(tmp_path), "--out", str(tmp_path / "out")])
