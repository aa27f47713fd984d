"""Lesson 15: two bugs to find, a blank, a guard to write."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.evaluation.metrics import impression_metrics
from nrms_np.layers.additive_attention import additive_attention_forward


def check_pool_backward(pool_backward: Function) -> None:
    """Sizes that all differ, and a title of one word."""
    rng = np.random.default_rng([15, 0])
    for T, D, A in ((5, 7, 4), (1, 3, 2)):
        h, W, b, q = (rng.standard_normal(shape) for shape in ((T, D), (D, A), (A,), (A,)))
        dr = rng.standard_normal(D)
        right = gradients(
            lambda h, W, b, q: additive_attention_forward(h, W, b, q)[0], dr, dh=h, dW=W, db=b, dq=q
        )  # fmt: skip
        expect(pool_backward(dr, h, W, b, q), **right)


def check_draw_negatives(draw_negatives: Function) -> None:
    """Enough of them and too few, from many generators."""
    shown = np.array([40, 11, 25, 7, 33, 18])
    for k, clicked in ((3, [1, 0, 0, 1, 0, 0]), (4, [0, 1, 1, 1, 0, 1]), (2, [0, 0, 1, 0, 0, 0])):
        was = np.array(clicked, dtype=bool)
        for seed in range(20):
            got = np.asarray(draw_negatives(shown, was, k, np.random.default_rng([15, seed])))
            if got.shape != (k,):
                raise AnswerError(f"It returned the shape {got.shape}, expected is ({k},).")
            wrong = sorted(set(got.tolist()) - set(shown[~was].tolist()))
            if wrong:
                raise AnswerError(
                    f"negatives has {wrong[0]}, which was {'clicked' if wrong[0] in shown else 'not shown'}."
                )
            if k <= (~was).sum() and len(set(got.tolist())) < k:
                raise AnswerError(f"negatives has {got.tolist()}: one twice, and there are enough without.")


def check_auc_by_ranks(auc_by_ranks: Function) -> None:
    """By eye, with ties, and at random against the pairs."""
    expect(auc_by_ranks(np.array([0.2, 0.9, 0.5]), np.array([False, True, False])), auc=1.0)
    expect(auc_by_ranks(np.array([0.5, 0.5]), np.array([True, False])), auc=0.5)
    rng = np.random.default_rng([15, 7])
    for n in (5, 9, 30):
        scores, clicked = rng.integers(0, 6, n) / 4, rng.random(n) < 0.4
        clicked[:2] = True, False
        pairs = impression_metrics(scores, clicked, np.array([0, n]))[0, 0]
        expect(auc_by_ranks(scores, clicked), auc=float(pairs))


def _honest(titles: list[Array]) -> Array:
    return np.array([np.tanh(title).mean(axis=0) for title in titles])


def _padded(titles: list[Array]) -> Array:
    """The mean over the title and its padding."""
    longest = max(len(title) for title in titles)
    return np.array([np.tanh(title).sum(axis=0) / longest for title in titles])


def _leaks_into_the_last(titles: list[Array]) -> Array:
    """A buffer that is not cleared: the last title gets something of the first."""
    vectors = _honest(titles)
    if len(titles) > 1:
        vectors[-1] += 0.01 * vectors[0]
    return vectors


def _normed(titles: list[Array]) -> Array:
    """What batch normalisation does in training."""
    vectors = _honest(titles)
    return vectors - vectors.mean(axis=0)


def _rounded(titles: list[Array]) -> Array:
    """Honest, but the order of the sums is another one in a batch."""
    return _honest(titles) * (1 + 1e-12 * len(titles))


ENCODERS = {
    "an honest encoder": (_honest, False),
    "an honest encoder that rounds differently in a batch": (_rounded, False),
    "an encoder with unmasked padding": (_padded, True),
    "an encoder that changes only the last title": (_leaks_into_the_last, True),
    "an encoder that takes the mean of the batch away": (_normed, True),
}


def check_depends_on_its_batch(depends_on_its_batch: Function) -> None:
    """Honest encoders and some that are not."""
    rng = np.random.default_rng([15, 5])
    titles = [rng.standard_normal((T, 3)) for T in (4, 7, 4, 2)]
    for name, (encode, depends) in ENCODERS.items():
        got = depends_on_its_batch(encode, titles)
        if not isinstance(got, (bool, np.bool_)):
            raise AnswerError(f"It returned a {type(got).__name__}, expected is True or False.")
        if bool(got) != depends:
            raise AnswerError(f"It says {bool(got)} of {name}; expected is {depends}.")


TASKS = {
    "pool_backward": Task(
        check_pool_backward,
        "The derivative of tanh(z) is 1 − tanh(z)². Look at each line that stands for a derivative, and at what it is taken of.",
    ),
    "draw_negatives": Task(
        check_draw_negatives,
        "Which news may be a negative? Draw many times from three candidates of which one was clicked, and look.",
    ),
    "auc_by_ranks": Task(
        check_auc_by_ranks,
        "Ranks below + 1 to up_to: their mean is (first + last) / 2. And the smallest sum of `yes` different ranks is "
        "1 + 2 + ... + yes.",
    ),
    "depends_on_its_batch": Task(
        check_depends_on_its_batch,
        "Encode all at once, and each in a list of its own; then compare row by row. Look at every title, not the first alone.",
    ),
}
