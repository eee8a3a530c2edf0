"""What there is to learn, by name: data, observables, kernel and schedule to start from."""

from dataclasses import replace

from landscape_app.data import Dataset, Kind
from landscape_app.problems.digits import DIGITS
from landscape_app.problems.ising import ISING
from landscape_app.problems.points import POINTS, RINGS, TWO_GAUSSIANS
from landscape_app.problems.problem import MOST_EPOCHS, Configuration, Problem

PROBLEMS: dict[str, Problem] = {
    problem.name: problem for problem in (DIGITS, TWO_GAUSSIANS, RINGS, ISING, POINTS)
}
"""Every problem by its name on the command line."""


USUAL_SITES = {Kind.LEVELS: 64, Kind.SPINS: 16, Kind.POINTS: 2}
"""Numbers in an item for which the defaults were chosen, by its kind."""

LEAST_CHAINS = 256


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


def problem_title(name: str) -> str:
    """What a person calls a problem; its name where it is in no list."""
    return PROBLEMS[name].title if name in PROBLEMS else name


def starting_configuration(dataset: Dataset) -> Configuration:
    """The configuration to start from on a data set that is in no list, by its kind and the size of its items.

    Larger items get fewer chains, as the time of an epoch goes with both.
    """
    kinds = {Kind.LEVELS: DIGITS, Kind.SPINS: ISING, Kind.POINTS: POINTS}
    defaults = kinds[dataset.kind].defaults
    larger = dataset.items[0].size / USUAL_SITES[dataset.kind]
    chains = max(min(LEAST_CHAINS, defaults.chains), round(defaults.chains / max(1.0, larger)))
    return replace(defaults, problem=dataset.name, chains=chains)


__all__ = [
    "MOST_EPOCHS",
    "POINTS",
    "PROBLEMS",
    "Configuration",
    "Problem",
    "load_problem",
    "problem_title",
    "starting_configuration",
]
