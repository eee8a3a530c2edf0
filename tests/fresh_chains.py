"""Short ends of trainings, in the process of the tests and in those that they start."""

from collections.abc import Callable
from functools import partialmethod

from landscape_app.learning import equilibrium_dual
from landscape_app.session import api, entropy_estimator, fresh_chains
from landscape_app.session.session import Session


def quick_measurements(put: Callable[[object, str, object], None] = setattr) -> None:
    """Estimators settle and record for moments only, samples of a training are few moves apart, and a trial is short.

    Args:
        put: sets an attribute, as `setattr` does.
    """
    # The model that ships has a pending estimate of ten recorded sweeps, and is refused where fewer are recorded.
    for name, value in {"SETTLING_SWEEPS": 6, "RECORDED_SWEEPS": 10, "MOST_ROUNDS": 1}.items():
        put(entropy_estimator, name, value)
    usual = api.timed_epochs.__defaults__ or ()
    put(api.timed_epochs, "__defaults__", tuple(1 if value == api.TIMED_EPOCHS else value for value in usual))
    put(Session, "collect_samples", partialmethod(Session.collect_samples, spacing=3))


def few_fresh_chains() -> None:
    """A training ends with few fresh chains and short ones, and multipliers are solved in few rounds."""
    fresh_chains.LEAST_COLUMNS = fresh_chains.MOST_COLUMNS = 8
    fresh_chains.TUNING, fresh_chains.TAKES, fresh_chains.SPACING = 20, 4, 4
    equilibrium_dual.ROUNDS, equilibrium_dual.STEPS = 8, 4
