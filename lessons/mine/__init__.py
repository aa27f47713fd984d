"""Build your own NRMS: the reader's pieces, from the exercises, as a backend that trains (`python -m lessons.mine`)."""
