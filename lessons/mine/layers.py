"""The layers that the model is made of, and how a function of the reader's takes the place of one of the package's.

The reader writes `f_forward(inputs) -> output` and `f_backward(d_output, inputs) -> gradients`; the package's functions have a
cache between them. Here the inputs are the cache: a backward of the reader's gets them back, and one of the package's makes its own
cache of them anew. So a forward of the one goes with a backward of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nrms_np.layers import additive_attention, click, dropout, embedding, self_attention, softmax

Function = Callable[..., Any]
Values = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """One layer and the pair of functions that the reader writes for it.

    title: in words.    lesson: that asks for the pair.    forward, backward: their names.
    package: the package's pair.    inputs: of its forward, in the reader's words.    upstream: the gradient of its output.
    prepare: what the reader's functions can be given, from the inputs.    finish: the gradients, from what the reader's backward
    returned, the inputs, and the names that it asked for.
    """

    title: str
    lesson: str
    forward: str
    backward: str
    package: tuple[Function, Function]
    inputs: tuple[str, ...]
    upstream: str
    prepare: Callable[[Values], Values] = dict
    finish: Callable[[Any, Values, tuple[str, ...]], Any] = lambda gradients, _values, _names: gradients


def _prepare_embedding(values: Values) -> Values:
    return {**values, "words": len(values["table"])}


def _prepare_dropout(values: Values) -> Values:
    """The mask is computed from where a number stands; the rate is the one that the mask has, a multiple of 1/65536."""
    x, rate, rows = values["x"], values["rate"], values.get("rows")
    kept = dropout.dropout_mask(values["key"], len(x) if rows is None else rows, x.shape[1], rate)
    return {**values, "kept": kept, "rate": dropout.drop_threshold(rate) / dropout.LEVELS}


def _factor(values: Values) -> float:
    """The reader divides scores by √d; for another scale Q grows by this factor. As a rule it is 1."""
    width = values["Q"].shape[1] // values["heads"]
    return float(values["scale"] * np.sqrt(width))


def _prepare_attention(values: Values) -> Values:
    return {**values, "Q": values["Q"] * _factor(values)}


def _finish_attention(gradients: Any, values: Values, _names: tuple[str, ...]) -> Any:
    dx, dQ, dK, dV = gradients
    return dx, dQ * _factor(values), dK, dV


def _finish_loss(gradients: Any, values: Values, names: tuple[str, ...]) -> Any:
    """The exercise may be the backward for dL = 1."""
    return gradients if "d_loss" in names else gradients * values["d_loss"]


EMBEDDING = Layer(
    "word embedding", "02", "embedding_forward", "embedding_backward",
    (embedding.embedding_forward, embedding.embedding_backward), ("table", "rows"), "dx", _prepare_embedding,
)  # fmt: skip
DROPOUT = Layer(
    "dropout", "02", "dropout_forward", "dropout_backward",
    (dropout.dropout_forward, dropout.dropout_backward), ("x", "rate", "key", "rows"), "dy", _prepare_dropout,
)  # fmt: skip
SOFTMAX = Layer(
    "softmax", "03", "softmax_forward", "softmax_backward",
    (softmax.softmax_forward, softmax.softmax_backward), ("a",), "d_alpha",
)  # fmt: skip
ATTENTION = Layer(
    "self-attention", "04", "projected_attention_forward", "projected_attention_backward",
    (self_attention.projected_attention_forward, self_attention.projected_attention_backward),
    ("x", "Q", "K", "V", "heads", "scale"), "dh", _prepare_attention, _finish_attention,
)  # fmt: skip
POOLING = Layer(
    "pooling", "05", "additive_attention_forward", "additive_attention_backward",
    (additive_attention.additive_attention_forward, additive_attention.additive_attention_backward),
    ("h", "W", "b", "q"), "dr",
)  # fmt: skip
SCORE = Layer(
    "click score", "09", "click_score_forward", "click_score_backward",
    (click.click_score_forward, click.click_score_backward), ("u", "r"), "d_scores",
)  # fmt: skip
LOSS = Layer(
    "loss", "09", "softmax_loss_forward", "softmax_loss_backward",
    (click.softmax_loss_forward, click.softmax_loss_backward), ("scores", "clicked"), "d_loss", finish=_finish_loss,
)  # fmt: skip

LAYERS = (EMBEDDING, DROPOUT, SOFTMAX, ATTENTION, POOLING, SCORE, LOSS)
ONE_HEAD = ("one_head_forward", "one_head_backward")
"""What self-attention is made of where the reader has written one head only."""


class Inputs:
    """The cache between a forward and a backward: the forward's inputs by their names.

    What only the package's cache has, such as the weights alpha, it computes from them when asked.
    """

    def __init__(self, layer: Layer, arguments: tuple[Any, ...]) -> None:
        self.layer, self.arguments = layer, arguments
        self.values = dict(zip(layer.inputs, arguments, strict=False))

    def package(self) -> Any:
        """The package's cache."""
        return self.layer.package[0](*self.arguments)[1]

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("values", {})
        return values[name] if name in values else getattr(self.package(), name)


def pair_with(layer: Layer, reader: Mapping[str, Function]) -> tuple[Function, Function]:
    """Forward and backward of a layer, called as the package's, with the reader's functions where there are such.

    reader: under their names, with their arguments under the names of the exercises.
    """
    if layer is SOFTMAX:
        return _softmax_with(reader)

    def forward(*arguments: Any) -> tuple[Any, Inputs]:
        cache = Inputs(layer, arguments)
        if layer.forward in reader:
            return _call(reader[layer.forward], layer.prepare(cache.values)), cache
        return layer.package[0](*arguments)[0], cache

    def backward(upstream: Any, cache: Inputs) -> Any:
        if layer.backward not in reader:
            return layer.package[1](upstream, cache.package())
        function = reader[layer.backward]
        values = {**cache.values, layer.upstream: upstream}
        return layer.finish(_call(function, layer.prepare(values)), values, argument_names(function))

    return forward, backward


def many_heads(reader: Mapping[str, Function]) -> dict[str, Function]:
    """Self-attention of the reader's one head, each in its own columns, for what they have of forward and backward."""
    made: dict[str, Function] = {}
    if ONE_HEAD[0] in reader:
        head = reader[ONE_HEAD[0]]

        def forward(x: Any, Q: Any, K: Any, V: Any, heads: int) -> Any:
            return np.concatenate([head(x, *of_head) for of_head in _columns(heads, Q, K, V)], axis=1)

        made[ATTENTION.forward] = forward
    if ONE_HEAD[1] in reader:
        back = reader[ONE_HEAD[1]]

        def backward(dh: Any, x: Any, Q: Any, K: Any, V: Any, heads: int) -> Any:
            each = [back(dh_k, x, *of_head) for dh_k, *of_head in _columns(heads, dh, Q, K, V)]
            dx, *others = zip(*each, strict=True)
            return sum(dx), *(np.concatenate(gradients, axis=1) for gradients in others)

        made[ATTENTION.backward] = backward
    return made


def argument_names(function: Function) -> tuple[str, ...]:
    """The names of a function's arguments, in order."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def _call(function: Function, values: Values) -> Any:
    return function(*(values[name] for name in argument_names(function)))


def _softmax_with(reader: Mapping[str, Function]) -> tuple[Function, Function]:
    """Its cache is the weights themselves."""

    def forward(a: Any) -> tuple[Any, Any]:
        p = reader[SOFTMAX.forward](a)
        return p, p

    package = SOFTMAX.package
    return (forward if SOFTMAX.forward in reader else package[0]), reader.get(SOFTMAX.backward, package[1])


def _columns(heads: int, *matrices: Any) -> list[tuple[Any, ...]]:
    """Of each head its columns of the matrices."""
    return list(zip(*(np.split(matrix, heads, axis=1) for matrix in matrices), strict=True))
