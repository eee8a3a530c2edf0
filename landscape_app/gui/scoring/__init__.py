"""Scores of the items of a file under the model on view."""
