"""What there is to learn, by name: data, observables, kernel and schedule to start from."""

from landscape_app.problems.digits import DIGITS
from landscape_app.problems.problem import MOST_EPOCHS, Configuration, Problem

PROBLEMS: dict[str, Problem] = {DIGITS.name: DIGITS}

__all__ = ["MOST_EPOCHS", "PROBLEMS", "Configuration", "Problem"]
