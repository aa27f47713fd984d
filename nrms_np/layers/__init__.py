"""The paper by hand: one sequence at a time, plain NumPy, forward and backward side by side."""
