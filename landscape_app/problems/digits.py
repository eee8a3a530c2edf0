"""Handwritten digits, 8 × 8 pixels of 17 levels: 200 training images (the paper's figure 5)."""

from landscape_app.data import load_digits
from landscape_app.problems.problem import Configuration, Problem

DIGITS = Problem(
    name="digits",
    title="Handwritten digits",
    load=load_digits,
    defaults=Configuration(problem="digits"),
    seconds=120.0,
)
