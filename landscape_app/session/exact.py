"""The model summed over its whole space, where that is small enough: no sampling, no error bar."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from landscape_app.physics.exact import ExactModel
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import to_host


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


def exact_figures(target: Target, held_out: Tensor, training: Tensor) -> ExactRecord | None:
    """The exact figures of a model, summed on the host; None where its space is too large.

    Args:
        target: q and H.
        held_out: held-out set, shape (m, *shape).
        training: training set, shape (n, *shape).
    """
    if not target.base.has_nodes:
        return None
    found = ExactModel(target).at()
    nats = [
        float(to_host(target.surprisal(x)).double().mean()) + found.log_partition
        for x in (held_out, training)
    ]
    method = "enumeration" if target.base.space.is_discrete else "quadrature"
    return ExactRecord(method, found.log_partition, found.entropy, *nats)
