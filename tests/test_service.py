"""The web service of docs/: news come and go, ranking is the Recommender's, errors are sentences, a reload keeps the news."""

from __future__ import annotations

import importlib.util
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nrms_np import NRMS, Recommender
from tests.helpers.tiny_run import TITLES, write_run

pytest.importorskip("fastapi", reason="FastAPI is not installed: pip install '.[service]'")
pytest.importorskip("httpx", reason="httpx is not installed: pip install '.[service]'")

NEWS = {name: title for name, (_, title) in TITLES.items()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", backend="layers")


@pytest.fixture
def client(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NRMS_RUN", str(run))
    path = Path(__file__).resolve().parents[1] / "docs" / "service.py"
    spec = importlib.util.spec_from_file_location("service", path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of FastAPI's own parts
        from fastapi.testclient import TestClient

        service = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(service)
        yield TestClient(service.app)


def test_it_ranks_as_the_recommender_does(client, run: Path) -> None:
    assert client.put("/news", json={"news": NEWS, "clicks": {"N4": 3}}).json() == {"news": 7}
    recommender = Recommender.load(run)
    recommender.add(NEWS, clicks={"N4": 3})
    found = client.post("/rank", json={"history": ["N1", "N2"], "top": 4}).json()
    assert [(one["id"], one["score"]) for one in found] == recommender.rank(["N1", "N2"], top=4)
    assert client.post("/rank", json={"history": [], "top": 1}).json() == [{"id": "N4", "score": 3.0}]
    assert client.post("/rank", json={"history": ["N1"], "candidates": ["N6"]}).json() == [{"id": "N6", "score": None}]


def test_news_are_removed_and_errors_are_sentences(client) -> None:
    client.put("/news", json={"news": NEWS})
    assert client.delete("/news/N7").json() == {"news": 6}
    for answer in (client.delete("/news/N7"), client.post("/rank", json={"history": ["N7"]})):
        assert answer.status_code == 404
        assert answer.json() == {"error": "the recommender has no news N7; add them first, with their titles."}
    refused = client.put("/news", json={"clicks": {"N1": -2}})
    assert refused.status_code == 422
    assert client.post("/rank", json={"history": ["N1"], "top": -1}).status_code == 422
    assert "must be a whole number" in refused.json()["error"]
    assert client.post("/rank", json={"candidates": []}).status_code == 422  # FastAPI's own, no history
    assert client.get("/health").json()["news"] == 6


def test_a_reload_takes_the_new_model_and_keeps_news_and_clicks(client, run: Path) -> None:
    client.put("/news", json={"news": NEWS, "clicks": {"N4": 3}})
    before = client.post("/rank", json={"history": ["N1"]}).json()
    model = NRMS.load(run)
    model.parameters["user.pool.q"] += 1
    model.parameters["news.attention.V"] *= 3
    model.save(run / "model.npz")
    assert client.post("/rank", json={"history": ["N1"]}).json() == before
    (run / "clicks.tsv").write_text("N2\t18\nN4\t50\n", encoding="utf-8")
    assert client.post("/reload").json() == {"news": 7}
    assert client.post("/rank", json={"history": ["N1"]}).json() != before
    popular = client.post("/rank", json={"history": [], "top": 3}).json()
    assert [(one["id"], one["score"]) for one in popular] == [("N2", 18.0), ("N4", 3.0), ("N7", 0.0)]
    (run / "model.npz").unlink()
    gone = client.post("/reload")
    assert gone.status_code == 500  # the run is the server's, not the caller's
    assert "this folder has no model.npz" in gone.json()["error"]
    assert client.get("/health").json()["news"] == 7


def test_many_requests_at_once(client) -> None:
    client.put("/news", json={"news": NEWS})
    alone = client.post("/rank", json={"history": ["N1"]}).json()

    def ask(number: int) -> None:
        client.put("/news", json={"news": {f"T{number}": f"Giants win {number}"}})
        assert (
            client.post("/rank", json={"history": ["N1"], "candidates": [one["id"] for one in alone]}).json() == alone
        )
        client.delete(f"/news/T{number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(20)))
    assert client.get("/health").json()["news"] == 7
