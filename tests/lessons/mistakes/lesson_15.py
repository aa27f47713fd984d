"""Mistakes in the exercises of lesson 15: its bugs stand in the blanks."""

MISTAKES: list[tuple[str, str, str]] = []
