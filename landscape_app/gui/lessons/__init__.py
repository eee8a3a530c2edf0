"""Lessons: the tour and others like it, read from text files, with steps beside the controls that they are about."""
