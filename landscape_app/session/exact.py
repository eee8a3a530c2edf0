"""The model summed over its whole space, where that is small enough: no sampling, no error bar."""

from __future__ import annotations

from typing import NamedTuple

from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Discrete
from landscape_app.session.session import Session


class ExactRecord(NamedTuple):
    """What there is to know of a model exactly.

    Attributes:
        method: "enumeration" of all states, or "quadrature".
        log_partition: log Z, Z = E_q[exp(−H)].
        entropy: S in nats (differential, on the line).
        cross_entropy: −⟨log P⟩ of the held-out items, nats an item.
        cross_entropy_training: the same of the training items.
    """

    method: str
    log_partition: float
    entropy: float
    cross_entropy: float
    cross_entropy_training: float


def exact_record(session: Session) -> ExactRecord | None:
    """The exact figures of a session's model as it stands; None where its space is too large."""
    if not session.base.has_nodes:
        return None
    target = Target(session.base, session.hamiltonian)
    found = ExactModel(target).at()
    held_out, training = (
        float(to_host(target.surprisal(x)).double().mean()) + found.log_partition
        for x in (session.held_out_items, session.training_items)
    )
    method = "enumeration" if isinstance(session.space, Discrete) else "quadrature"
    return ExactRecord(method, found.log_partition, found.entropy, held_out, training)
