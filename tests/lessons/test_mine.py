"""The reader's pieces as a backend: each alone, mixed with the package's, and all together, from blank to full."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

import numpy as np
import pytest

from lessons.blanks import blank_of
from lessons.contents import contents
from lessons.exercise_files import SOLUTIONS, Exercise, all_exercises
from lessons.mine import __main__ as command
from lessons.mine import referee, training
from lessons.mine.backend import backend_of
from lessons.mine.layers import ATTENTION, DROPOUT, LAYERS, LOSS, POOLING, SOFTMAX, many_heads, pair_with
from lessons.mine.pieces import Pieces, asked_for, collect
from lessons.mine.referee import check_layer, check_layers, check_model, check_written_out
from lessons.mine.speed import print_rungs
from lessons.small_world import make_world
from nrms_np.backend import Backend, get_backend
from nrms_np.config import Config
from nrms_np.model import NRMS
from nrms_np.packed import Batch, Packed
from nrms_np.parameters import parameter_shapes

# What a reader may write: no caches, other words than the package's inside.


def softmax(a):
    exps = np.exp(a - a.max(axis=-1, keepdims=True, initial=-np.inf))
    return exps / exps.sum(axis=-1, keepdims=True)


def softmax_back(d_alpha, alpha):
    return alpha * (d_alpha - (alpha * d_alpha).sum(axis=-1, keepdims=True))


def embedding_back(dx, table, rows):
    d_table = np.zeros_like(table)
    for row, gradient in zip(rows, dx, strict=True):
        d_table[row] += gradient
    return d_table


def one_head(x, Q, K, V):
    return softmax((x @ Q) @ (x @ K).T / np.sqrt(Q.shape[1])) @ (x @ V)


def one_head_back(dh, x, Q, K, V):
    scale = 1 / np.sqrt(Q.shape[1])
    queries, keys, values = x @ Q, x @ K, x @ V
    alpha = softmax(scale * queries @ keys.T)
    dS = softmax_back(dh @ values.T, alpha)
    d_queries, d_keys, d_values = scale * dS @ keys, scale * dS.T @ queries, alpha.T @ dh
    return d_queries @ Q.T + d_keys @ K.T + d_values @ V.T, x.T @ d_queries, x.T @ d_keys, x.T @ d_values


def pooling(h, W, b, q):
    return softmax(np.tanh(h @ W + b) @ q) @ h


def pooling_back(dr, h, W, b, q):
    hidden = np.tanh(h @ W + b)
    alpha = softmax(hidden @ q)
    da = softmax_back(h @ dr, alpha)
    dz = np.outer(da, q) * (1 - hidden**2)
    return np.outer(alpha, dr) + dz @ W.T, h.T @ dz, dz.sum(axis=0), hidden.T @ da


def loss(scores, clicked):
    return -np.log(softmax(scores)[clicked])


def loss_back(scores, clicked):
    return softmax(scores) - np.eye(len(scores))[clicked]


HEAD = {"one_head_forward": one_head, "one_head_backward": one_head_back}
READER = {
    "embedding_forward": lambda table, rows: table[rows],
    "embedding_backward": embedding_back,
    "dropout_forward": lambda x, kept, rate: np.where(kept, x / (1 - rate), 0),
    "dropout_backward": lambda dy, kept, rate: np.where(kept, dy / (1 - rate), 0),
    "softmax_forward": softmax,
    "softmax_backward": softmax_back,
    **HEAD,
    "additive_attention_forward": pooling,
    "additive_attention_backward": pooling_back,
    "click_score_forward": lambda u, r: r @ u,
    "click_score_backward": lambda d_scores, u, r: (d_scores @ r, np.outer(d_scores, u)),
    "softmax_loss_forward": loss,
    "softmax_loss_backward": loss_back,
}
ALL = Pieces(functions=READER)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.title)
@pytest.mark.parametrize(("forward", "backward"), [(True, True), (True, False), (False, True)])
def test_a_forward_of_the_one_goes_with_a_backward_of_the_other(layer, forward, backward):
    known = many_heads(HEAD) | READER if layer is ATTENTION else READER
    names = [name for name, used in ((layer.forward, forward), (layer.backward, backward)) if used]
    error = check_layer(layer, pair_with(layer, {name: known[name] for name in names}))
    assert isinstance(error, float), error
    assert error < 1e-8


@pytest.mark.parametrize(
    ("layer", "name", "wrong"),
    [
        (SOFTMAX, "softmax_backward", lambda d_alpha, alpha: d_alpha * alpha * (1 - alpha)),
        (DROPOUT, "dropout_backward", lambda dy, kept, rate: dy * kept),
        (POOLING, "additive_attention_backward", lambda dr, h, W, b, q: (np.outer(softmax(np.tanh(h @ W + b) @ q), dr),
                                                                        *pooling_back(dr, h, W, b, q)[1:])),
        (LOSS, "softmax_loss_backward", lambda scores, clicked: softmax(scores)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wrong_piece_is_seen_by_the_referee(layer, name, wrong):
    pieces = Pieces(functions={**READER, name: wrong})
    assert "relative error" in check_layers(pieces)[layer.title]
    if layer is not SOFTMAX:  # which no backend asks for: only the reader's own attention and pooling run on it
        assert check_model(backend_of(pieces)) > 1e-4  # a number, and far from the 1e-8 of correct code


def random_model(backend, dtype=float):
    rng = np.random.default_rng(13)
    config = Config(word_dim=7, heads=3, head_dim=2, query_dim=4, negatives=2, dropout=0.3, backend="layers")
    shapes = parameter_shapes(config, 9)
    parameters = {name: 0.7 * rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    return NRMS(config, list("012345678"), parameters, backend)


BATCH = Batch(
    np.arange(1, 9, dtype=np.int32),
    Packed.from_lists([[0, 3, 0], [], [5, 1], [7, 2, 4, 6], [3], [1, 6]]),
    Packed.from_lists([[0, 2, 0], [], [1, 3]]),
    np.array([[4, 0, 5], [2, 3, 1], [5, 4, 2]]),
)


def assert_equals_layers(backend):
    """Loss, gradients, vectors and scores are those of `layers` to rounding, in both dtypes."""
    for dtype, rtol in ((float, 1e-11), (np.float32, 1e-4)):
        mine, layers = random_model(backend, dtype), random_model(None, dtype)
        (loss_of_mine, gradients), (right_loss, right) = (
            model.loss_and_gradients(BATCH, dropout_step=3) for model in (mine, layers)
        )
        assert np.isclose(loss_of_mine, right_loss, rtol=rtol)
        for name, gradient in right.items():
            assert gradients[name].dtype == dtype
            assert np.allclose(gradients[name], gradient, rtol=rtol, atol=rtol * np.abs(gradient).max()), name
        news = layers.encode_news(BATCH.titles)
        assert np.allclose(mine.encode_news(BATCH.titles), news, rtol=rtol, atol=rtol)
        users = layers.encode_users(news, BATCH.histories)
        args = users, np.array([0, 2]), news, Packed.from_lists([[0, 1, 2], [4]])
        assert np.allclose(mine.score(*args), layers.score(*args), rtol=rtol, atol=rtol)


def test_the_backend_of_a_readers_pieces_equals_layers():
    backend = backend_of(ALL)
    assert set(Backend.__annotations__) == set(vars(backend))
    assert_equals_layers(backend)
    assert check_model(backend) < command.LARGEST_ERROR


def test_the_package_is_left_as_it_was():
    before = [getattr(get_backend("layers"), name) for name in Backend.__annotations__]
    backend_of(ALL)
    assert [getattr(get_backend("layers"), name) for name in Backend.__annotations__] == before


def test_a_piece_of_dropout_has_the_mask_of_the_rows_it_is_given():
    """A part of an array, as the model asks for it, gets the part of the mask that belongs there."""
    forward, backward = pair_with(DROPOUT, READER)
    x, rows = np.random.default_rng(2).standard_normal((9, 7)), np.array([7, 0, 4])
    (whole, _), (part, cache) = forward(x, 0.3, 11, None), forward(x[rows], 0.3, 11, rows)
    assert np.array_equal(part, whole[rows])
    assert np.array_equal(whole, get_backend("layers").dropout_forward(x, 0.3, 11, None)[0])
    assert np.array_equal(backward(x[rows], cache), part)


def test_a_copy_of_a_model_keeps_the_backend_it_was_given():
    backend = backend_of(ALL)
    for made in (copy.copy(random_model(backend)), copy.deepcopy(random_model(backend))):
        assert made._backend.click_score_forward is backend.click_score_forward
    assert copy.copy(random_model(None))._backend is get_backend("layers")


def test_weights_can_be_looked_at():
    own, right = (random_model(backend) for backend in (backend_of(ALL), None))
    titles = Packed.from_lists([[1, 3], [2, 5, 4]])
    (_, mine), (_, layers) = (
        model.attend(model.parameters["word_embedding"], titles, "news") for model in (own, right)
    )
    assert np.allclose(mine.attention.attention.weights(1), layers.attention.attention.weights(1))
    assert np.allclose(mine.pooling.weights(1), layers.pooling.weights(1))


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A folder of exercises in which the lessons before a number are solved, and the pieces found there."""

    def until(number):
        folder = tmp_path_factory.mktemp("exercises")
        for exercise in all_exercises():
            text = exercise.solution() if exercise.number < number else blank_of(exercise)
            (folder / exercise.file).write_text(text, encoding="utf-8")
        return folder, collect(folder)

    return until


def test_from_blank_to_full(solved):
    asked = [(lesson, name) for lesson, names in asked_for().items() for name in names]
    for number in ("00", "04", "99"):
        _, pieces = solved(number)
        assert not pieces.faults
        assert list(pieces.states) == [name for _, name in asked]
        assert set(pieces.functions) == {name for lesson, name in asked if lesson < number}
        assert pieces.own == len(pieces.functions)
        errors = check_layers(pieces)
        assert all(isinstance(error, float) for error in errors.values()), errors
        assert check_model(backend_of(pieces)) < command.LARGEST_ERROR
    assert_equals_layers(backend_of(pieces))
    difference = check_written_out(pieces, backend_of(pieces))
    assert difference is None if "model_forward" not in pieces.functions else difference < 1e-10


def test_an_error_in_a_piece_becomes_a_sentence():
    def no_words(h, W, b, q):
        if not len(h):
            raise ValueError("no words")
        return pooling(h, W, b, q)

    assert "ValueError: no words" in check_model(backend_of(Pieces(functions={"additive_attention_forward": no_words})))
    own = {"np": np}
    exec(compile("def f(a):\n    return a[7, 7]", "exercises/03_x.py", "exec"), own)
    said = check_layers(Pieces(functions={"softmax_forward": own["f"]}))["softmax"]
    assert said.startswith("exercises/03_x.py, line 2: IndexError: ")


def test_a_fault_of_the_course_is_called_so_and_the_other_pieces_are_used(solved, monkeypatch, capsys):
    folder, whole = solved("05")

    def broken(values):
        raise TypeError("four arguments, not five")

    at = LAYERS.index(DROPOUT)
    layers = (*LAYERS[:at], replace(DROPOUT, prepare=broken), *LAYERS[at + 1 :])
    for module in ("layers", "pieces", "referee", "table"):
        monkeypatch.setattr(f"lessons.mine.{module}.LAYERS", layers)
    monkeypatch.setattr(referee, "DROPOUT", layers[at])
    monkeypatch.setattr(command, "EXERCISES", folder)
    assert command.main(["--table"]) == 1
    printed = capsys.readouterr().out
    assert "dropout: the course itself failed here, none of your code did (" in printed
    assert "four arguments, not five" in printed
    assert printed.count("the package's, yours is set aside") == 2
    assert f"{whole.own - 2} of {len(whole.states)} are yours." in printed
    assert "The whole model of these pieces, with" in printed


def test_a_file_that_cannot_be_run_is_told_and_the_rest_is_shown(solved, monkeypatch, capsys):
    folder, _ = solved("03")
    (folder / "03_equation_1.py").write_text("def f(:\n", encoding="utf-8")
    monkeypatch.setattr(command, "EXERCISES", folder)
    assert command.main(["--table"]) == 0
    printed = capsys.readouterr().out
    assert "03_equation_1.py, line 1: SyntaxError" in printed
    assert "yours is wrong" in printed
    assert "The whole model of these pieces" in printed


def test_the_solutions_are_all_right_and_so_is_the_model_of_them(capsys):
    assert command.main(["--solutions", "--table"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"(\d+) of \1 are yours", printed)
    assert "wrong" not in printed
    assert "The whole model of these pieces" in printed


def test_the_table_and_the_readme_name_the_fast_pieces_that_lesson_13_asks_for(solved, monkeypatch, capsys):
    folder, pieces = solved("03")
    asked = list(Exercise("13_the_ladder").functions())
    assert list(pieces.fast) == asked
    exercise = Exercise("13_the_ladder")
    (folder / exercise.file).write_text(exercise.solution(), encoding="utf-8")
    monkeypatch.setattr(command, "EXERCISES", folder)
    assert command.main(["--table"]) == 0
    printed = capsys.readouterr().out
    row = next(line for line in contents().splitlines() if line.startswith("| 13 "))
    for name in asked:
        assert re.search(rf"\n{name} +13 +yours\n", printed), name
        assert f"`{name}`" in row
    assert f"{len(asked)} of {len(asked)} fast ones are yours." in printed


def test_a_piece_as_it_was_given_is_not_wrong_and_of_a_changed_one_the_check_says_why(solved, monkeypatch, capsys):
    folder, _ = solved("00")
    monkeypatch.setattr(command, "EXERCISES", folder)
    assert command.main([]) == 0
    printed = capsys.readouterr().out
    assert "Begin with lesson 02" in printed
    assert "wrong" not in printed  # bugs are planted in some
    path = folder / "03_equation_1.py"
    above, name, below = path.read_text(encoding="utf-8").partition("def softmax_backward")
    below = below.replace("raise NotImplementedError", "return 2 * d_alpha", 1)
    path.write_text(above + name + below, encoding="utf-8")
    command.main(["--table"])
    printed = capsys.readouterr().out
    assert printed.count("the package's, yours is wrong") == 1
    assert re.search(r"\nsoftmax_backward: .+Called with d_alpha", printed, re.S)


def test_both_are_trained_and_drawn(tmp_path, capsys):
    data = make_world(tmp_path / "world")
    few = replace(data, train=training._first(data.train, 12), dev=training._first(data.dev, 12))
    assert few.train.behaviors.candidates.count == 12
    config = training.settings(epochs=1, batch_size=8, word_dim=8, head_dim=4, backend="layers")
    training.train_both("A tiny world", few, backend_of(ALL), tmp_path / "out" / "curve.png", config)
    assert (tmp_path / "out" / "curve.png").stat().st_size > 10_000
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()[:1].isdigit()]
    assert [int(epoch) for epoch, *_ in lines] == [0, 1]
    for _, loss_of_mine, right, auc, right_auc in lines:
        assert float(loss_of_mine) == pytest.approx(float(right), abs=0.002)
        assert float(auc) == pytest.approx(float(right_auc), abs=0.005)


def test_training_beside_the_package_is_told_step_by_step(tmp_path, capsys):
    """What the page 'Build your own NRMS' draws."""
    data = make_world(tmp_path / "world")
    few = replace(data, train=training._first(data.train, 12), dev=training._first(data.dev, 12))
    config = training.settings(epochs=1, batch_size=8, word_dim=8, head_dim=4, backend="layers")
    packages = training.train(few, config, None, lambda _: None)
    epochs, losses = [], {}
    rows = training.train_beside(packages, few, config, backend_of(ALL), epochs.append, losses.__setitem__)
    assert epochs == rows
    assert [row["epoch"] for row in rows] == [0, 1]
    assert list(losses) == list(range(1, rows[-1]["step"] + 1))
    assert f"{rows[1]['loss']:.3f}" in capsys.readouterr().out


@pytest.mark.slow
def test_each_rung_of_the_ladder_is_shown_with_whose_it_is_its_error_and_its_time(capsys):
    from lessons import ladder

    print_rungs(SOLUTIONS)
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line[:26].strip() for line in lines] == list(ladder.PIECES)
    for line, names in zip(lines, ladder.PIECES.values(), strict=True):
        assert ("yours" in line) == bool(names)
        error, milliseconds = map(float, line[44:].split())
        assert error < command.LARGEST_ERROR
        assert milliseconds > 0
