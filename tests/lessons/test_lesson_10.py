"""The solutions of lessons 06 to 10 on the story: the model put together by the reader is the package's, in either precision."""

from __future__ import annotations

import numpy as np
import pytest

from lessons import story
from lessons.checks.run import load
from lessons.exercise_files import SOLUTIONS, all_exercises
from nrms_np.encoder import subset

PARTS = ("06", "07", "08", "09", "10")
TITLES = [np.array(rows) for rows in (story.TITLES[title] for title in [*story.HISTORY, *story.CANDIDATES])]
HISTORY, SHOWN = np.array([0, 1]), np.array([2, 3, 4])


@pytest.fixture(scope="module")
def parts():
    """The solutions as modules, by number."""
    return {each.number: load(each, SOLUTIONS / each.file)[0] for each in all_exercises() if each.number in PARTS}


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def parameters(request):
    return {name: value.astype(request.param) for name, value in story.PARAMETERS.items()}


def test_the_readers_model_has_the_storys_scores_and_gradients(parts, parameters):
    whole, click = parts["10"], parts["09"]
    inputs = (parameters, TITLES, HISTORY, SHOWN, story.HEADS)
    scores = whole.model_forward(*inputs)
    d_scores = click.softmax_loss_backward(1.0, scores, story.CLICKED)
    gradients = whole.model_backward(d_scores, *inputs)
    loss, right = story.model().loss_and_gradients(story.batch())
    tolerance = 1e-12 if scores.dtype == np.float64 else 1e-5
    assert click.softmax_loss_forward(scores, story.CLICKED) == pytest.approx(loss, abs=tolerance)
    assert set(gradients) == set(right)
    for name, gradient in gradients.items():
        assert gradient.dtype == parameters[name].dtype
        np.testing.assert_allclose(gradient, right[name], atol=tolerance)


def test_the_pieces_put_together_are_the_model(parts, parameters):
    """Lesson 06 for the titles, lesson 08 for the history, lesson 09 for the scores; and the way back."""
    encoder, reader, click = parts["06"], parts["08"], parts["09"]
    of_news, of_user, table = subset(parameters, "news"), subset(parameters, "user"), parameters["word_embedding"]
    news = encoder.news_forward(table, TITLES, of_news, story.HEADS)
    u = reader.user_forward(news, HISTORY, of_user, story.HEADS, 50)
    scores = click.click_score_forward(u, news[SHOWN])
    np.testing.assert_allclose(scores, [1.516, 2.026, 0], atol=1e-3)
    du, d_shown = click.click_score_backward(click.softmax_loss_backward(1.0, scores, 0), u, news[SHOWN])
    d_news, _ = reader.user_backward(du, news, HISTORY, of_user, story.HEADS, 50)
    d_table, _ = parts["07"].encode_once(
        [HISTORY, SHOWN],
        [d_news[HISTORY], d_shown],
        len(news),
        lambda d_news: encoder.news_backward(d_news, table, TITLES, of_news, story.HEADS),
    )
    assert news.dtype == d_table.dtype == table.dtype
    win = d_table[story.WORDS.index("win")]
    np.testing.assert_allclose(win, [-0.979, -0.545, -0.182, -0.015], atol=1e-3)
