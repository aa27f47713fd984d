"""The course: lessons as scripts, with exercises that check themselves (`python -m lessons.check`)."""
