"""Problems by name: data, observables, kernel and schedule to start from."""

from landscape_app.data import Dataset
from landscape_app.problems.binary_digits import BINARY_DIGITS
from landscape_app.problems.digits import DIGITS
from landscape_app.problems.ising import ISING
from landscape_app.problems.letters import LETTERS
from landscape_app.problems.networks import (
    CONVOLUTIONS,
    FULL_RESOLUTION,
    NETWORKS,
    OF_IMAGES,
    PAIRS,
    PERCEPTRON,
)
from landscape_app.problems.points import POINTS, RINGS, TWO_GAUSSIANS
from landscape_app.problems.problem import (
    AUTOREGRESSIVE,
    BASES,
    INDEPENDENT,
    MOST_EPOCHS,
    Configuration,
    Problem,
)
from landscape_app.problems.proposal import (
    Proposal,
    changed_settings,
    configured,
    fitted_otherwise,
    model_obstacle,
    proposal_for,
    starting_configuration,
    unused_settings,
    ways_on,
)

PROBLEMS: dict[str, Problem] = {
    problem.name: problem for problem in (DIGITS, BINARY_DIGITS, TWO_GAUSSIANS, RINGS, ISING, LETTERS, POINTS)
}
"""Every problem by its name on the command line."""


def load_problem(name: str) -> Dataset:
    """The data of a problem.

    Raises:
        ValueError: there is no such problem, or its data are a person's own.
    """
    if name not in PROBLEMS:
        raise ValueError(f"no data set is called {name!r}; choose from {', '.join(PROBLEMS)}")
    load = PROBLEMS[name].load
    if load is None:
        raise ValueError(f"the data of {name!r} are your own: give them along")
    return load()


def usual_configuration(data: str | Dataset) -> Configuration:
    """The configuration to start from on a data set, by name or itself.

    Raises:
        ValueError: there is no data set of that name.
    """
    if not isinstance(data, str):
        return starting_configuration(data)
    if data not in PROBLEMS:
        raise ValueError(f"no data set is called {data!r}; choose from {', '.join(PROBLEMS)}, or load one")
    return PROBLEMS[data].defaults


def problem_title(name: str) -> str:
    """Title of a problem; its name where it is in no list."""
    return PROBLEMS[name].title if name in PROBLEMS else name


__all__ = [
    "AUTOREGRESSIVE",
    "BASES",
    "CONVOLUTIONS",
    "FULL_RESOLUTION",
    "INDEPENDENT",
    "MOST_EPOCHS",
    "NETWORKS",
    "OF_IMAGES",
    "PAIRS",
    "PERCEPTRON",
    "POINTS",
    "PROBLEMS",
    "Configuration",
    "Problem",
    "Proposal",
    "changed_settings",
    "configured",
    "fitted_otherwise",
    "load_problem",
    "model_obstacle",
    "problem_title",
    "proposal_for",
    "starting_configuration",
    "unused_settings",
    "usual_configuration",
    "ways_on",
]
