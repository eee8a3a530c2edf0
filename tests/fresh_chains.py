"""Short ends of trainings, in the process of the tests and in those that they start."""

from landscape_app.learning import equilibrium_dual
from landscape_app.session import fresh_chains


def few_fresh_chains() -> None:
    """A training ends with few fresh chains and short ones, and multipliers are solved in few rounds."""
    fresh_chains.LEAST_COLUMNS = fresh_chains.MOST_COLUMNS = 8
    fresh_chains.TUNING, fresh_chains.TAKES, fresh_chains.SPACING = 20, 4, 4
    equilibrium_dual.ROUNDS, equilibrium_dual.STEPS = 8, 4
