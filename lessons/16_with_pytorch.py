r"""
Lesson 16: beside PyTorch
=========================

About 45 minutes, and an hour for the exercises. Runs best where PyTorch is (``pip install torch``); without it, the
numbers and figures are those that were kept.

You have derived every gradient of NRMS and written it down. PyTorch derives them by itself: it remembers what the
forward did and walks back. So it is the last referee. This lesson writes NRMS in forty lines of PyTorch, compares its
gradients with the course's, array by array, and lets the two train beside each other.

You need: lesson 10 (the whole model), lesson 11 (Adam, the small world), lesson 12 (masks).

Letters of this lesson:

- n, T: titles of a batch, and the words of the longest (beside a ±, n is the number of seeds).
- B, N: users, and the clicks of the longest history.
- D, H, d, A: widths of a word vector, number of heads, width of a head, width of the pooling query.
- P: the parameters by their names. K + 1: candidates of a sample, the clicked one first.
- mask: True where there is a word (a click), False where there is padding. ``scaled_dot_product_attention`` reads a mask
  like this; for ``torch.nn.MultiheadAttention`` a True of ``key_padding_mask`` means the opposite, leave it out.
- ±: half of a 95% interval for a mean over seeds, by Student's t.
"""

# %%
import json
import tempfile
from pathlib import Path

import numpy as np

import course
from lessons.draw import lesson_16 as draw
from lessons.evidence.interval import Interval
from lessons.evidence.kept import load
from lessons.exercise_files import EXERCISES
from lessons.mine.backend import backend_of
from lessons.mine.pieces import collect
from lessons.mine.referee import check_model
from lessons.small_world import make_world, small_config
from nrms_np import NRMS, Packed
from nrms_np.data.batches import Samples, batches
from nrms_np.evaluation.ranking import evaluate
from nrms_np.gradcheck import relative_error
from nrms_np.training.adam import Adam

try:
    import torch
    import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
except ImportError:
    torch = None

# %%
# Sequences become rectangles
# ---------------------------
#
# The course's arrays are packed: the words of all titles end to end, and offsets that say where each begins (lesson
# 12). PyTorch wants rectangles, so titles and histories are padded to the longest of the batch, and a mask says what is
# real. That takes no PyTorch yet:


# %%
def padded(sequences: Packed) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of row numbers as a rectangle, filled up with 0, and the mask; both (n, longest)."""
    longest = max(int(sequences.lengths.max(initial=0)), 1)
    mask = np.arange(longest) < sequences.lengths[:, None]
    rows = np.zeros(mask.shape, dtype=np.int64)
    rows[mask] = sequences.index
    return rows, mask


rows, mask = padded(Packed.from_lists([[5, 3, 8], [], [4, 4]]))
assert rows.tolist() == [[5, 3, 8], [0, 0, 0], [4, 4, 0]]
assert mask.sum(axis=1).tolist() == [3, 0, 2]

# %%
# NRMS in forty lines
# -------------------
#
# Here it is, from the words to the loss. ``attend`` is equations 1 to 5 on one level, and 6 to 10 on the other. Look for
# the course in it: ``scaled_dot_product_attention`` is lesson 04 with the mask of lesson 12, and divides by √d by
# itself; the two lines of ``alpha`` are lesson 05; ``news[history]`` is lesson 07, and PyTorch adds into its rows on the
# way back; ``cross_entropy`` is lesson 09, and takes the mean over the batch.
#
# One line has no place in a formula. A reader without clicks has a row of nothing but padding, whose softmax would be 0
# divided by 0. So the first place of each row counts as real, and the vectors of empty sequences are set to 0 at the end.


# %%
def attend(x, mask, P, level, heads):
    """Self-attention, then pooling: x (n, T, D) and mask (n, T) to (n, H·d)."""
    real = mask | (torch.arange(mask.shape[1]) == 0)  # (n, T)
    q, k, v = ((x @ P[f"{level}.attention.{name}"]).unflatten(-1, (heads, -1)).transpose(1, 2) for name in "QKV")
    h = F.scaled_dot_product_attention(q, k, v, attn_mask=real[:, None, None])  # (n, H, T, d)
    h = h.transpose(1, 2).flatten(2)  # (n, T, H·d)
    a = torch.tanh(h @ P[f"{level}.pool.W"] + P[f"{level}.pool.b"]) @ P[f"{level}.pool.q"]  # (n, T)
    alpha = a.masked_fill(~real, -torch.inf).softmax(dim=-1)
    return (alpha[:, None] @ h)[:, 0] * mask.any(dim=1, keepdim=True)


def scores_of(batch, P, heads):
    """The click scores of a batch, (B, K + 1)."""
    titles, title_mask = (torch.from_numpy(array) for array in padded(batch.titles))
    history, history_mask = (torch.from_numpy(array) for array in padded(batch.histories))
    words = F.embedding(torch.from_numpy(batch.words), P["word_embedding"], sparse=True)  # (distinct words, D)
    news = attend(words[titles], title_mask, P, "news", heads)  # (n, H·d)
    users = attend(news[history], history_mask, P, "user", heads)  # (B, H·d)
    return (news[torch.from_numpy(batch.candidates)] @ users[:, :, None])[:, :, 0]


def loss_of(batch, P, heads):
    """The mean loss of the samples; the clicked candidate is the first."""
    scores = scores_of(batch, P, heads)
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


def tensors(parameters):
    """Our parameters as PyTorch's, with gradients wanted."""
    return {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}


def optimisers(P, learning_rate):
    """Adam for rows of words that were used, and Adam for the rest."""
    rest = [tensor for name, tensor in P.items() if name != "word_embedding"]
    return torch.optim.SparseAdam([P["word_embedding"]], learning_rate), torch.optim.Adam(rest, learning_rate)


# %%
# There is no backward in it. That is what the framework is for, and why one may use it for years without knowing what it
# does.
#
# Gradients, array by array
# -------------------------
#
# Both get the same first parameters, in float64, and the same batch of the small world of lesson 11. The error of an
# array is that of lesson 01: the length of the difference, divided by the two lengths. One number for all parameters
# together would hide a small array behind a large one, so each is compared by itself, and the worst has a name. Three
# models are compared with PyTorch: the course's with the kernels and with the layers, and ``yours``, in which every piece
# that you have written and that is right takes the place of the package's (``python -m lessons.mine`` shows which).

# %%
config = small_config(epochs=4)


def world_and_batches():
    """The small world, and the batches of all epochs."""
    with tempfile.TemporaryDirectory() as temporary:
        data = make_world(Path(temporary) / "world")
    samples = Samples.from_behaviors(data.train.behaviors)
    epochs = [
        list(
            batches(
                data.train, data.train_titles, samples, batch_size=config.batch_size, negatives=config.negatives,
                words=len(data.vocabulary), seed=config.seed, epoch=epoch,
            )
        )
        for epoch in range(1, config.epochs + 1)
    ]  # fmt: skip
    return data, epochs


def first_parameters(data):
    """Those that the course's model starts with, in float64."""
    model = NRMS.create(config, data.vocabulary.words)
    return {name: value.astype(np.float64) for name, value in model.parameters.items()}


def gradient_errors(batch, parameters, models):
    """The error of each array's gradient, for each of our models, {model: {array: error}}, and how long PyTorch's gradients are."""
    P = tensors(parameters)
    loss_of(batch, P, config.heads).backward()
    theirs = {
        name: (tensor.grad.to_dense() if tensor.grad.is_sparse else tensor.grad).numpy() for name, tensor in P.items()
    }
    errors = {}
    for label, model in models.items():
        _, ours = model.loss_and_gradients(batch)
        assert {name: gradient.shape for name, gradient in ours.items()} == {n: g.shape for n, g in theirs.items()}
        errors[label] = {name: float(relative_error(ours[name], theirs[name])) for name in theirs}
    return errors, {name: float(np.linalg.norm(gradient)) for name, gradient in theirs.items()}


def our_models(data, parameters):
    """The course's model with each backend that works here, and with the pieces of yours that are right, if there are any."""
    models = {}
    for backend in reversed(course.BACKENDS):
        settings = small_config(epochs=config.epochs, backend=backend)
        models[backend] = NRMS(
            settings, data.vocabulary.words, {name: value.copy() for name, value in parameters.items()}
        )
    pieces = collect(EXERCISES)
    if pieces.own:
        backend = backend_of(pieces)
        checked = check_model(backend)
        if isinstance(checked, str):
            print(f"yours: {checked}")
        else:
            models["yours"] = NRMS(config, data.vocabulary.words, parameters, backend=backend)
    return models


kept = course.LESSONS / "figures" / "16_with_pytorch.json"
if torch is None:
    print(f"PyTorch is not installed here. What follows was measured where it is, and is kept in {kept.name}.")
    found = json.loads(kept.read_text(encoding="utf-8"))
else:
    data, epochs = world_and_batches()
    parameters = first_parameters(data)
    models = our_models(data, parameters)
    errors, lengths = gradient_errors(epochs[0][0], parameters, models)
    found = {"errors": errors, "lengths": lengths, "torch": torch.__version__}
print(f"PyTorch {found['torch']}")
for label, errors in found["errors"].items():
    worst = max(errors, key=errors.get)
    print(f"{label:8} {len(errors)} arrays, the worst is {worst}: {errors[worst]:.0e}")
    assert errors[worst] < 1e-10

# %%
course.show(
    draw.gradients(found["errors"], "PyTorch finds the same gradient for every array, to rounding"),
    "16_gradients",
    caption="The error of the gradient of each array, the course against PyTorch, in float64.",
    alt="One row for each of the thirteen arrays, dots between 1e-16 and 1e-10, far to the left of a dotted line at 1e-7.",
)

# %%
# Why do the arrays of the pooling stand out? The error is relative. A softmax's gradient sums to 0 over the clicks
# (lesson 03), so what the clicks of a reader do to ``user.pool.b`` nearly cancels: the terms are much longer than their
# sum, and the sum keeps the rounding of the terms. It is the shortest gradient of all. But shortness is not the reason:
# the gradient of ``news.pool.W`` is about as long as that of ``user.attention.K``, and its error is about ten times as
# large.

# %%
lengths = found["lengths"]
assert (
    min(lengths, key=lengths.get)
    == max(found["errors"]["kernels"], key=found["errors"]["kernels"].get)
    == "user.pool.b"
)
assert lengths["user.pool.b"] < 1e-5 * lengths["user.attention.V"]
assert lengths["news.pool.W"] > 0.7 * lengths["user.attention.K"]
assert found["errors"]["kernels"]["news.pool.W"] > 5 * found["errors"]["kernels"]["user.attention.K"]

# %%
# One training beside the other
# -----------------------------
#
# Then the same first parameters, the same batches and no dropout, so that nothing is drawn at random on either side, for
# four epochs. Ours makes its steps with the gradients of the course and the Adam of lesson 11; PyTorch with its own of
# both: ``SparseAdam`` for the word vectors, which moves only the rows of words that the batch has, as ours does, and
# ``Adam`` for the rest. After each epoch both are scored on dev by the same program, which is given their parameters.


# %%
def train_ours(epochs, model):
    """The loss before each step; the parameters move in place, and are copied after each epoch."""
    adam, losses, after = Adam(model.parameters, config.learning_rate), [], []
    for epoch in epochs:
        for batch in epoch:
            loss, gradients = model.loss_and_row_gradients(batch)
            adam.step(model.parameters, gradients)
            losses.append(loss)
        after.append({name: value.copy() for name, value in model.parameters.items()})
    return losses, after


def train_theirs(epochs, parameters):
    """The same in PyTorch."""
    P = tensors(parameters)
    both, losses, after = optimisers(P, config.learning_rate), [], []
    for epoch in epochs:
        for batch in epoch:
            loss = loss_of(batch, P, config.heads)
            for optimiser in both:
                optimiser.zero_grad()
            loss.backward()
            for optimiser in both:
                optimiser.step()
            losses.append(loss.item())
        after.append({name: tensor.detach().numpy().copy() for name, tensor in P.items()})
    return losses, after


def compare_trainings(data, epochs, parameters, model):
    """Both trainings, as numbers that can be kept."""

    def auc(of_epoch):
        trained = NRMS(config, data.vocabulary.words, of_epoch)
        return evaluate(trained, data.dev_titles, data.dev.behaviors).values["auc"]

    ours, our_epochs = train_ours(epochs, model)
    theirs, their_epochs = train_theirs(epochs, parameters)
    return {
        "losses": {"ours": ours, "PyTorch": theirs},
        "auc": {"ours": [*map(auc, our_epochs)], "PyTorch": [*map(auc, their_epochs)]},
        "last parameters": {n: float(relative_error(our_epochs[-1][n], their_epochs[-1][n])) for n in parameters},
    }


if torch is not None:
    found |= compare_trainings(data, epochs, parameters, next(iter(models.values())))

# %%
gap = np.abs(np.subtract(found["losses"]["ours"], found["losses"]["PyTorch"]))
worst = max(found["last parameters"], key=found["last parameters"].get)
print(f"{len(gap)} steps: losses differ by {gap[0]:.0e} at first and by {gap.max():.0e} at most;")
print(f"        parameters after the last step by {found['last parameters'][worst]:.0e} ({worst})")
print(
    "dev AUC after each epoch:",
    *(f"{name} {' '.join(f'{auc:.3f}' for auc in found['auc'][name])}" for name in found["auc"]),
)
assert gap[:10].max() < gap[-10:].max() < 1e-8
assert np.allclose(found["auc"]["ours"], found["auc"]["PyTorch"], atol=1e-3)

# %%
course.show(
    draw.beside(found["losses"], "One training beside the other: the curves are one curve"),
    "16_beside",
    caption="Above, the loss before each step. Below, how far the two are apart: rounding, handed on from step to step.",
    alt="Above, a falling loss with rings on its line. Below, the difference on a logarithmic axis, from 0 and 1e-16 up to 1e-14.",
)

# %%
# Every sum is rounded in its own order on either side, so the two differ in the last digits, and each step starts from
# where the last one ended. That is why the difference grows. (A difference of 0 is drawn at the bottom.) A bug would show
# as a jump at the first steps.
#
# And left to themselves?
# -----------------------
#
# In a real training nobody has the same first parameters and the same dropout. The two programs draw their own. Do they
# *learn* the same? That is a question for seeds: both get the same world and the same order of samples for a seed, so
# their difference is taken seed by seed. Each run counts with its best epoch of dev, which may flatter both a little
# (lesson 11). Small worlds: ``python -m lessons.evidence 16``. The demo corpus and a log of real clicks, with the
# paper's sizes: ``python benchmarks/same_learning.py``. (PyTorch's NRMS is there the fastest one that was found, in
# ``benchmarks/torch_nrms.py``; it computes what the forty lines do.)

# %%
seeds = load("16")
differences = {"small world": Interval.paired(seeds["ours"], seeds["PyTorch"])}
for name, file in (("demo corpus", "same_learning_demo.json"), ("real clicks", "same_learning_clicks.json")):
    runs = json.loads((course.ROOT / "benchmarks" / file).read_text(encoding="utf-8"))["runs"]
    common = sorted(set(runs["ours"]) & set(runs["PyTorch"]), key=int)
    best = {of: [max(epoch["auc"] for epoch in runs[of][seed]) for seed in common] for of in ("ours", "PyTorch")}
    differences[name] = Interval.paired(best["ours"], best["PyTorch"])
for name, difference in differences.items():
    print(f"{name}: dev AUC, ours − PyTorch {difference} (n = {difference.n} seeds)")
assert not any(difference.holds for difference in differences.values())

# %%
# No difference holds: each interval has room for 0. That is not a proof of equality. It says how large a difference could
# still hide: as much as the far end of each interval, and the few seeds on the real clicks leave much room. The proof is
# the first half of this lesson.
#
# What to remember
# ----------------
#
# 1. A framework's gradients are a referee: the same parameters, the same batch, float64, and every array by itself.
# 2. Two trainings that are the same but for rounding stay together for a while, and their gap grows step by step.
# 3. Whether two programs learn the same is another question, and has an interval for an answer.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/16_with_pytorch.py`` and run ``python -m lessons.check 16``. They need no PyTorch.
#
# Further (answers in ``lessons/further/16.md``): (a) Do the comparison in float32. How large are the errors now, and would
# a limit of 1e-7 still do? (b) Which lines of the forty would you have to change for the paper's equation 1 to the letter
# (``--attention bilinear``)? (c) Time one step of both. Why is padding to the longest title slower than packing, and by
# what factor at MIND's lengths? (d) Take the line with ``real`` away. What happens to a reader without clicks, and to
# the gradients of all others?
