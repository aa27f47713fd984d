from __future__ import annotations

import re
from pathlib import Path

import pytest

from nrms_np.data.dataset import Split
from nrms_np.data.demo import corpus as corpus_module
from nrms_np.data.demo.corpus import Corpus, corpus, write
from nrms_np.errors import NrmsError
from nrms_np.evaluation.baselines import best_possible_scores

FILES = ("train/news.tsv", "train/behaviors.tsv", "dev/news.tsv", "dev/behaviors.tsv", "dev/truth.tsv")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, made: Corpus) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus_module, "corpus", {1: made}.__getitem__)  # made once for all tests, by `corpus` itself
        return folder, write(folder, seed=1)


@pytest.mark.parametrize("name", FILES)
def test_the_committed_file_is_what_the_command_writes(name: str, written: tuple[Path, str], committed: Path) -> None:
    assert (written[0] / name).read_bytes() == (committed / name).read_bytes()


@pytest.mark.slow
def test_another_seed_gives_another_corpus(made: Corpus) -> None:
    assert corpus(seed=2).headlines != made.headlines


def test_the_demo_is_at_most_3_mb_with_unix_lines(committed: Path) -> None:
    contents = [path.read_bytes() for path in committed.rglob("*") if path.is_file()]
    assert sum(map(len, contents)) <= 3_000_000
    assert not any(b"\r" in content for content in contents)


def test_reading_it_drops_nothing(train: Split, dev: Split) -> None:
    assert train.behaviors.dropped.line() == dev.behaviors.dropped.line() == ""


def test_dev_has_users_and_news_that_train_lacks(train: Split, dev: Split) -> None:
    users = set(dev.behaviors.users)
    assert 0.3 < len(users - set(train.behaviors.users)) / len(users) < 0.7
    shown = {dev.news.ids[row] for row in dev.behaviors.candidates.index}
    assert 0.3 < len(shown - set(train.news.ids)) / len(shown) < 0.7


def test_the_reported_best_auc_is_that_of_the_truth_file(
    written: tuple[Path, str], dev: Split, committed: Path
) -> None:
    truth = best_possible_scores(committed / "dev", len(dev.behaviors.candidates.index))
    assert truth is not None
    assert dev.behaviors.clicked is not None
    offsets = dev.behaviors.candidates.offsets
    of_impressions = []
    for i in range(len(offsets) - 1):
        scores = truth[offsets[i] : offsets[i + 1]].tolist()
        clicked = dev.behaviors.clicked[offsets[i] : offsets[i + 1]].tolist()
        hits = [score for score, click in zip(scores, clicked, strict=True) if click]
        misses = [score for score, click in zip(scores, clicked, strict=True) if not click]
        wins = sum(1.0 if hit > miss else 0.5 if hit == miss else 0.0 for hit in hits for miss in misses)
        of_impressions.append(wins / (len(hits) * len(misses)))
    best = sum(of_impressions) / len(of_impressions)
    assert f"best possible ranking         {best:.4f}" in written[1]
    reported = re.search(r"popularity .* (\d\.\d+)", written[1])
    assert reported is not None
    assert 0.5 < float(reported[1]) < best < 1.0


def test_a_folder_that_is_a_file_is_an_error_with_its_name(
    tmp_path: Path, made: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_module, "corpus", lambda _: made)
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(NrmsError, match=r"taken.*cannot be written.*--out"):
        write(tmp_path / "taken", seed=1)
