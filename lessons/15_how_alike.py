r"""
Lesson 15: how alike are the best?
==================================

A page with five news about the same game is a poor page, however well each of them scores. This lesson measures how
alike news are: by the cosine of their vectors.

You need: lesson 06 (news vectors).
"""

# %%
import numpy as np

import course

# %%
# The cosine
# ----------
#
# .. math:: \cos(r_i, r_j) = \frac{r_i \cdot r_j}{\lVert r_i \rVert \, \lVert r_j \rVert}
#
# It is 1 for vectors in the same direction and 0 for perpendicular ones, however long they are. Three news: two about
# the same thing, one about another.

# %%
r = np.array([[2.0, 0.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
unit = r / np.linalg.norm(r, axis=1, keepdims=True)
cosines = unit @ unit.T
print(np.round(cosines, 2))

# %%
drawing = course.figure(4, 3.5)
course.draw_weights(drawing.add_subplot(), cosines, ["game", "same game", "soup"], ["game", "same game", "soup"])
course.save(drawing, "15_cosines")

# %%
# What to remember
# ----------------
#
# 1. Scores look at one news at a time; how alike the best are is a question about pairs.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/15_how_alike.py``, fill in the blank, and run ``python -m lessons.check 15``.
