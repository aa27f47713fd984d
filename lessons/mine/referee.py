"""Finite differences again: each layer that has something of the reader's in it, and the whole model made of them."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import numpy as np

from lessons.exercise_files import shown
from lessons.mine.layers import ATTENTION, DROPOUT, EMBEDDING, LAYERS, LOSS, ONE_HEAD, POOLING, SCORE, SOFTMAX, Layer
from lessons.mine.pieces import Pieces, collect
from nrms_np.arrays import Array
from nrms_np.backend import Backend
from nrms_np.config import Config
from nrms_np.gradcheck import GradientError, check_gradients, directional_derivative, relative_error
from nrms_np.model import NRMS
from nrms_np.packed import Batch, Packed, RowGradient
from nrms_np.parameters import parameter_shapes

T, D, H, d, A = 5, 7, 3, 2, 4  # all different, so that a transposed axis cannot pass


def usable(folder: Path) -> tuple[Pieces, dict[str, float | str]]:
    """The reader's pieces of a folder without the layers whose gradients are wrong, and what there is to say of each layer.

    One layer after another is set aside, so that those that only run on a wrong one keep their place.

    Returns the pieces and by the layers' titles the largest relative errors, or a sentence where the layer was set aside.
    """
    aside: set[str] = set()
    sentences: dict[str, float | str] = {}
    while True:
        pieces = collect(folder, aside)
        errors = check_layers(pieces)
        wrong = next((layer for layer in LAYERS if isinstance(errors.get(layer.title), str)), None)
        if wrong is None:
            return pieces, errors | sentences
        sentences[wrong.title] = errors[wrong.title]
        aside |= {wrong.forward, wrong.backward, *(ONE_HEAD if wrong is ATTENTION else ())}


def check_layers(pieces: Pieces) -> dict[str, float | str]:
    """For each layer that the reader has a part in: the largest relative error of its gradients, or what is wrong."""
    replacements = pieces.replacements()
    return {
        layer.title: check_layer(layer, tuple(replacements[function] for function in layer.package))
        for layer in LAYERS
        if layer.package[0] in replacements
    }


def check_layer(layer: Layer, pair: tuple[Any, ...]) -> float | str:
    """The largest relative error of a pair's gradients, or what is wrong with them."""
    forward, backward = pair
    arrays, others = _inputs(layer)

    def value(**inputs: Array) -> Array:
        return forward(*{**inputs, **others}.values())[0]

    def gradients(upstream: Array) -> dict[str, Array]:
        output, cache = forward(*{**arrays, **others}.values())
        found = backward(upstream, output if layer is SOFTMAX else cache)
        return dict(zip(arrays, found if isinstance(found, tuple) else (found,), strict=True))

    try:
        return max(check_gradients(value, arrays, gradients).values())
    except GradientError as error:
        return str(error)
    except Exception as error:
        return _where(error)


def check_model(backend: Backend) -> float | str:
    """The whole model on a ragged batch, with a title and a history that are empty, and dropout.

    Each parameter moves along a random direction, and the measured slope of the loss is compared with gradient times direction.
    Returns the largest relative error over the parameters, or what is wrong.
    """
    try:
        return _error_of_model(backend)
    except Exception as error:  # a title without words may be more than a piece can do
        return _where(error)


def _error_of_model(backend: Backend) -> float:
    rng = np.random.default_rng([10, 1])
    model = _model(rng, backend)
    batch = Batch(
        np.arange(1, 9, dtype=np.int32),
        Packed.from_lists([[0, 3, 0], [], [5, 1], [7, 2, 4, 6], [3], [1, 6]]),
        Packed.from_lists([[0, 2, 0], [], [1, 3]]),
        np.array([[4, 0, 5], [2, 3, 1], [5, 4, 2]]),
    )
    _, gradients = model.loss_and_gradients(batch, dropout_step=7)

    def loss() -> float:
        return model.loss_and_row_gradients(batch, dropout_step=7)[0]

    errors = []
    for name, parameter in model.parameters.items():
        direction = rng.standard_normal(parameter.shape)
        measured = directional_derivative(loss, parameter, direction)
        by_hand = float(np.sum(gradients[name] * direction))
        errors.append(abs(by_hand - measured) / max(abs(by_hand) + abs(measured), 1e-9))
    return max(errors)


def check_written_out(pieces: Pieces, backend: Backend) -> float | str | None:
    """The reader's model_forward and model_backward beside the model of the pieces: the largest relative error of what they return.

    None where they are not both written, a sentence where they fail.
    """
    try:
        return _error_written_out(pieces, backend)
    except Exception as error:
        return _where(error)


def _error_written_out(pieces: Pieces, backend: Backend) -> float | None:
    forward, backward = (pieces.functions.get(name) for name in ("model_forward", "model_backward"))
    if forward is None or backward is None:
        return None
    rng = np.random.default_rng([10, 3])
    model = _model(rng, backend)
    titles, history, candidates = [[1, 4, 1], [6, 2], [8, 3, 5, 7], [4], [2, 7]], [0, 2, 0], [3, 0, 4]
    batch = Batch(
        np.arange(9, dtype=np.int32), Packed.from_lists(titles), Packed.from_lists([history]), np.array([candidates])
    )
    scores, cache = model.forward(batch)
    d_scores = rng.standard_normal(3)
    gradients = model.backward(d_scores[None], cache)
    one = (model.parameters, [np.array(title) for title in titles], np.array(history), np.array(candidates), H)
    errors = [relative_error(forward(*one), scores[0])]
    for name, gradient in backward(d_scores, *one).items():
        ours = gradients[name]
        errors.append(relative_error(gradient, ours.dense(9) if isinstance(ours, RowGradient) else ours))
    return max(errors)


def _where(error: Exception) -> str:
    """An error of the reader's code as a sentence with file and line; one that arose elsewhere is not the reader's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).name[:2].isdigit()]
    place = f"{shown(Path((own or frames)[-1].filename))}, line {(own or frames)[-1].lineno}"
    what = f"{place}: {type(error).__name__}: {error}."
    return what if own else f"the course itself failed here, none of your code did ({what[:-1]})."


def _model(rng: np.random.Generator, backend: Backend) -> NRMS:
    """A small model with float64 parameters that are large enough for each to matter."""
    config = Config(word_dim=D, heads=H, head_dim=d, query_dim=A, negatives=2, dropout=0.3, backend="layers")
    words = [str(number) for number in range(9)]
    parameters = {
        name: 0.7 * rng.standard_normal(shape) for name, shape in parameter_shapes(config, len(words)).items()
    }
    return NRMS(config, words, parameters, backend)


def _inputs(layer: Layer) -> tuple[dict[str, Array], dict[str, Any]]:
    """Random inputs of a layer: the arrays that have a gradient, and after them the rest, in the order of its arguments."""
    rng = np.random.default_rng([10, 2])

    def draw(*shape: int) -> Array:
        return rng.standard_normal(shape)

    if layer is EMBEDDING:
        return {"table": draw(6, D)}, {"rows": np.array([3, 0, 3, 5, 1])}
    if layer is DROPOUT:
        return {"x": draw(T, D)}, {"rate": 0.3, "key": 11}
    if layer is SOFTMAX:
        return {"a": draw(A, T)}, {}
    if layer is ATTENTION:
        x, Q, K, V = draw(T, D), draw(D, H * d), draw(D, H * d), draw(D, H * d)
        return {"x": x, "Q": Q, "K": K, "V": V}, {"heads": H, "scale": 0.6}
    if layer is POOLING:
        return {"h": draw(T, D), "W": draw(D, A), "b": draw(A), "q": draw(A)}, {}
    if layer is SCORE:
        return {"u": draw(D), "r": draw(A, D)}, {}
    assert layer is LOSS
    return {"scores": draw(A)}, {"clicked": 2}
