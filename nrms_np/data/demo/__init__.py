"""The made-up corpora: one to learn from, which comes with the project, and one of MIND-small's size, for timing.

`python -m nrms_np.data.demo` writes them. Nothing in them is real; what decides a click is known, so it can be looked for.
"""
