"""Mistakes in the exercises of lesson 13."""

MISTAKES = [
    ("add_into_rows", "values[order[starts[row] : starts[row + 1]]]", "values[starts[row] : starts[row + 1]]"),
    ("to_lane_order", ".reshape(D, heads, width // heads)", ".reshape(D, width // heads, heads)"),
    ("to_head_order", ".reshape(D, width // heads, heads)", ".reshape(D, heads, width // heads)"),
    ("project_once_backward", "table.T @ d_projected", "table[index].T @ dy"),
    ("project_once_backward", "d_projected @ W.T", "add_into_rows(dy @ W.T, index, len(table))"),
]
