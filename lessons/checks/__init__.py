"""The checks behind `python -m lessons.check`: lesson_NN.py holds those of lesson NN, the other files what they share."""
