"""The optimiser, the training loop, and `fitting.fit`, which does a whole run."""
