"""Block Gibbs sampling: all hidden units given the visible sites, then all sites given the hidden units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol, Self, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional as F

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Hamiltonian, Target, WeightedTerm
from landscape_app.physics.kernels.discrete_langevin import Proposals, proposals_for
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, metropolis
from landscape_app.physics.space import Levels, Space, Spins


@runtime_checkable
class HiddenUnits(Protocol):
    """A term of a Hamiltonian whose energy is that of sites once its hidden units are summed over.

    F(x) = −a·x − Σ_j log(1 + exp(o_j)), o = b + xW the odds of the units. At c times all parameters these are c o.
    """

    def odds(self, x: Tensor) -> Tensor:
        """o, log-odds of each hidden unit, shape (batch, H)."""
        ...

    def visible_energy(self, x: Tensor) -> Tensor:
        """−a·x, nats, shape (batch,)."""
        ...

    def tilt(self, h: Tensor) -> Tensor:
        """a + W h in nats per level, shape (batch, sites), of any numbers h with shape (batch, H)."""
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

    label: ClassVar[str] = tr("Block Gibbs")
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)
    # Four products with the weights at another temperature than 1; a gradient has two.
    cost: ClassVar[int] = 2

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
                tr(
                    "the kernel “{kernel}” draws the hidden units of a restricted Boltzmann "
                    "machine, and there is none; choose another",
                    kernel=self.label,
                )
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
                machine = term.term
                assert isinstance(machine, HiddenUnits)
                drawn = draw_bits(machine.odds(state.x).sigmoid(), generator)
                x = draw_tilted(base, machine.tilt(drawn), generator).view_as(state.x)
                proposal = State(x, target.hamiltonian.energy(x), None)
                certain = torch.ones_like(proposal.energy)
                return proposal, Info(certain > 0, certain, 1, x)
            rest = _Rest(target, term, len(state.x))
            here = rest.at(state.x)
            h = rest.draw(here, generator)
            v, tilted = state.x.flatten(1), _tilted(base)
            from_here = rest.slope(here, h)
            w, so_far = tilted.draw(v, from_here, None, generator)
            x = w.view_as(state.x)
            there = rest.at(x)
            log_ratio = tilted.complete(so_far, v, from_here, w, rest.slope(there, h), None)
            log_ratio = log_ratio + rest.pulled(h, here, there) + here.energy - there.energy
        proposal = State(x, there.of_target, None)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)


class _RestAt(NamedTuple):
    """Rest of the energy at some configurations, R = βH − F_c.

    Attributes:
        energy: R in nats, shape (batch,).
        of_others: slope ∂/∂x of the part of R that is no machine's, shape (batch, sites); None without one.
        odds: of the hidden units, shape (batch, H); None without a machine.
        visible: −a·x of the machine in nats, shape (batch,); None without one.
        of_target: H, shape (batch,).
    """

    energy: Tensor
    of_others: Tensor | None
    odds: Tensor | None
    visible: Tensor | None
    of_target: Tensor


class _Rest:
    """R = βH − F_c of a target with a machine at strength c, or R = βH where the machine is switched off.

    Of the machine's own energy βH has c F, so that c F − F_c = Σ_j log(1 + exp(c o_j)) − c log(1 + exp(o_j)) is left,
    whose slope −c W (σ(o) − σ(c o)) makes one product with that of the units drawn.
    """

    def __init__(self, target: Target, term: WeightedTerm | None, chains: int) -> None:
        hamiltonian = target.hamiltonian
        others = [other for other in hamiltonian.terms if other is not term]
        self._target, self._machine = target, None
        self._others = Hamiltonian(others, hamiltonian.temperature) if others else None
        self._device = target.base_measure.device
        if term is not None:
            assert isinstance(term.term, HiddenUnits)
            self._machine, self._of_machine = term.term, term.strength / hamiltonian.temperature
            strength = torch.full((chains, 1), self._of_machine, device=self._device)
            self._c = strength if target.beta is None else target.beta.view(-1, 1) * strength

    def at(self, x: Tensor) -> _RestAt:
        """R at x, shape (batch, *shape)."""
        of_target = energy = x.new_zeros(len(x))
        of_others = odds = visible = None
        if self._others is not None:
            of_target, gradient = self._others.energy_and_gradient(x)
            energy, of_others = self._target.tempered(of_target), self._target.tempered(gradient).flatten(1)
        if self._machine is not None:
            odds, visible = self._machine.odds(x), self._machine.visible_energy(x)
            log_sum = F.softplus(odds).sum(1)
            energy = energy + F.softplus(self._c * odds).sum(1) - self._c.squeeze(1) * log_sum
            of_target = of_target + self._of_machine * (visible - log_sum)
        return _RestAt(energy, of_others, odds, visible, of_target)

    def draw(self, here: _RestAt, generator: torch.Generator) -> Tensor | None:
        """Hidden units h, shape (batch, H), drawn at c times the odds there; None without a machine."""
        return None if here.odds is None else draw_bits((self._c * here.odds).sigmoid(), generator)

    def slope(self, at: _RestAt, h: Tensor | None) -> Tensor:
        """2 (∂R/∂x − c (a + W h)), shape (batch, sites): what `_tilted` follows, by −½ of it."""
        found = None if at.of_others is None else 2 * at.of_others
        if self._machine is not None and h is not None and at.odds is not None:
            follow = h + at.odds.sigmoid() - (self._c * at.odds).sigmoid()
            of_machine = self._machine.tilt(follow).mul_(-2 * self._c)
            found = of_machine if found is None else found.add_(of_machine)
        if found is None:
            return torch.zeros(len(at.energy), self._target.base_measure.space.sites, device=self._device)
        return found

    def pulled(self, h: Tensor | None, here: _RestAt, there: _RestAt) -> Tensor:
        """c (a·(x' − x) + h·(o' − o)), nats, shape (batch,): the pull along the way from here to there."""
        if h is None or here.odds is None or there.odds is None:
            return torch.zeros_like(here.energy)
        assert here.visible is not None
        assert there.visible is not None
        return self._c.squeeze(1) * (here.visible - there.visible + (h * (there.odds - here.odds)).sum(1))


def _machine(target: Target) -> WeightedTerm | None:
    """The first term that has hidden units; None without any."""
    return next((term for term in target.hamiltonian.terms if isinstance(term.term, HiddenUnits)), None)
