"""Block Gibbs sampling: all hidden units given the visible sites, then all sites given the hidden units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target, WeightedTerm
from landscape_app.physics.kernels.discrete_langevin import Proposals, proposals_for
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, metropolis
from landscape_app.physics.space import Levels, Space, Spins


@runtime_checkable
class HiddenUnits(Protocol):
    """A term of a Hamiltonian whose energy is that of sites once its hidden units are summed over.

    F_c is the free energy at c times all parameters. Given hidden units that were drawn at c, sites are independent,
    q_i tilted by exp(t_i x_i), t their pull.
    """

    def draw_pull(self, x: Tensor, strength: Tensor | None, generator: torch.Generator) -> Tensor:
        """t of hidden units drawn at x, shape (batch, sites); c of shape (batch, 1), or None for 1."""
        ...

    def scaled_energy_and_gradient(self, x: Tensor, strength: Tensor) -> tuple[Tensor, Tensor]:
        """F_c(x), nats, shape (batch,), and ∂F_c/∂x, shape (batch, sites)."""
        ...


def draw_tilted(base: ProductBase, tilt: Tensor, generator: torch.Generator) -> Tensor:
    """Independent sites, P(x_i) ∝ q_i(x_i) exp(t_i x_i), shape (batch, sites), of t with the same shape."""
    if base.space.levels == 2:
        table = base.log_probabilities
        odds = table[:, 1] - table[:, 0] + base.space.spacing * tilt
        return base.space.from_index(draw_bits(odds.sigmoid(), generator))
    x = base.space.from_index(torch.zeros_like(tilt))
    return _tilted(base).draw(x, -2 * tilt, None, generator)[0]


def _tilted(base: ProductBase) -> Proposals:
    """Proposals from all of q, tilted by −½ of what is given as a slope: those of discrete Langevin of any reach."""
    return proposals_for(base, (math.inf,))


def draw_bits(probability: Tensor, generator: torch.Generator) -> Tensor:
    """1 with the given probabilities, else 0, float32, same shape."""
    if probability.is_cpu:
        # Its compiler loads for half a second, which those who have no machine need not wait for.
        from landscape_app.physics.kernels import compiled

        return compiled.draw_bits(probability, generator)
    uniform = torch.rand(probability.shape, generator=generator, device=probability.device)
    return (uniform < probability).to(probability)


class BlockGibbs(Kernel):
    """Draws all hidden units h of a restricted Boltzmann machine given v, then all sites v' given h (Hinton 2002).

    At temperature 1 without fields this is Gibbs sampling, and every proposal is accepted. With β, a strength c of
    the machine, or fields, units are drawn at βc times all parameters, and R = βH − F_βc is left. Sites are then
    tilted by its slope too, exp(−x ∂R), and a Metropolis decision corrects for what is not linear in R: linear fields
    are sampled without a rejection. Without the slope a machine of some hundred units hardly moves at intermediate
    temperatures. Where the machine is switched off, c = 0, there is no h.

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
            if term is not None and self.renews(target):
                assert isinstance(term.term, HiddenUnits)
                x = draw_tilted(base, term.term.draw_pull(state.x, None, generator), generator).view_as(
                    state.x
                )
                proposal = State(x, target.hamiltonian.energy(x), None)
                certain = torch.ones_like(proposal.energy)
                return proposal, Info(certain > 0, certain, 1, x)
            rest = _Rest(target, term, len(state.x))
            pull = rest.draw_pull(state.x, generator)
            here = rest.at(state.x)
            from_here = 2 * (here.slope - pull)
            v, tilted = state.x.flatten(1), _tilted(base)
            w, so_far = tilted.draw(v, from_here, None, generator)
            x = w.view_as(state.x)
            there = rest.at(x)
            log_ratio = tilted.complete(so_far, v, from_here, w, 2 * (there.slope - pull), None)
            log_ratio = log_ratio + ((w - v) * pull).sum(1) + here.energy - there.energy
        proposal = State(x, there.of_target, None)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)


class _RestAt(NamedTuple):
    """Rest of the energy at some configurations, R = βH − F_c.

    Attributes:
        energy: R in nats, shape (batch,).
        slope: ∂R/∂x, shape (batch, sites).
        of_target: H, shape (batch,).
    """

    energy: Tensor
    slope: Tensor
    of_target: Tensor


class _Rest:
    """R = βH − F_c of a target with a machine at strength c, or R = βH where the machine is switched off."""

    def __init__(self, target: Target, term: WeightedTerm | None, chains: int) -> None:
        self._target = target
        self._machine: HiddenUnits | None = None
        if term is not None:
            assert isinstance(term.term, HiddenUnits)
            self._machine = term.term
            strength = torch.full(
                (chains, 1), term.strength / target.hamiltonian.temperature, device=target.base_measure.device
            )
            self._strength = strength if target.beta is None else target.beta.view(-1, 1) * strength

    def draw_pull(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Pull of hidden units drawn at x, shape (batch, sites); none without a machine."""
        if self._machine is None:
            return torch.zeros_like(x).flatten(1)
        return self._machine.draw_pull(x, self._strength, generator)

    def at(self, x: Tensor) -> _RestAt:
        """R at x, shape (batch, *shape)."""
        of_target, gradient = self._target.hamiltonian.energy_and_gradient(x)
        energy, slope = self._target.tempered(of_target), self._target.tempered(gradient).flatten(1)
        if self._machine is not None:
            of_machine, its_slope = self._machine.scaled_energy_and_gradient(x, self._strength)
            energy, slope = energy - of_machine, slope - its_slope
        return _RestAt(energy, slope, of_target)


def _machine(target: Target) -> WeightedTerm | None:
    """The first term that has hidden units; None without any."""
    return next((term for term in target.hamiltonian.terms if isinstance(term.term, HiddenUnits)), None)
