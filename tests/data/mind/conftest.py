"""A server that has MIND, for the tests that fetch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.mind_server import FILES, MindServer, content, zip_of_split


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MindServer]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    with MindServer() as running:
        for split in ("train", "dev"):
            running.answers[f"/good/MINDsmall_{split}.zip"] = content(zip_of_split(split, f"MINDsmall_{split}/"))
            for file in ("news.tsv", "behaviors.tsv"):
                running.answers[f"/raw/{split}/{file}"] = content(FILES[f"{split}/{file}"])
        yield running
