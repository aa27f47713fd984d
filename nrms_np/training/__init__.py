"""The optimiser, the training loop, and what a run leaves in its folder."""
