"""The figures of the lessons: `base` has the language that all of them speak, `lesson_NN` draws those of one lesson."""
