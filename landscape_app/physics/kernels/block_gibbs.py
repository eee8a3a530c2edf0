"""Block Gibbs sampling: all hidden units given the visible sites, then all sites given the hidden units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target, WeightedTerm
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, metropolis
from landscape_app.physics.space import Levels, Space, Spins


@runtime_checkable
class HiddenUnits(Protocol):
    """A term of a Hamiltonian whose energy is that of sites once its hidden units are summed over."""

    def block_move(
        self, x: Tensor, strength: Tensor | None, base: ProductBase, generator: torch.Generator
    ) -> Tensor:
        """Moves that are reversible with respect to q(x) exp(−F_c(x)), c of shape (batch, 1), or None for 1."""
        ...

    def scaled_energy(self, x: Tensor, strength: Tensor) -> Tensor:
        """F_c(x), the free energy at c times all parameters, shape (batch,)."""
        ...


class BlockGibbs(Kernel):
    """Proposes v → h → v' of a restricted Boltzmann machine, and corrects for all that it is not (Hinton 2002).

    At temperature 1 without fields every proposal is accepted. With β or a strength c in front of F, units are drawn
    at c times all parameters, which gives q exp(−F_c) where q exp(−cF) is wanted; the Metropolis decision takes that
    up, and fields as well. Where the machine is switched off, c = 0, the sites are drawn from q.

    Attributes:
        draws_hidden: True once it was found to serve a machine, which may be switched off since.
    """

    label: ClassVar[str] = "Block Gibbs"
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)

    def __init__(self, step_size: float | Sequence[float] | None = None) -> None:
        super().__init__(step_size)
        self.draws_hidden = False

    def anew(self, step_size: float | Sequence[float]) -> Self:
        """One that may go on where the machine is switched off, if this one may."""
        other = super().anew(step_size)
        other.draws_hidden = self.draws_hidden
        return other

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """Nothing to set."""
        return ()

    def check(self, target: Target) -> None:
        """Refuses a Hamiltonian without hidden units, unless it is zero or a machine was in it before.

        Raises:
            ValueError: no term of H has any, or another space.
        """
        super().check(target)
        self.draws_hidden = self.draws_hidden or _machine(target) is not None
        if target.hamiltonian.terms and not self.draws_hidden:
            raise ValueError(
                f"the kernel “{self.label}” draws the hidden units of a restricted Boltzmann "
                "machine, and there is none; choose another"
            )

    def renews(self, target: Target) -> bool:
        """True of the machine alone at temperature 1, where every proposal is accepted."""
        hamiltonian = target.hamiltonian
        return (
            len(hamiltonian.terms) == 1
            and _machine(target) is not None
            and target.beta is None
            and hamiltonian.terms[0].strength == hamiltonian.temperature
        )

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """All hidden units and all sites of every chain once; one evaluation of H."""
        term, base = _machine(target), target.base_measure
        assert isinstance(base, ProductBase)
        with torch.no_grad():
            if term is None:
                x = base.sample(len(state.x), generator)
                proposal = State(x, target.hamiltonian.energy(x), None)
                log_ratio = target.tempered(state.energy - proposal.energy)
                return metropolis(state, proposal, log_ratio, generator, evaluations=1)
            assert isinstance(term.term, HiddenUnits)
            machine, strength = term.term, term.strength / target.hamiltonian.temperature
            each = None if self.renews(target) else state.energy.new_full((len(state.x), 1), strength)
            if each is not None and target.beta is not None:
                each = target.beta.view(-1, 1) * each
            x = machine.block_move(state.x, each, base, generator)
            proposal = State(x, target.hamiltonian.energy(x), None)
            if each is None:
                certain = torch.ones_like(proposal.energy)
                return proposal, Info(certain > 0, certain, 1, x)
            drawn = machine.scaled_energy(x, each) - machine.scaled_energy(state.x, each)
            log_ratio = target.tempered(state.energy - proposal.energy) + drawn
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)


def _machine(target: Target) -> WeightedTerm | None:
    """The first term that has hidden units; None without any."""
    return next((term for term in target.hamiltonian.terms if isinstance(term.term, HiddenUnits)), None)
