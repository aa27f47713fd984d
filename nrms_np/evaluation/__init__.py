"""Metrics, ranking and baselines."""
