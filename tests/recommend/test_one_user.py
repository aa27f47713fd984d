"""One history at a time gives what the model gives for a batch, in all forms."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np import NRMS, Config, Packed
from nrms_np.config import PARTS
from nrms_np.recommend import one_user
from nrms_np.recommend.one_user import OneUser

SIZES = {"word_dim": 7, "heads": 3, "head_dim": 4, "query_dim": 11, "history_length": 9, "backend": "layers"}
FORMS = [
    {},
    {"scaled": False},
    {"attention": "bilinear"},
    {"output_projection": True},
    *({"ablate": (part,)} for part in PARTS),
]


def model_of(size: float = 0.5, **settings: object) -> NRMS:
    model = NRMS.create(Config(**{**SIZES, **settings}), ["[unknown]", "word"])  # type: ignore[arg-type]
    rng = np.random.default_rng(7)
    for name, value in model.parameters.items():
        model.parameters[name] = (size * rng.standard_normal(value.shape)).astype(np.float32)
    return model


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_gives_what_the_model_gives(form: dict[str, object], dtype: type) -> None:
    model = model_of(**form)
    model.parameters = {name: value.astype(dtype) for name, value in model.parameters.items()}
    rng = np.random.default_rng(8)
    news = rng.standard_normal((20, 12)).astype(dtype)
    one = OneUser(model)
    projected = one.project(news)
    assert projected.shape == (20, one.width)
    for T in (1, 2, 9, 30):
        rows = rng.integers(0, 20, T)
        wanted = model.encode_users(news, Packed.from_lists([rows]))[0]
        found = one.encode(projected[rows])
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, atol=2e-6 if dtype == np.float32 else 1e-13)


def test_scores_too_large_for_exp_do_not_overflow() -> None:
    model = model_of(size=6.0)
    news = 9 * np.random.default_rng(9).standard_normal((8, 12)).astype(np.float32)
    one = OneUser(model)
    wanted = model.encode_users(news, Packed.from_lists([range(8)]))[0]
    assert np.isfinite(wanted).all()
    np.testing.assert_allclose(one.encode(one.project(news)), wanted, rtol=1e-4)


@pytest.mark.parametrize("largest", [1, 12 * 9 * 8, 1 << 30])
def test_however_the_large_product_is_cut_the_result_is_the_same(largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_user, "LARGEST_PRODUCT", largest)
    model, news = model_of(), np.random.default_rng(10).standard_normal((9, 12)).astype(np.float32)
    one = OneUser(model)
    wanted = model.encode_users(news, Packed.from_lists([range(9)]))[0]
    np.testing.assert_allclose(one.encode(one.project(news)), wanted, atol=2e-6)
