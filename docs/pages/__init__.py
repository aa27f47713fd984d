"""The site of the course: what `python -m sphinx docs FOLDER` needs beside Sphinx."""
