"""Whether the memory will be enough is known before anything is allocated."""

from __future__ import annotations

import pytest

from nrms_np.config import Config
from nrms_np.data.dataset import read_dataset
from nrms_np.errors import NrmsError
from nrms_np.model import NRMS
from nrms_np.training import fit, memory
from nrms_np.training.memory import available_memory, check_memory, needed_memory
from tests.helpers.clicks import write_clicks
from tests.helpers.sizes import small_config


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_clicks(tmp_path_factory.mktemp("memory") / "clicks")
    return read_dataset(folder, title_length=30, history_length=5, minimum_count=1)


def test_parameters_are_counted_as_they_will_be(data):
    config = small_config()
    made = NRMS.create(config, data.vocabulary.words).parameters
    assert needed_memory(config, data)["parameters"] == sum(value.nbytes for value in made.values())


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"heads": 10**6, "head_dim": 10**6}, "parameters"),
        ({"word_dim": 10**12}, "parameters"),
        ({"query_dim": 10**12}, "gradients"),
        ({"negatives": 10**13}, "negatives of an epoch"),
    ],
)
def test_what_cannot_fit_is_refused_with_the_sum_and_nothing_is_left(data, tmp_path, settings, what):
    with pytest.raises(NrmsError, match=rf"need at least [\d,.]+ GiB of memory \(.*{what} [\d,.]+.*GiB are free"):
        fit(Config(**settings), data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("start", ["", "total_"])
def test_a_containers_limit_counts_and_copies_of_files_are_free(data, tmp_path, monkeypatch, start):
    limit, used = tmp_path / "max", tmp_path / "current"
    limit.write_text("1000000\n")
    used.write_text("999000\n")
    stat = f"anon 500000\n{start}inactive_file 8000\n{start}active_file 1000\n{start}active_anon 400000\n"
    (tmp_path / "memory.stat").write_text(stat)
    monkeypatch.setattr(memory, "CONTAINER", ((limit, used, start),))
    assert available_memory() == 10_000
    with pytest.raises(NrmsError, match="GiB are free"):
        check_memory(small_config(word_dim=64), data)
    limit.write_text("max\n")
    assert (available_memory() or 10**9) > 10**6


@pytest.mark.parametrize(
    "larger", [{"heads": 6}, {"word_dim": 70}, {"negatives": 9}, {"batch_size": 60}, {"query_dim": 40}]
)
def test_larger_settings_need_more_and_small_ones_are_let_through(data, larger):
    small = {"batch_size": 2}
    before = sum(needed_memory(small_config(**small), data).values())
    assert before < sum(needed_memory(small_config(**{**small, **larger}), data).values()) < 10**6
    check_memory(small_config(**small), data)
