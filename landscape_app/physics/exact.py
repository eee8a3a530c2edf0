"""Exact thermodynamics where a space is small: enumeration of states, or quadrature in one or two dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import read_back, to_host

BATCH = 65_536


class Thermodynamics(NamedTuple):
    """Thermodynamics of q(x) exp(−βH(x)) / Z at one β.

    Attributes:
        log_partition: log Z = log E_q[exp(−βH)].
        energy: ⟨H⟩, nats.
        entropy: S = log Z + β⟨H⟩ − ⟨log q⟩, nats (differential, in continuous spaces).
        heat_capacity: β² Var(H).
    """

    log_partition: float
    energy: float
    entropy: float
    heat_capacity: float


class ExactModel:
    """A target summed over its whole space in double precision, on the host.

    Args:
        target: q and H; its β, if any, is left aside.

    Raises:
        ValueError: the space is too large (see `BaseMeasure.nodes`).
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        nodes = target.base_measure.nodes()
        self.x = nodes.x
        """Every state or node, on the host, shape (n, *shape)."""
        energy, log_q = [], []
        for part in nodes.x.split(BATCH):
            x = part.to(target.base_measure.device)
            found = read_back(target.hamiltonian.energy(x), target.base_measure.log_prob(x))
            energy.append(found[0].double())
            log_q.append(found[1].double())
        self.energy = torch.cat(energy)
        """H at each, shape (n,)."""
        self.log_q = torch.cat(log_q)
        self._log_volume = nodes.log_volume

    def log_weights(self, beta: float = 1.0) -> Tensor:
        """Log of the probability of each state, or of each node's cell, shape (n,), normalised."""
        return (self.log_q + self._log_volume - beta * self.energy).log_softmax(0)

    def mean(self, f: Callable[[Tensor], Tensor] | Tensor, beta: float = 1.0) -> Tensor:
        """⟨f⟩, of a function of x or of its values at the nodes, shape (n, …)."""
        values = f if isinstance(f, Tensor) else torch.cat([f(x) for x in self.x.split(BATCH)])
        return torch.tensordot(self.log_weights(beta).exp(), values.double(), dims=1)

    def at(self, beta: float = 1.0) -> Thermodynamics:
        """Thermodynamics at an inverse temperature β, which scales H and leaves q alone."""
        log_z = float((self.log_q + self._log_volume - beta * self.energy).logsumexp(0))
        p = self.log_weights(beta).exp()
        # A node of no weight may have an energy or a log q that is not finite.
        energy, log_q = (torch.where(p > 0, values, 0.0) for values in (self.energy, self.log_q))
        mean = float(p @ energy)
        variance = float(p @ (energy - mean) ** 2)
        entropy = log_z + beta * mean - float(p @ log_q)
        return Thermodynamics(log_z, mean, entropy, beta**2 * variance)


class ExactRecord(NamedTuple):
    """Exact thermodynamics of a model.

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
    if not target.base_measure.has_nodes:
        return None
    found = ExactModel(target).at()
    nats = [
        float(to_host(target.surprisal(x)).double().mean()) + found.log_partition
        for x in (held_out, training)
    ]
    method = "enumeration" if target.base_measure.space.is_discrete else "quadrature"
    return ExactRecord(method, found.log_partition, found.entropy, *nats)
