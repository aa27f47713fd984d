"""The numbers behind the sentences of lessons 11, 14, 15 and 16: each measured over seeds by `python -m lessons.evidence NN`."""
