"""Experiments by name: data, observables, kernel and schedule."""

from landscape_app.experiments.digits import DIGITS
from landscape_app.experiments.experiment import MOST_EPOCHS, Configuration, Experiment

EXPERIMENTS: dict[str, Experiment] = {DIGITS.name: DIGITS}

__all__ = ["EXPERIMENTS", "MOST_EPOCHS", "Configuration", "Experiment"]
