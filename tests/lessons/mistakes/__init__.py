"""Mistakes that readers make, a file a lesson: (function, a piece of the solution, what a mistaken reader writes instead)."""
