"""A web service on a trained model, to start your own from.

    pip install '.[service]'
    NRMS_RUN=runs/demo uvicorn --app-dir docs service:app

    curl -X PUT    localhost:8000/news --json '{"news": {"N1": "Rockets win", "N2": "Giants win"}}'
    curl -X POST   localhost:8000/rank --json '{"history": ["N1"], "top": 5}'
    curl -X DELETE localhost:8000/news/N1
    curl -X POST   localhost:8000/reload
    curl           localhost:8000/health

FastAPI runs these functions on several threads; a Recommender is made for that. News are kept in memory: after a start, put
today's in again. Whoever can reach the service can change it, so let nobody but your own programs reach it.
"""

from __future__ import annotations

import os
from math import isfinite
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from nrms_np import Recommender
from nrms_np.errors import DataError, ModelFileError, NrmsError, UnknownNewsError


class NewsIn(BaseModel):
    """News by id, and how often some were clicked so far."""

    news: dict[str, str] = {}
    clicks: dict[str, int] = {}


class RankIn(BaseModel):
    """As the arguments of `Recommender.rank`."""

    history: list[str]
    candidates: list[str] | None = None
    top: int | None = 10
    seen: bool = False
    duplicates: bool = False


RUN = os.environ.get("NRMS_RUN", "runs/demo")
app = FastAPI(title="nrms_np")
app.state.recommender = Recommender.load(RUN)
changing = Lock()  # so that a reload misses no news that come in meanwhile


@app.exception_handler(NrmsError)
def tell(_: Request, error: NrmsError) -> JSONResponse:
    """An error of ours is the caller's to mend, but for files of the run: its sentence says how."""
    ours = isinstance(error, ModelFileError | DataError)
    status = 404 if isinstance(error, UnknownNewsError) else 500 if ours else 422
    return JSONResponse({"error": str(error)}, status_code=status)


@app.get("/health")
def health() -> dict[str, Any]:
    """Whether the service is there, and with what."""
    return {"run": RUN, "news": len(app.state.recommender.news)}


@app.put("/news")
def put(body: NewsIn) -> dict[str, int]:
    """Add news, give news another title, or tell how often they were clicked."""
    with changing:
        app.state.recommender.add(body.news, clicks=body.clicks)
    return {"news": len(app.state.recommender.news)}


@app.delete("/news/{news_id}")
def delete(news_id: str) -> dict[str, int]:
    """Forget a news item."""
    with changing:
        app.state.recommender.remove([news_id])
    return {"news": len(app.state.recommender.news)}


@app.post("/rank")
def rank(body: RankIn) -> list[dict[str, Any]]:
    """Rank news for a history, best first. JSON knows no infinity: the score is null for a title without a known word."""
    ranked = app.state.recommender.rank(**body.model_dump())
    return [{"id": news_id, "score": score if isfinite(score) else None} for news_id, score in ranked]


@app.post("/reload")
def reload() -> dict[str, int]:
    """Take the run's model and its counts anew, after another training; the counts that were put in stay.

    Requests go on with the old one until the news are encoded.
    """
    with changing:
        old = app.state.recommender
        fresh = Recommender.load(RUN, given=old.given_clicks)
        fresh.add(old.news)
        app.state.recommender = fresh
    return {"news": len(fresh.news)}
