"""Fetching MIND from the gated source: when the token is used, and who gets to see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.mind_server import MindServer, content, get, raw, status, zip_of_split, zips


def test_the_gated_source_is_tried_with_a_token_only(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gated = zips(server, "gated", "https://terms.example")
    get(tmp_path / "a", gated, zips(server, "good"))
    assert "gated: not tried, HF_TOKEN is not set; accept the terms at https://terms.example" in capsys.readouterr().out
    assert set(server.tokens) == {""}

    for split in ("train", "dev"):
        server.answers[f"/gated/MINDsmall_{split}.zip"] = content(zip_of_split(split))
    monkeypatch.setenv("HF_TOKEN", " hf_secret\n")
    server.asked.clear()
    get(tmp_path / "b", gated, zips(server, "good"))
    assert server.asked == ["/gated/MINDsmall_train.zip", "/gated/MINDsmall_dev.zip"]
    assert server.tokens[-2:] == ["Bearer hf_secret"] * 2


@pytest.mark.parametrize("number", [401, 403])
def test_a_token_that_is_refused_is_explained_and_never_shown_or_sent_elsewhere(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    server.answers["/gated/MINDsmall_train.zip"] = status(number)
    get(tmp_path, zips(server, "gated", "https://terms.example"), zips(server, "good"))
    printed = capsys.readouterr()
    assert f"has not accepted the terms yet ({number}); accept them at https://terms.example" in printed.out
    assert "hf_secret" not in printed.out + printed.err
    assert server.tokens == ["Bearer hf_secret", "", ""]


def test_a_token_does_not_follow_a_redirection_to_another_host(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    for split in ("train", "dev"):
        elsewhere = f"http://localhost:{server.port}/good/MINDsmall_{split}.zip"
        server.answers[f"/gated/MINDsmall_{split}.zip"] = status(302, elsewhere)
    get(tmp_path, zips(server, "gated", "https://terms.example"))
    assert server.tokens == ["Bearer hf_secret", "", "Bearer hf_secret", ""]


def test_a_token_with_strange_characters_is_not_used(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf secret\nx")
    get(tmp_path, zips(server, "gated", "https://terms.example"), raw(server))
    assert "gated: not tried, HF_TOKEN holds characters that no token has" in capsys.readouterr().out


def test_a_netrc_file_does_not_replace_the_token(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    get(tmp_path / "mind", zips(server, "good", "https://terms.example"))
    assert server.tokens == ["Bearer hf_secret"] * 2
