"""The Hamiltonian H(x) = (Σ_i λ_i f_i(x) + Σ_k α_k V_k(x)) / T and the distribution q(x) exp(−H(x)) / Z."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.batched import batched


class ReceptiveField(NamedTuple):
    """Sites that an entry of an energy map sees: those from p − before to p + after along every axis.

    Attributes:
        before: sites seen before position p.
        after: sites seen after it.
        periodic: whether what leaves the lattice enters on the other side; otherwise it sees nothing.
    """

    before: int
    after: int
    periodic: bool

    @property
    def side(self) -> int:
        """r, the side of the receptive field."""
        return self.before + self.after + 1


class EnergyTerm(Protocol):
    """Anything with an energy: a model (see `models`), or a field (see `physics.fields`)."""

    def energy(self, x: Tensor) -> Tensor:
        """Energy in nats, shape (batch,), differentiable in x."""
        ...


@runtime_checkable
class Differentiated(Protocol):
    """A term of a Hamiltonian that knows its gradient without automatic differentiation."""

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """Energy, shape (batch,), and its derivatives by x, same shape as x; None of an instance that does not."""
        ...


class Bonds(NamedTuple):
    """An energy −Σ_b J_b s_i s_j − Σ_i h_i s_i, every pair of spins once.

    Attributes:
        first: i of each bond, int64, shape (bonds,).
        second: j of each bond, int64, shape (bonds,).
        couplings: J_b, shape (bonds,).
        fields: h, shape (sites,).
    """

    first: Tensor
    second: Tensor
    couplings: Tensor
    fields: Tensor


@runtime_checkable
class Coupled(Protocol):
    """A term of a Hamiltonian that couples spins in pairs."""

    def bonds(self) -> Bonds | None:
        """Couplings and fields; None of an instance that is not of this form."""
        ...


class WeightedTerm(NamedTuple):
    """One term of a Hamiltonian and its strength α (1 for the model)."""

    strength: float
    term: EnergyTerm


class Hamiltonian:
    """H(x) = Σ_k α_k E_k(x) / T.

    Args:
        terms: the weighted terms; none gives H = 0, the base measure itself.
        temperature: T > 0, dimensionless (k_B = 1).

    Raises:
        ValueError: a strength that is not finite, or a temperature that is not finite and positive.
    """

    def __init__(self, terms: Sequence[WeightedTerm], temperature: float = 1.0) -> None:
        if not (math.isfinite(temperature) and temperature > 0):
            raise ValueError(
                tr("the temperature must be a positive number, got {temperature}", temperature=temperature)
            )
        for strength, _ in terms:
            if not math.isfinite(strength):
                raise ValueError(
                    tr("a field's strength must be a finite number, got {strength}", strength=strength)
                )
        self.terms = tuple(WeightedTerm(*term) for term in terms if term[0] != 0)
        self.temperature = temperature

    def energy(self, x: Tensor) -> Tensor:
        """H(x) in nats, shape (batch,), without a gradient."""
        with torch.no_grad():
            return batched(self._energy, x)

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """H(x), shape (batch,), and ∂H/∂x per level, shape (batch, *shape), both detached."""
        if not self.terms:
            return x.new_zeros(len(x)), torch.zeros_like(x)
        x = x.detach()
        known: list[tuple[Tensor, Tensor]] = []
        others: list[WeightedTerm] = []
        for strength, term in self.terms:
            # Not by `isinstance`, which takes longer for a protocol than many a gradient.
            by_hand = getattr(term, "energy_and_gradient", None)
            found = None if by_hand is None else by_hand(x)
            if found is None:
                others.append(WeightedTerm(strength, term))
            else:
                coefficient = strength / self.temperature
                known.append(found if coefficient == 1 else (coefficient * found[0], coefficient * found[1]))
        if others:
            known.append(self._differentiated(x, others))
        energies, gradients = zip(*known, strict=True)
        return functools.reduce(torch.add, energies), functools.reduce(torch.add, gradients)

    def _differentiated(self, x: Tensor, terms: Sequence[WeightedTerm]) -> tuple[Tensor, Tensor]:
        """Energy and gradient of some terms, by automatic differentiation."""
        with torch.enable_grad():
            x = x.requires_grad_(True)
            energy = self._energy(x, terms)
            if not energy.requires_grad:
                # A constant, such as a field of the user's own can be.
                return energy, torch.zeros_like(x)
            # With ones in place of the sum torch would first load its algebra of symbolic shapes: half a second.
            (gradient,) = torch.autograd.grad(energy.sum(), x)
        return energy.detach(), gradient

    def _energy(self, x: Tensor, terms: Sequence[WeightedTerm] | None = None) -> Tensor:
        """H(x), or some of its terms, with no operation that changes nothing: on small batches every one is felt."""
        energies = []
        for strength, term in self.terms if terms is None else terms:
            coefficient = strength / self.temperature
            energy = term.energy(x)
            energies.append(energy if coefficient == 1 else coefficient * energy)
        return functools.reduce(torch.add, energies) if energies else x.new_zeros(len(x))


def mixed(first: Hamiltonian, second: Hamiltonian, share: float) -> Hamiltonian:
    """(1 − s) H₁ + s H₂, terms that both have evaluated once; at the ends one of them itself.

    Args:
        first: H₁.
        second: H₂.
        share: s, from 0 to 1.
    """
    if share in (0.0, 1.0):
        return second if share else first
    terms: dict[int, WeightedTerm] = {}
    for weight, hamiltonian in ((1.0 - share, first), (share, second)):
        for strength, term in hamiltonian.terms:
            known = terms.get(id(term))
            coefficient = weight * strength / hamiltonian.temperature
            terms[id(term)] = WeightedTerm(coefficient + (known.strength if known else 0.0), term)
    return Hamiltonian(list(terms.values()))


class Target(NamedTuple):
    """The distribution q(x) exp(−βH(x)) / Z that a Markov kernel leaves invariant.

    Attributes:
        base_measure: q.
        hamiltonian: H.
        beta: inverse temperature of each chain, shape (batch,), for an ensemble whose chains differ in it;
            None for 1.
    """

    base_measure: BaseMeasure
    hamiltonian: Hamiltonian
    beta: Tensor | None = None

    def surprisal(self, x: Tensor) -> Tensor:
        """H(x) − log q(x) in nats, shape (batch,): −log P(x) at β = 1, less log Z."""
        return self.hamiltonian.energy(x) - batched(self.base_measure.log_prob, x)

    def tempered(self, energy: Tensor) -> Tensor:
        """βH, of H with shape (batch,) or its gradient with shape (batch, …)."""
        if self.beta is None:
            return energy
        return self.beta.view(-1, *([1] * (energy.dim() - 1))) * energy
