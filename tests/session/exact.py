"""Exact figures of a session's model, by a sum over all states."""

from landscape_app.data.columns import log_unit
from landscape_app.physics.exact import ExactRecord, exact_figures
from landscape_app.session.session import Session


def exact_record(session: Session) -> ExactRecord | None:
    """At its current parameters, of its test set; None where there are too many states."""
    found = exact_figures(
        session.model.target,
        session.judging_items,
        session.training_items,
        session.judging_weights,
        session.weights,
    )
    return None if found is None else found.per_unit(log_unit(session.dataset.columns))
