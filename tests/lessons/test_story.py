"""The story: what the course says of its numbers holds."""

from __future__ import annotations

import numpy as np

from lessons import story
from nrms_np.gradcheck import numerical_gradient
from nrms_np.parameters import parameter_shapes


def test_titles_are_spelled_by_their_rows_and_unknown_words_are_row_0():
    known = {word: row for row, word in enumerate(story.WORDS)}
    for title, rows in story.TITLES.items():
        assert [known.get(word, 0) for word in title.lower().split()] == rows
        assert story.vectors(title).tolist() == [story.TABLE[row].tolist() for row in rows]
    assert story.words("Bank rates rise") == ["[unknown]"] * 3
    assert len(story.WORDS) == len(story.TABLE)


def test_parameters_are_float64_and_training_a_model_leaves_them_alone():
    model = story.model()
    shapes = parameter_shapes(model.config, len(story.WORDS))
    assert {name: value.shape for name, value in story.PARAMETERS.items()} == shapes
    for name, value in model.parameters.items():
        assert value.dtype == np.float64
        value += 1
        assert np.array_equal(value - 1, story.PARAMETERS[name])


def test_the_batch_is_the_impression_with_the_clicked_candidate_in_front():
    batch = story.batch()
    titles = [batch.words[batch.titles.sequence(i)].tolist() for i in range(batch.titles.count)]
    assert [titles[i] for i in batch.histories.sequence(0)] == [story.TITLES[title] for title in story.HISTORY]
    shown = [titles[i] for i in batch.candidates[0]]
    assert shown[0] == story.TITLES[story.CANDIDATES[story.CLICKED]]
    assert sorted(shown) == sorted(story.TITLES[title] for title in story.CANDIDATES)


def test_the_heads_do_what_is_said_of_them():
    model, batch = story.model(), story.batch()
    _, cache = model.forward(batch)
    clicked = batch.candidates[0, 0]
    topic, time = cache.news.attention.attention.caches[clicked].alpha
    rockets, win, again = range(3)
    assert topic[rockets].argmax() == win  # what tells its topic
    assert time[rockets].argmax() == again  # when
    assert time[again].argmax() == win  # and what happens


def test_one_step_puts_the_clicked_candidate_first():
    model, batch = story.model(), story.batch()
    before, _ = model.forward(batch)
    loss, gradients = model.loss_and_gradients(batch)
    for name, gradient in gradients.items():
        model.parameters[name] -= story.LEARNING_RATE * gradient
    after, _ = model.forward(batch)
    assert before.argmax() == 1
    assert after.argmax() == 0
    assert after[0, 0] > before[0, 0] + 0.5
    assert model.loss(batch) < loss / 2


def test_no_gradient_of_the_story_is_zero_and_each_is_right():
    model, batch = story.model(), story.batch()
    _, gradients = model.loss_and_gradients(batch)
    for name, gradient in gradients.items():
        assert np.abs(gradient).max() > 0.01, name
        measured = numerical_gradient(lambda: model.loss(batch), model.parameters[name])
        assert np.allclose(gradient, measured, rtol=1e-6, atol=1e-9), name
