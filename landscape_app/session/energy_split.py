"""Terms of −log P of a configuration: the energy of each, and how hard it pulls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from landscape_app.models.model import Model
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.host import to_host

BASE_NAME = "−log q"


class EnergyShare(NamedTuple):
    """One term's part in −log P.

    Attributes:
        energy: in nats, from where it is measured, shape (n,).
        pull: norm of its slope in nats a level, NaN where it has none, shape (n,).
    """

    energy: np.ndarray
    pull: np.ndarray


def split_energy(
    x: Tensor,
    target: Target,
    fields: Sequence[str] = (),
    base_origin: float = 0.0,
    model_origin: float = 0.0,
) -> dict[str, EnergyShare]:
    """−log P(x) − log Z = −log q(x) + Σ_k α_k E_k(x) / T, term by term, by the names of the terms.

    Args:
        x: configurations, shape (n, *shape).
        target: q and the terms.
        fields: names of the terms beside the model, in their order; the others have those of their kind.
        base_origin: −log q from which the base's share is measured.
        model_origin: energy from which the model's share is measured.
    """
    hamiltonian, names = target.hamiltonian, iter(fields)
    surprisal = to_host(-target.base_measure.log_prob(x) - base_origin).numpy()
    shares = {BASE_NAME: EnergyShare(surprisal, np.full(len(x), np.nan))}
    for weighted in hamiltonian.terms:
        alone = Hamiltonian([weighted], hamiltonian.temperature)
        energy, slope = alone.energy_and_gradient(x)
        energy = energy - _origin(weighted, hamiltonian.temperature, model_origin)
        pull = slope.flatten(1).norm(dim=1)
        term = weighted.term
        name = term.label if isinstance(term, Model) else next(names, type(term).__name__)
        shares[_unused(name, shares)] = EnergyShare(to_host(energy).numpy(), to_host(pull).numpy())
    return shares


def _origin(weighted: WeightedTerm, temperature: float, model_origin: float) -> float:
    is_model = isinstance(weighted.term, Model)
    return weighted.strength / temperature * model_origin if is_model else 0.0


def _unused(name: str, taken: dict[str, EnergyShare]) -> str:
    """The name, with a number where another term has it."""
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name
