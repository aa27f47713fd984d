import ast
import copy
import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nrms_np import model as model_module
from nrms_np.backend import Backend, get_backend
from nrms_np.config import PARTS, PRESETS, Config
from nrms_np.errors import ConfigError, ModelFileError
from nrms_np.gradcheck import assert_gradient, directional_derivative, numerical_gradient
from nrms_np.kernels import embedding
from nrms_np.model import NRMS
from nrms_np.packed import Packed, RowGradient
from nrms_np.parameters import parameter_shapes
from tests.helpers.sizes import WORDS, D, ragged_batch, small_config

FORMS = [
    {"attention": attention, "output_projection": output, "scaled": attention == "projected"}
    for attention in ("projected", "bilinear")
    for output in (False, True)
]
BACKENDS = ("layers", "kernels")


def model_of(**changes):
    """A float64 model whose numbers are large enough for finite differences."""
    model = NRMS.create(small_config(**changes), [f"word{i}" for i in range(WORDS)])
    rng = np.random.default_rng(5)
    for name, value in model.parameters.items():
        model.parameters[name] = 0.6 * rng.standard_normal(value.shape)
    return model


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("step", [None, 4], ids=["no dropout", "dropout"])
def test_the_whole_model_along_random_directions(backend, form, step):
    model, batch = model_of(backend=backend, dropout_after_attention=True, **form), ragged_batch()
    _, gradients = model.loss_and_gradients(batch, step)
    rng = np.random.default_rng(6)
    for name, parameter in model.parameters.items():
        # Several directions: along a single one the derivative may happen to be close to zero.
        directions = 2 / np.sqrt(parameter.size) * rng.standard_normal((6, *parameter.shape))
        measured = [
            directional_derivative(lambda: model.loss_and_gradients(batch, step)[0], parameter, direction)
            for direction in directions
        ]
        by_hand = [float((gradients[name] * direction).sum()) for direction in directions]
        assert_gradient(name, np.array(by_hand), np.array(measured))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_model_with_a_part_switched_off(part, backend):
    model, batch = model_of(backend=backend, ablate=(part,)), ragged_batch()
    _, gradients = model.loss_and_gradients(batch)
    assert set(gradients) == set(model.parameters)
    for name, parameter in model.parameters.items():
        measured = numerical_gradient(lambda: model.loss(batch), parameter)
        assert_gradient(name, gradients[name], measured)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_both_backends_give_the_same_loss_and_gradients(form):
    batch = ragged_batch()
    loss, gradients = model_of(backend="layers", **form).loss_and_gradients(batch, 2)
    kernel_loss, kernel_gradients = model_of(backend="kernels", **form).loss_and_gradients(batch, 2)
    assert kernel_loss == pytest.approx(loss, rel=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(kernel_gradients[name], gradient, rtol=1e-9, atol=1e-12)


def test_the_row_gradient_of_the_words_is_the_dense_one_without_its_zeros():
    model, batch = model_of(), ragged_batch()
    _, rows = model.loss_and_row_gradients(batch)
    _, dense = model.loss_and_gradients(batch)
    assert isinstance(rows["word_embedding"], RowGradient)
    assert rows["word_embedding"].rows.tolist() == [1, 2, 4, 6, 7, 10, 12]
    np.testing.assert_array_equal(rows["word_embedding"].dense(WORDS), dense["word_embedding"])


def test_a_step_numbers_nothing_that_the_batch_has_numbered(monkeypatch):
    def refuse(*_):
        raise AssertionError("distinct was called in a step")

    for module in (model_module, embedding):
        monkeypatch.setattr(module, "distinct", refuse)
    model_of(dropout_after_attention=True).loss_and_row_gradients(ragged_batch(), 3)
    package = Path(model_module.__file__).parent
    others = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and "distinct" in {alias.name for alias in node.names}
    } - {"model.py", "kernels/embedding.py"}
    assert not others, "refuse it there too"


def test_words_may_be_named_once_or_once_an_occurrence():
    batch = ragged_batch()
    spread = batch._replace(
        words=batch.words[batch.titles.index],
        titles=Packed(np.arange(len(batch.titles.index), dtype=np.int32), batch.titles.offsets),
    )
    loss, gradients = model_of().loss_and_gradients(batch)
    spread_loss, spread_gradients = model_of().loss_and_gradients(spread)
    assert spread_loss == pytest.approx(loss, rel=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(spread_gradients[name], gradient, rtol=1e-9, atol=1e-12)


def test_encoding_in_blocks_gives_what_the_forward_computes(monkeypatch):
    monkeypatch.setattr("nrms_np.model.SEQUENCES_PER_BLOCK", 2)
    model, batch = model_of(), ragged_batch()
    titles = Packed(batch.words[batch.titles.index], batch.titles.offsets)
    news = model.encode_news(titles)
    users = model.encode_users(news, batch.histories)
    scores, _ = model.forward(batch)
    np.testing.assert_allclose((news[batch.candidates] @ users[:, :, None])[:, :, 0], scores, rtol=1e-10)
    assert not news[1].any()  # the empty title
    assert not users[1].any()  # the empty history


def test_the_paper_counts_530_thousand_parameters_without_word_vectors():
    def count(config):
        shapes = parameter_shapes(config, 1)
        del shapes["word_embedding"]
        return sum(int(np.prod(shape)) for shape in shapes.values())

    assert count(Config()) == 530_208
    assert count(Config(attention="bilinear")) == 2_734_112


def test_saving_and_loading(tmp_path):
    model = NRMS.create(small_config(ablate=("user.pool",)), ["[unknown]", *"äbcdefghijkl"])
    model.save(tmp_path / "model.npz")
    loaded = NRMS.load(tmp_path / "model.npz")
    assert loaded.config == model.config
    assert loaded.vocabulary == model.vocabulary
    assert set(loaded.parameters) == set(model.parameters)
    assert all(np.array_equal(loaded.parameters[name], value) for name, value in model.parameters.items())
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert json.loads(str(file["config"]))["word_dim"] == D
        assert file["news.attention.Q"].dtype == np.float32
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_what_would_not_be_loaded_is_not_saved(tmp_path):
    model = NRMS.create(small_config(), ["[unknown]", "a"])
    for name, array, problem in (
        ("news.pool.b", model.parameters["news.pool.b"].astype(np.float64), r"is of float64, but should be of float32"),
        ("other", np.zeros(2, np.float32), "there is an array 'other'"),
    ):
        with pytest.raises(ModelFileError, match=problem):
            NRMS(model.config, model.vocabulary, model.parameters | {name: array}).save(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_model_is_named(tmp_path):
    path = tmp_path / "model.npz"
    with pytest.raises(ModelFileError, match=r"model\.npz: there is no such file"):
        NRMS.load(path)
    for content in (b"", b"not a model", b"PK\x03\x04 broken"):
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match=r"model\.npz: this is not a saved model"):
            NRMS.load(path)
    np.savez(path, something=np.ones(3))
    with pytest.raises(ModelFileError, match="this is not a saved model"):
        NRMS.load(path)


def test_a_run_folder_is_loaded_and_titles_are_read_as_in_training(tmp_path):
    model = NRMS.create(small_config(title_length=2), ["[unknown]", *"abcdefghijkl"])
    model.save(tmp_path / "model.npz")
    loaded = NRMS.load(str(tmp_path))
    titles = ["a c k", "Zzz", ""]
    rows = model.encode_news(Packed.from_lists([[1, 3], [0], []]))
    np.testing.assert_array_equal(loaded.encode_news(titles), rows)
    assert loaded.encode_titles(titles).to_lists() == [[1, 3], [0], []]
    with pytest.raises(ModelFileError, match=r"this folder has no model\.npz; give the folder of a run"):
        NRMS.load(tmp_path.parent)
    with pytest.raises(ModelFileError, match="the model's vocabulary cannot be used, the first word"):
        model_of().encode_news(["a"])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_computes_the_same_and_shares_nothing(copied):
    model, batch = model_of(backend="layers"), ragged_batch()
    other = copied(model)
    assert other.loss(batch) == model.loss(batch)
    assert other.config == model.config
    other.parameters["news.pool.b"] += 1
    assert other.loss(batch) != model.loss(batch)
    assert copied(model).loss(batch) == model.loss(batch)


def test_a_backend_that_is_handed_over_computes_in_the_place_of_the_named_one():
    model, batch = model_of(backend="layers"), ragged_batch()
    layers, called = get_backend("layers"), []

    def click_score_forward(*arguments):
        called.append(arguments)
        return layers.click_score_forward(*arguments)

    functions = {name: getattr(layers, name) for name in Backend.__annotations__}
    own = SimpleNamespace(**functions | {"click_score_forward": click_score_forward})
    other = NRMS(model.config, model.vocabulary, model.parameters, own)
    assert other.loss(batch) == model.loss(batch)
    assert copy.copy(other).loss(batch) == model.loss(batch)
    assert len(called) == 2


def test_a_model_with_a_missing_or_misshapen_parameter_is_refused(tmp_path):
    model = model_of()
    missing = {name: value for name, value in model.parameters.items() if name != "user.pool.q"}
    with pytest.raises(ModelFileError, match=r"user\.pool\.q is missing"):
        NRMS(model.config, model.vocabulary, missing)
    wrong = {**model.parameters, "news.pool.b": np.zeros(9)}
    with pytest.raises(ModelFileError, match=r"news\.pool\.b has shape \(9,\), but should have \(4,\)"):
        NRMS(model.config, model.vocabulary, wrong)


def test_first_values_depend_on_the_seed_alone():
    words = [str(i) for i in range(WORDS)]
    first, again = (NRMS.create(small_config(seed=3), words).parameters for _ in range(2))
    other = NRMS.create(small_config(seed=4), words).parameters
    for name, value in first.items():
        assert np.array_equal(value, again[name])
        assert name.endswith(".b") or not np.array_equal(value, other[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 0}, "heads must be a whole number, 1 or more, not 0"),
        ({"dropout": 1.0}, "dropout must be a number from 0 up to but not including 1"),
        ({"learning_rate": 0.0}, "learning_rate must be a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number above 0"),
        ({"seed": -1}, "seed must be a whole number, 0 or more"),
        ({"attention": "dot"}, "projected or bilinear, not 'dot'"),
        ({"backend": "gpu"}, "kernels or layers, not 'gpu'"),
        ({"ablate": ("news",)}, "not 'news'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        small_config(**changes)


@pytest.mark.parametrize(
    "changes", [{"heads": (2, 3)}, {"attention": ()}, {"ablate": 3}, {"ablate": "news"}, {"seed": True}]
)
def test_a_setting_of_another_type_is_refused(changes):
    with pytest.raises(ConfigError, match=f"^{next(iter(changes))} must be"):
        Config(**changes)


def test_parts_may_be_given_as_a_list_or_a_single_one():
    assert Config(ablate=["news.pool"]) == Config(ablate="news.pool") == Config(ablate=("news.pool",))


def test_settings_survive_json():
    config = small_config(ablate=("news.pool",), seed=9, attention="bilinear", scaled=False)
    assert Config.from_json(config.to_json()) == config
    with pytest.raises(ConfigError, match="tempo"):
        Config.from_json('{"tempo": 3}')
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.from_json("[1")


def test_presets_are_settings():
    for changes in PRESETS.values():
        assert Config(**changes).dropout == 0.2
    assert Config(**PRESETS["recommenders"]).news_dim == 400
    assert not Config(**PRESETS["recommenders"]).lazy_adam  # Keras moves all word vectors
