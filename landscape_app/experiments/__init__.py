"""The paper's results as experiments; `catalogue` has all of them, and needs a second to import."""

from landscape_app.experiments.experiment import (
    Experiment,
    Finding,
    Parameter,
    Progress,
    Values,
    describe_seconds,
)
from landscape_app.experiments.result import Result, open_result, save_result

__all__ = [
    "Experiment",
    "Finding",
    "Parameter",
    "Progress",
    "Result",
    "Values",
    "describe_seconds",
    "open_result",
    "save_result",
]
