"""The checks of the exercises are checked: mistakes that readers make must each be refused."""

from __future__ import annotations

import pytest

from lessons.checks.run import check_exercise
from lessons.exercise_files import all_exercises

MISTAKES = [
    ("00", "rank_candidates", "return rank", "return best_first + 1"),
    ("00", "rank_candidates", '-scores, kind="stable")', 'scores, kind="stable")[::-1]'),
    ("00", "auc", "(yes > no) + 0.5 * (yes == no)", "yes > no"),
    ("00", "mrr", "np.mean(1 / rank[clicked])", "1 / rank[clicked].min()"),
    ("00", "mrr", "np.mean(1 / rank[clicked])", "1 / np.mean(rank[clicked])"),
    ("00", "ndcg", "min(k, len(ranks_of_clicked))", "len(ranks_of_clicked)"),
    ("00", "ndcg", "[ranks_of_clicked <= k]", ""),
    ("01", "numerical_gradient", "(loss(x + step) - loss(x - step)) / (2 * h)", "(loss(x + step) - loss(x)) / h"),
    ("01", "numerical_gradient", "step[i] = h", "step[i] = 1e-5"),
    ("01", "relative_error", " if size > 0 else 0.0", ""),
    ("01", "relative_error", "np.linalg.norm(a - n)", "abs(np.linalg.norm(a) - np.linalg.norm(n))"),
    ("01", "product_backward", "return dC @ B.T, A.T @ dC", "return A.T @ dC, dC @ B.T"),
    ("01", "square_of_product_backward", "dy * 2 * (x @ W)", "dy * 2"),
    ("02", "title_rows", ", dtype=int)", ")"),
    ("02", "embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] += dx"),
    ("02", "embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] = dx"),
    ("02", "dropout_forward", "return x * kept / (1 - rate)", "return x * kept"),
    ("02", "dropout_forward", "return x * kept / (1 - rate)", "return x * kept / rate"),
    ("02", "dropout_backward", "return dy * kept / (1 - rate)", "return dy / (1 - rate)"),
    ("03", "softmax_forward", "np.exp(a - a.max(axis=1, keepdims=True))", "np.exp(a)"),
    ("03", "softmax_forward", "a.max(axis=1, keepdims=True)", "a.max()"),
    ("03", "softmax_backward", "p * (dp - (p * dp).sum(axis=1, keepdims=True))", "np.zeros_like(p)"),
    ("03", "softmax_backward", "(p * dp).sum(axis=1", "dp.sum(axis=1"),
    ("03", "scores_backward", "dS.T @ x @ Q", "dS @ x @ Q"),
    ("03", "scores_backward", "x.T @ dS @ x", "x.T @ dS.T @ x"),
    ("04", "one_head_forward", " / np.sqrt(Q.shape[1])", " / np.sqrt(Q.shape[0])"),
    ("04", "split_heads", "values.reshape(T, heads, width // heads).transpose(1, 0, 2)", "values.reshape(heads, T, -1)"),
    ("04", "values_backward", "alpha.T @ dh", "alpha @ dh"),
    ("04", "bilinear_from_projected", "K[:, columns].T / np.sqrt(d)", "K[:, columns].T / np.sqrt(width)"),
    ("05", "additive_attention_forward", "np.tanh(h @ W + b) @ q\n    alpha", "np.tanh(h @ W) @ q\n    alpha"),
    ("05", "additive_attention_forward", "return alpha @ h", "return np.exp(a) @ h / np.exp(a).sum()"),
    ("05", "additive_scores_backward", " * (1 - hidden**2)", ""),
    ("05", "additive_scores_backward", "dz.sum(axis=0)", "dz.mean(axis=0)"),
    ("05", "pooling_backward", "softmax_backward(h @ dr, alpha)", "h @ dr"),
    ("05", "both_ways", "return dh_sum + dh_scores", "return dh_sum"),
    ("06", "encode_title", "    x, _ = dropout_forward(x, rate, key)\n", ""),
    ("06", "encode_title", "1 / np.sqrt(d)", "1"),
    ("06", "encode_title_backward", "    dx = dropout_backward(dx, dropped)\n", ""),
    ("06", "encode_title_backward", '"Q": dQ, "K": dK', '"Q": dK, "K": dQ'),
    ("07", "history_forward", "news[clicks], Q", "news, Q"),
    ("07", "history_backward", "np.add.at(d_news, clicks, dx)", "d_news[clicks] = dx"),
    ("07", "news_gradient", "np.add.at(d_news, candidates, d_candidates)", "d_news[candidates] = d_candidates"),
    ("07", "shared_gradients", "np.sum([", "np.mean(["),
    ("08", "last_clicks", "history[max(len(history) - most, 0) :]", "history[-most:]"),
    ("08", "last_clicks", "history[max(len(history) - most, 0) :]", "history[:most]"),
    ("08", "user_vector", "news[last_clicks(history, most)]", "news[history]"),
    ("08", "one_click_user", "return r @ V", "return V[0]"),
    ("08", "one_click_backward", "np.zeros_like(Q)", "np.outer(r, du)"),
    ("09", "click_score_backward", "d_scores @ r", "r.sum(axis=0)"),
    ("09", "softmax_loss_forward", "scores - scores.max()", "scores"),
    ("09", "softmax_loss_forward", "np.log(np.exp(shifted).sum()) - shifted[", "-np.log(np.exp(shifted) / np.exp(shifted).sum())["),
    ("09", "softmax_loss_backward", "d_scores[clicked] -= 1", "d_scores[0] -= 1"),
    ("09", "softmax_loss_backward", "np.exp(scores - scores.max())", "np.exp(scores)"),
    ("09", "draw_negatives", "replace=len(not_clicked) < K", "replace=True"),
    ("09", "draw_negatives", "replace=len(not_clicked) < K", "replace=False"),
    ("09", "draw_negatives", "rng.choice", "np.random.default_rng().choice"),
    ("09", "draw_negatives", "return rng", "return np.resize(not_clicked, K)\n    return rng"),
    ("10", "running_means", "BETA_2 * v + (1 - BETA_2) * g**2", "BETA_2 * v + (1 - BETA_2) * g"),
    ("10", "corrected", "v / (1 - BETA_2**t)", "v / (1 - BETA_2)"),
    ("10", "adam_step", "np.sqrt(v_hat) + EPSILON), m, v", "np.sqrt(v_hat) + EPSILON), m_hat, v_hat"),
    ("10", "adam_step", "theta - learning_rate", "theta + learning_rate"),
    ("10", "best_epoch", "max(epochs", "max(epochs[::-1]"),
    ("10", "best_epoch", 'int(max(epochs, key=lambda epoch: epoch["auc"])["epoch"])', 'int(np.argmax([e["auc"] for e in epochs]))'),
    ("11", "offsets_of", "np.concatenate([[0], np.cumsum(lengths)])", "np.cumsum(lengths)"),
    ("11", "pack", "for row in sequence], dtype=int)", "for row in sequence])"),
    ("11", "take", "[chosen] - new_offsets[:-1]", "[np.sort(chosen)] - new_offsets[:-1]"),
    ("11", "padded_weights", "        if T > 0:", "        if True:"),
    ("11", "padded_weights", "scores[s, :T].max()", "scores[s].max()"),
    ("11", "padded_weights", "exps / exps.sum()", "exps / np.exp(scores[s] - scores[s, :T].max()).sum()"),
    ("12", "add_into_rows", "values[order[starts[row] : starts[row + 1]]]", "values[starts[row] : starts[row + 1]]"),
    ("12", "to_lane_order", ".reshape(D, heads, width // heads)", ".reshape(D, width // heads, heads)"),
    ("12", "to_head_order", ".reshape(D, width // heads, heads)", ".reshape(D, heads, width // heads)"),
    ("12", "project_once_backward", "table.T @ d_projected", "table[index].T @ dy"),
    ("12", "project_once_backward", "d_projected @ W.T", "add_into_rows(dy @ W.T, index, len(table))"),
    ("13", "top_words", "np.argsort(-alpha, kind=\"stable\")", "np.argsort(alpha)[::-1]"),
    ("13", "looks_elsewhere", "alpha.shape[1]", "alpha.shape[0]"),
    ("13", "ablation_difference", "differences.std(ddof=1)", "differences.std()"),
    ("13", "ablation_difference", " / np.sqrt(len(differences))", ""),
    ("13", "ablation_difference", "differences.std(ddof=1)", "np.hypot(full.std(ddof=1), ablated.std(ddof=1))"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "function", "right", "wrong"), MISTAKES)
def test_a_mistake_is_refused(tmp_path, number, function, right, wrong):
    exercise = next(each for each in all_exercises() if each.number == number)
    solution = exercise.solution()
    start = solution.index(f"def {function}(")
    assert right in solution[start:]
    (tmp_path / exercise.file).write_text(
        solution[:start] + solution[start:].replace(right, wrong, 1), encoding="utf-8"
    )
    states = {result.function: result.state for result in check_exercise(exercise, tmp_path)}
    assert states[function] == "wrong"


def test_a_mistake_is_planted_in_every_function():
    planted = {(number, function) for number, function, _, _ in MISTAKES}
    asked = {(each.number, function) for each in all_exercises() for function in each.functions()}
    bugs_stand_in_the_blank = {(number, function) for number, function in asked if number == "14"}
    assert planted == asked - bugs_stand_in_the_blank
