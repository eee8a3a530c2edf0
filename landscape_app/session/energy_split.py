"""What each term of −log P has to say of a configuration: its energy, and how hard it pulls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from landscape_app.physics.base import Base
from landscape_app.physics.fields import ClassTarget, DiscriminatorField
from landscape_app.physics.hamiltonian import EnergyTerm, Hamiltonian, MaxEntTerm, WeightedTerm

BASE_NAME = "−log q"


class Share(NamedTuple):
    """One term's part in −log P.

    Attributes:
        energy: in nats, from where it is measured, shape (n,).
        pull: norm of its slope in nats a level, NaN where it has none, shape (n,).
    """

    energy: np.ndarray
    pull: np.ndarray


def split_energy(
    x: Tensor, base: Base, hamiltonian: Hamiltonian, base_origin: float = 0.0, model_origin: float = 0.0
) -> dict[str, Share]:
    """−log P(x) − log Z = −log q(x) + Σ_k α_k E_k(x) / T, term by term, by the names of the terms.

    Args:
        x: configurations, shape (n, *shape).
        base: q.
        hamiltonian: the terms.
        base_origin: −log q from which the base's share is measured.
        model_origin: Σ λ f from which the model's share is measured.
    """
    surprisal = (-base.log_prob(x) - base_origin).cpu().numpy()
    shares = {BASE_NAME: Share(surprisal, np.full(len(x), np.nan))}
    for weighted in hamiltonian.terms:
        alone = Hamiltonian([weighted], hamiltonian.temperature)
        energy, slope = alone.energy_and_gradient(x)
        energy = energy - _origin(weighted, hamiltonian.temperature, model_origin)
        pull = slope.flatten(1).norm(dim=1)
        shares[_unused(describe_term(weighted.term), shares)] = Share(
            energy.cpu().numpy(), pull.cpu().numpy()
        )
    return shares


def describe_term(term: EnergyTerm) -> str:
    """What a term is called."""
    match term:
        case MaxEntTerm():
            return "Σ λ f"
        case ClassTarget():
            return f"class {term.target}"
        case DiscriminatorField():
            return "discriminator"
    return type(term).__name__


def _origin(weighted: WeightedTerm, temperature: float, model_origin: float) -> float:
    is_model = isinstance(weighted.term, MaxEntTerm)
    return weighted.strength / temperature * model_origin if is_model else 0.0


def _unused(name: str, taken: dict[str, Share]) -> str:
    """The name, with a number where another term has it."""
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name
