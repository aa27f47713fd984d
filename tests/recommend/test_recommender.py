"""Recommender: ranks as the model does, says what happens where the model knows nothing, and stands threads and copies."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import pytest

from nrms_np import NRMS, Config, Packed, Recommender
from nrms_np.errors import DataError, ModelFileError, NrmsError, UnknownNewsError
from tests.helpers.tiny_run import TITLES, WORDS, write_run

NEWS = {name: title for name, (_, title) in TITLES.items()}
KNOWN = [name for name in NEWS if name != "N6"]  # N6 has no title


@pytest.fixture
def recommender(tmp_path: Path) -> Recommender:
    recommender = Recommender.load(write_run(tmp_path / "run"))
    recommender.add(NEWS)
    return recommender


def scores_of(model: NRMS, history: list[str], candidates: list[str]) -> dict[str, float]:
    """The model's own scores, without anything of Recommender."""
    vectors = model.encode_news(list(NEWS.values()))
    place = {name: row for row, name in enumerate(NEWS)}
    user = model.encode_users(vectors, Packed.from_lists([[place[name] for name in history]]))[0]
    return {name: float(vectors[place[name]] @ user) for name in candidates}


def test_it_ranks_by_the_models_scores(recommender: Recommender) -> None:
    wanted = scores_of(recommender.model, ["N1", "N2"], ["N3", "N4", "N5", "N7"])
    ranked = recommender.rank(["N1", "N2"], ["N3", "N4", "N5", "N7"])
    assert [name for name, _ in ranked] == sorted(wanted, key=lambda name: -wanted[name])
    assert dict(ranked) == pytest.approx(wanted, abs=1e-6)
    assert all(type(name) is str and type(score) is float for name, score in ranked)
    assert recommender.rank(["N1", "N2"], ["N3", "N4", "N5", "N7"], top=2) == ranked[:2]
    vectors, user = recommender.news_vectors(), recommender.user_vector(["N1", "N2"])
    by_hand = dict(zip(recommender.news, (vectors @ user).tolist(), strict=True))
    assert {name: by_hand[name] for name in wanted} == pytest.approx(wanted, abs=1e-6)


def test_without_candidates_all_news_are_ranked_but_those_seen(recommender: Recommender) -> None:
    assert {name for name, _ in recommender.rank(["N1", "N2"])} == NEWS.keys() - {"N1", "N2"}
    assert {name for name, _ in recommender.rank(["N1", "N2"], seen=True)} == NEWS.keys()
    assert [name for name, _ in recommender.rank(["N1"], ["N1", "N2"])] == ["N2"]
    assert recommender.rank(["N1"], []) == []


def test_only_the_last_clicks_with_a_known_word_are_used(recommender: Recommender) -> None:
    recommender.add({"zzz": "Zzz yyy"})
    history = ["N7", "N3", "N6", "N5", "zzz", "N4", "N3", "N2"]
    assert recommender.used(history) == ["N3", "N5", "N4", "N3", "N2"]
    wanted = scores_of(recommender.model, ["N3", "N5", "N4", "N3", "N2"], ["N1"])
    assert dict(recommender.rank(history, ["N1"])) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("history", [[], ["N6"], ["zzz"]])
def test_a_history_that_says_nothing_falls_back_to_clicks_then_to_the_newest(
    history: list[str], recommender: Recommender
) -> None:
    recommender.add({"zzz": "Zzz yyy"})
    newest_first = [name for name in reversed(KNOWN) if name not in history]
    unknown = [name for name in ("zzz", "N6") if name not in history]
    assert recommender.rank(history) == [(name, 0.0) for name in [*newest_first, *unknown]]
    recommender.add({}, clicks={"N3": 2, "N2": 7})
    assert recommender.rank(history, top=3) == [("N2", 7.0), ("N3", 2.0), (newest_first[0], 0.0)]
    recommender.add({"ppp": "Ppp"}, clicks={"ppp": 2})  # what was clicked keeps its place though its words are unknown
    assert recommender.rank(history, top=4) == [("N2", 7.0), ("N3", 2.0), ("ppp", 2.0), (newest_first[0], 0.0)]
    assert recommender.rank(history, ["N4", "N7", "N3"]) == [("N3", 2.0), ("N4", 0.0), ("N7", 0.0)]
    assert recommender.used(history) == []
    with pytest.raises(NrmsError, match="no title with a known word"):
        recommender.user_vector(history)


def test_candidates_without_a_known_word_stand_last_by_their_clicks(recommender: Recommender) -> None:
    recommender.add({"zzz": "Zzz yyy", "ppp": "Ppp"}, clicks={"ppp": 3})
    ranked = recommender.rank(["N1"], ["zzz", "N6", "ppp", "N2"])
    assert [name for name, _ in ranked] == ["N2", "ppp", "zzz", "N6"]
    assert [score for _, score in ranked[1:]] == [-np.inf] * 3
    assert not recommender.news_vectors()[-2:].any()
    # Equal scores of known words keep the order of the candidates, whatever their clicks.
    recommender.add({"N8": NEWS["N2"]}, clicks={"N8": 5})
    ranked = recommender.rank(["N1"], ["N6", "N2", "N8"], duplicates=True)
    assert [name for name, _ in ranked] == ["N2", "N8", "N6"]


def test_equal_headlines_do_not_fill_the_list(recommender: Recommender) -> None:
    recommender.add({"N8": "The best  PIE", "N9": "rockets launch", "N10": ""})
    assert {name for name, _ in recommender.rank(["N1"], ["N5", "N8", "N2", "N6", "N10"])} == {"N5", "N2", "N6", "N10"}
    every = recommender.rank(["N1"], ["N5", "N8", "N2"], duplicates=True)
    assert {name for name, _ in every} == {"N5", "N8", "N2"}
    # What was read under another id was read; a candidate named twice is ranked once.
    for duplicates in (False, True):
        assert [name for name, _ in recommender.rank(["N9"], ["N2", "N4"], duplicates=duplicates)] == ["N4"]
        seen = recommender.rank(["N9"], ["N2", "N4"], seen=True, duplicates=duplicates)
        assert {name for name, _ in seen} == {"N2", "N4"}
    assert [name for name, _ in recommender.rank(["N1"], ["N4", "N4"], duplicates=True)] == ["N4"]
    # Titles without a letter are no headline that others could have too.
    recommender.add({"N11": " ", "N12": "  "})
    assert [name for name, _ in recommender.rank([], ["N11", "N12"])] == ["N11", "N12"]


def test_unknown_ids_are_named(recommender: Recommender) -> None:
    for call in (
        lambda: recommender.rank(["N1", "N98", "N99"]),
        lambda: recommender.rank([], ["N98", "N99", "N98"]),
        lambda: recommender.remove(["N1", "N98", "N99"]),
        lambda: recommender.add({}, clicks={"N98": 1, "N99": 2}),
    ):
        with pytest.raises(UnknownNewsError, match="has no news N98, N99; add them first") as raised:
            call()
        assert raised.value.ids == ["N98", "N99"]
    assert list(recommender.news) == list(NEWS)
    with pytest.raises(NrmsError, match="as a list of ids, not as the text 'N1'"):
        recommender.rank("N1")
    with pytest.raises(UnknownNewsError, match="and 15 more"):
        recommender.rank([str(i) for i in range(25)])
    with pytest.raises(UnknownNewsError, match="has no news N98, 1; ids are texts, and 1 is none"):
        recommender.rank(["N98", 1])  # type: ignore[list-item]


def test_what_cannot_be_added_is_refused_and_nothing_changes(recommender: Recommender) -> None:
    for wrong, sentence in (
        ({"news": {"N8": "Good", "N9": None}}, "title of the news 'N9' is None"),
        ({"news": {1: ""}}, "the id 1 of a news item must be a text"),
        *(
            (
                {"news": {}, "clicks": {"N1": count}},
                f"clicks of the news 'N1' are {count!r}, but must be a whole number",
            )
            for count in (-1, 10**30, 2.5, "3")
        ),
        ({"news": {"N8": "Good"}, "vectors": [["a"]]}, "no array of numbers"),
        ({"news": {"N8": "Good"}, "vectors": np.zeros((2, 6))}, r"shape \(2, 6\), but should have \(1, 6\)"),
        ({"news": {"N8": "Good"}, "clicks": {"N77": 1}}, "no news N77"),
    ):
        with pytest.raises(NrmsError, match=sentence):
            recommender.add(**wrong)
    assert list(recommender.news) == list(NEWS)


def test_what_pandas_and_json_give_can_be_added(recommender: Recommender) -> None:
    odd = "Rockets \ud800 win"  # half of an emoji
    recommender.add({"N8": odd}, clicks={"N8": np.int64(5)}, vectors=recommender.news_vectors()[:1].tolist())
    assert recommender.news["N8"] == odd
    assert recommender.rank([], top=1) == [("N8", 5.0)]
    assert type(recommender.clicks["N8"]) is int
    np.testing.assert_array_equal(recommender.news_vectors()[-1], recommender.news_vectors()[0])


def test_top_is_how_many(recommender: Recommender) -> None:
    recommender.add({"N8": "The best PIE"})  # with and without equal headlines
    for candidates in (["N2", "N4"], ["N2", "N5", "N8"]):
        assert recommender.rank(["N1"], candidates, top=0) == []
        with pytest.raises(NrmsError, match="top is -1, but must be 0 or more"):
            recommender.rank(["N1"], candidates, top=-1)


def test_news_can_be_removed_and_given_other_titles(recommender: Recommender) -> None:
    before = recommender.rank(["N1"], ["N2", "N4"])
    recommender.remove(["N3", "N5"])
    assert list(recommender.news) == ["N1", "N2", "N4", "N6", "N7"]
    assert recommender.rank(["N1"], ["N2", "N4"]) == before
    recommender.add({"N2": "Giants win"}, clicks={"N2": 4})
    assert recommender.news["N2"] == "Giants win"
    assert dict(recommender.rank(["N1"], ["N2"]))["N2"] == pytest.approx(dict(recommender.rank(["N1"], ["N7"]))["N7"])
    recommender.add({"N2": "Rockets launch"})
    assert recommender.rank([], top=1) == [("N2", 4.0)]  # its clicks stay


def test_a_title_that_is_there_is_not_encoded_again(recommender: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = []
    encode = recommender.model.encode_news
    monkeypatch.setattr(recommender.model, "encode_news", lambda titles: encoded.append(titles.count) or encode(titles))
    recommender.add(NEWS | {"N8": "Rockets near Mercury"})
    kept = Recommender(recommender.model)
    kept.add(recommender.news, vectors=recommender.news_vectors())
    assert encoded == [1]
    assert kept.rank(["N1", "N8"]) == recommender.rank(["N1", "N8"])


def test_rooms_for_news_grow_and_those_of_removed_news_are_used_again() -> None:
    model = NRMS.create(Config(word_dim=7, heads=3, head_dim=2, query_dim=4, backend="layers"), WORDS)
    recommender = Recommender(model)
    rng = np.random.default_rng(3)
    for day in range(12):
        today = {f"{day}.{i}": " ".join(rng.choice(WORDS[1:], 4)) for i in range(300)}
        recommender.add(today, clicks={f"{day}.0": day})
        if day > 1:
            recommender.remove([f"{day - 2}.{i}" for i in range(300)])
    assert list(recommender.news) == [f"{day}.{i}" for day in (10, 11) for i in range(300)]
    assert len(recommender._pool.known) < 12 * 300
    assert recommender.rank([], top=2, duplicates=True) == [("11.0", 11.0), ("10.0", 10.0)]
    fresh = Recommender(model)
    fresh.add(recommender.news)
    history = ["10.3", "11.299", "11.7"]
    assert [name for name, _ in fresh.rank(history)] == [name for name, _ in recommender.rank(history)]


def test_the_weights_are_told_as_plain_data(recommender: Recommender) -> None:
    recommender.add({"N8": "Giants zzz"})
    told = recommender.explain(["N6", "N2", "N8"], ["N5", "N6"])
    assert told["ranked by"] == "model"
    assert [click["id"] for click in told["clicks"]] == ["N2", "N8"]
    assert sum(click["weight"] for click in told["clicks"]) == pytest.approx(1, abs=1e-6)
    words = told["clicks"][1]["words"]
    assert [(word["word"], word["known"]) for word in words] == [("giants", True), ("zzz", False)]
    assert sum(word["weight"] for word in words) == pytest.approx(1, abs=1e-6)
    # The weights are those that make the vectors: Σ weight · h is the user vector, so equal clicks weigh alike.
    same = recommender.explain(["N2", "N2"])["clicks"]
    assert [click["weight"] for click in same] == pytest.approx([0.5, 0.5])
    scores = dict(recommender.rank(["N6", "N2", "N8"], ["N5", "N6"], seen=True))
    assert {one["id"]: one["score"] for one in told["candidates"]} == pytest.approx(scores)
    assert recommender.explain([]) == {"ranked by": "clicks", "clicks": [], "candidates": []}


def test_clicks_come_from_the_run(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (run / "clicks.tsv").write_text("N5\t3\nN99\t9\nN2\t4\n", encoding="utf-8")
    recommender = Recommender.load(run)
    recommender.add(NEWS, clicks={"N2": 1})
    assert recommender.rank([], top=3) == [("N5", 3.0), ("N2", 1.0), ("N7", 0.0)]
    # What was given counts more than the run, also when the news come again, in a copy, and in another run's recommender.
    recommender.add({}, clicks={"N5": 0})
    assert recommender.given_clicks == {"N2": 1, "N5": 0}
    recommender.remove(["N2", "N5"])
    again = Recommender.load(run, given=recommender.given_clicks)
    for other in (recommender, copy.deepcopy(recommender), again):
        other.add(NEWS)
        assert (other.clicks["N2"], other.clicks["N5"]) == (1, 0)
        assert other.given_clicks == {"N2": 1, "N5": 0}
    assert Recommender.load(run / "model.npz").rank([]) == []
    (run / "clicks.tsv").write_text("N5\tthree\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"clicks\.tsv, line 1: 'three' is not a number of clicks"):
        Recommender.load(run)
    with pytest.raises(ModelFileError, match=r"this folder has no model\.npz"):
        Recommender.load(tmp_path)


def test_a_model_that_has_diverged_is_told(tmp_path: Path) -> None:
    model = NRMS.load(write_run(tmp_path / "run"))
    model.parameters["user.pool.q"][:] = np.nan
    recommender = Recommender(model)
    recommender.add(NEWS)
    with pytest.raises(NrmsError, match="it has diverged"):
        recommender.rank(["N1"])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_ranks_alike_and_goes_its_own_way(copied, recommender: Recommender) -> None:
    recommender.add({}, clicks={"N3": 2})
    recommender.remove(["N7"])
    other = copied(recommender)
    for history in ([], ["N1", "N2"]):
        assert [name for name, _ in other.rank(history)] == [name for name, _ in recommender.rank(history)]
    assert other.news == recommender.news
    other.add({"N8": "Giants win"})
    assert "N8" not in recommender.news
    copied(Recommender(recommender.model)).add(NEWS)  # one without news too


def test_a_copy_waits_for_what_is_being_added(recommender: Recommender) -> None:
    with ThreadPoolExecutor(1) as threads:
        with recommender._changing:
            copied = threads.submit(copy.deepcopy, recommender)
            assert not wait([copied], timeout=0.05).done
        assert copied.result().news == NEWS


def test_threads_see_whole_pools_and_rank_as_one_thread_does() -> None:
    model = NRMS.create(Config(word_dim=7, heads=3, head_dim=2, query_dim=4, backend="layers"), WORDS)
    rng = np.random.default_rng(4)
    kept = {f"K{i}": " ".join(rng.choice(WORDS[1:], 5)) + f" {i}" for i in range(40)}
    recommender = Recommender(model)
    recommender.add(kept)
    histories = [rng.choice(list(kept), 6).tolist() for _ in range(60)]
    alone = [recommender.rank(history, kept) for history in histories]
    everything = {name for name, _ in recommender.rank([], seen=True)}

    def change(number: int) -> None:
        for turn in range(25):  # more than the first 1024 rows: the arrays move too
            mine = {f"T{number}.{turn}.{i}": f"rockets win {number} {turn} {i}" for i in range(20)}
            recommender.add(mine, clicks=dict.fromkeys(mine, turn))
            assert mine.keys() <= recommender.news.keys()
            recommender.remove(mine)

    def rank(_: int) -> list[list[tuple[str, float]]]:
        for history in histories:
            names = [name for name, _ in recommender.rank(history, seen=True, duplicates=True)]
            assert everything <= set(names)
            assert (len(names) - len(everything)) % 20 == 0  # what one call adds is seen at once or not at all
        return [recommender.rank(history, kept) for history in histories]

    with ThreadPoolExecutor(6) as threads:
        changes = [threads.submit(change, number) for number in range(3)]
        ranked = list(threads.map(rank, range(3)))
        for one in changes:
            one.result()
    for found in ranked:
        for mine, wanted in zip(found, alone, strict=True):
            assert dict(mine) == pytest.approx(dict(wanted), abs=1e-6)
    assert recommender.news == kept
