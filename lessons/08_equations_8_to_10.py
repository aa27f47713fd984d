r"""
Lesson 08: equations 8-10, the user vector
==========================================

After lesson 07 each click of a history has looked at the others. Now the clicks become one vector, the *user vector*: what this
reader likes. It is additive attention again, the pooling of lesson 05. So the formulas are short here, and the lesson is about
what histories do and titles do not: they can be empty, they can hold one click, and they can be very long.

You need: lesson 05 (additive attention) and lesson 07 (attention over clicks).
"""

# %%
import numpy as np

import course
from nrms_np.backend import get_backend
from nrms_np.encoder import attend_backward, attend_forward, subset
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.self_attention import self_attention_forward
from nrms_np.layers.softmax import softmax_forward
from nrms_np.packed import Packed

# %%
# The equations
# -------------
#
# .. math::
#     a^n_i = q_n^T \tanh(V_n h^n_i + v_n), \qquad
#     \alpha^n_i = \frac{\exp(a^n_i)}{\sum_{j=1}^{N} \exp(a^n_j)}, \qquad
#     u = \sum_{i=1}^{N} \alpha^n_i h^n_i
#
# - :math:`h^n_i`, from lesson 07, is click i after it has looked at the other clicks: H·d numbers. N is the
#   number of clicks.
# - :math:`V_n`, :math:`v_n` and :math:`q_n` are parameters: a matrix, and two vectors with A numbers. We call
#   them W, b and q as in lesson 05. Our vectors are rows, so W stands on the right and is (H·d, A).
# - :math:`a^n_i` is the score of click i: how much it says about the reader. :math:`\alpha^n_i` is its weight.
# - u is the user vector, H·d numbers: a weighted mean of the clicks.
#
# Three clicks with two numbers each, the first "sports" and the second "space", as in lesson 07. The query q
# counts space twice:

# %%
clicks = ["Giants win", "NASA delays launch", "Rockets again"]
h = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (N, H·d) = (3, 2)
W = np.array([[1.0, 0.0], [0.0, 1.0]])  # (H·d, A) = (2, 2)
b = np.array([0.0, 0.0])  # (A,)
q = np.array([1.0, 2.0])  # (A,)

# %%
# One click at a time
# -------------------
#
# tanh(1) is 0.762 and tanh(2) is 0.964. So the scores are 1 · 0.964 = 0.964, then 2 · 0.964 = 1.928, and 0.762 +
# 2 · 0.762 = 2.285. Only sums over the clicks are needed for the rest:

# %%
a = np.zeros(3)
for i in range(3):
    a[i] = q @ np.tanh(h[i] @ W + b)  # equation 8
assert np.allclose(a, [0.964, 1.928, 2.285], atol=1e-3)
alpha = np.exp(a) / np.exp(a).sum()  # equation 9
u = np.zeros(2)
for i in range(3):
    u += alpha[i] * h[i]  # equation 10
for title, score, weight in zip(clicks, a, alpha, strict=True):
    print(f"{title:21} score {score:.3f}  weight {weight:.3f}")
print(f"user vector {u.round(2)}, the plain mean would be {h.mean(axis=0)}")

# %%
# In matrix form the scores are one product, and the weighted sum is another. The package's function is that of
# lesson 05:

# %%
a = np.tanh(h @ W + b) @ q  # (N, A) · (A,) = (N,)
alpha, _ = softmax_forward(a)  # (N,)
assert np.allclose(alpha @ h, u)  # (N,) · (N, H·d) = (H·d,)
ours, _ = additive_attention_forward(h, W, b, q)
assert np.allclose(ours, u)

# %%
# All weights are positive and sum to 1. So u lies somewhere between the clicks, inside the triangle that they
# span, and the weights say where:

# %%
drawing = course.figure(5.4, 4.2)
axes = drawing.add_subplot()
axes.fill(h[:, 0], h[:, 1], color=course.BLUE, alpha=0.08)
axes.scatter(h[:, 0], h[:, 1], s=900 * alpha, color=course.BLUE)
for (x, y), title, weight, shift in zip(h, clicks, alpha, [(-62, 22), (16, 4), (14, 10)], strict=True):
    axes.annotate(f"{title}\nweight {weight:.2f}", (x, y), xytext=shift, textcoords="offset points", fontsize=9)
axes.plot(*h.mean(axis=0), "x", color=course.GREY, markersize=10, markeredgewidth=2.5, label="plain mean")
axes.plot(*u, "*", color=course.RED, markersize=17, label="user vector u")
axes.set_xlabel("sports")
axes.set_ylabel("space")
axes.set_xlim(-0.3, 2.6)
axes.set_ylim(-0.3, 2.5)
axes.legend(loc="upper right")
axes.set_title("The user vector is a weighted mean of the clicks")
course.save(drawing, "08_user_vector")
