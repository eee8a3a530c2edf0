"""Discrete Langevin proposal with the Metropolis–Hastings correction, for levels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis
from landscape_app.physics.space import Discrete, Levels, Space, Spins

LEAST_LOG_WEIGHT = -86.0
"""Proposal log₂-weights are cut here, relative to the largest: below lie slow denormal numbers."""

BITS = 1 / math.log(2)
"""Bits in a nat. Proposals are reckoned in bits, as torch takes powers of two in less than half the time of exp."""

REACH_RATIO = 1.02
"""Neighbouring values of the reach of a proposal."""


class SiteProposal(NamedTuple):
    """The factorised proposal Q(v|x) = ∏_i Q_i(v_i|x), levels first so that sums over them vectorise.

    Attributes:
        weights: Q_i(v) over that of the site's most probable level, shape (levels, batch, sites).
        highest: log₂-weight of that level, shape (batch, sites).
    """

    weights: Tensor
    highest: Tensor

    @classmethod
    def from_log_weights(cls, log_weights: Tensor) -> SiteProposal:
        """Of log₂-weights known up to a constant for each site, shape (levels, batch, sites); overwrites them."""
        highest = log_weights.amax(0)
        return cls(log_weights.sub_(highest).clamp_(min=LEAST_LOG_WEIGHT).exp2_(), highest)

    def log_total(self) -> Tensor:
        """log Σ_v of the weights in nats, on the scale of the log-weights, shape (batch, sites)."""
        return self.weights.sum(0).log_().add_(self.highest, alpha=1 / BITS)

    def sample(self, generator: torch.Generator) -> Tensor:
        """One level per site by inversion, int64, shape (batch, sites)."""
        # Row upon row: `cumsum` along the first of three dimensions takes ten times as long.
        cumulative = torch.empty_like(self.weights)
        cumulative[0] = self.weights[0]
        rows = cumulative.unbind(0)
        for weight, last, row in zip(self.weights[1:], rows, rows[1:], strict=False):
            torch.add(weight, last, out=row)
        # In (0, 1], because a draw of zero would choose level 0 however improbable it is.
        uniform = 1 - torch.rand(self.highest.shape, generator=generator, device=self.highest.device)
        return cumulative.lt_(uniform.mul_(rows[-1])).sum(0).long()


@lru_cache(maxsize=512)
def balancing_factor(base: ProductBase, reach: float) -> Tensor:
    """log d_i(v), shape (values, sites), with d_i(v) Σ_u exp(−(v − u)²/(2ε²)) d_i(u) = q_i(v), ε the reach.

    The kernel R(v|x) ∝ exp(−(v − x)²/(2ε²)) d(v) is then reversible with respect to q for every ε: √q for
    small steps, q itself for large ones.

    Source: symmetric scaling of a kernel (Sinkhorn 1964), by the damped iteration d ← √(d q / (S d)) of
    Knight, Ruiz, Uçar (2014).
    """
    log_probabilities = base.host_table.T
    probabilities = log_probabilities.exp()
    v = base.space.values().double()
    similarity = torch.exp(-((v.unsqueeze(1) - v) ** 2) / (2 * reach**2))
    d = probabilities.sqrt()
    for _ in range(30):
        d = (d * probabilities / (similarity @ d)).sqrt()
    # Values that a clamped site does not have are as improbable here as there.
    log_d = torch.where(d > 0, d.log(), log_probabilities)
    return log_d.float().to(base.log_probabilities.device)


class ProposalTables(NamedTuple):
    """Table of base measure and step sizes for proposals, T(v) = log d(v) − v²/(2ε²).

    Attributes:
        values: v, shape (levels, 1, 1, 1).
        log_weights: T in bits, shape (levels, groups, 1, sites).
        surplus: log q − T in nats, shape (groups, levels, sites).
        precision: 1/ε², shape (groups, 1, 1).
    """

    values: Tensor
    log_weights: Tensor
    surplus: Tensor
    precision: Tensor

    @classmethod
    def of(cls, base: ProductBase, reaches: tuple[float, ...]) -> ProposalTables:
        """The tables of a base measure for the reach of each group."""
        v = base.space.values(base.log_probabilities.device).view(-1, 1, 1)
        precision = torch.tensor([reach**-2 for reach in reaches], device=v.device).view(-1, 1)
        factors = torch.stack([balancing_factor(base, reach) for reach in reaches], dim=1)
        table = factors - 0.5 * precision * v**2
        surplus = (base.log_probabilities.T.unsqueeze(1) - table).transpose(0, 1).contiguous()
        return cls(v.unsqueeze(3), BITS * table.unsqueeze(2), surplus, precision.unsqueeze(2))

    def surplus_at(self, levels: Tensor) -> Tensor:
        """log q − T at every chain's levels, shape (batch, sites)."""
        groups, _, sites = self.surplus.shape
        of_group = levels.view(groups, -1, 1, sites)
        table = self.surplus.unsqueeze(1).expand(-1, of_group.shape[1], -1, -1)
        return table.gather(2, of_group).view_as(levels)

    def proposal(self, x: Tensor, slope: Tensor) -> SiteProposal:
        """The proposal from x: log-weights T(v) + v (x/ε² − ½ β ∂H).

        Args:
            x: shape (batch, sites).
            slope: β ∂H, same shape.
        """
        levels, groups, _, sites = self.log_weights.shape
        towards = x.reshape(groups, -1, sites) * (BITS * self.precision)
        towards.add_(slope.reshape(groups, -1, sites), alpha=-0.5 * BITS)
        log_weights = towards.new_empty(levels, *towards.shape)
        torch.addcmul(self.log_weights, self.values, towards, out=log_weights)
        return SiteProposal.from_log_weights(log_weights.view(levels, -1, sites))


class Proposals(Protocol):
    """Proposals of every site of every chain, the ratio of their probabilities in two parts.

    With log-weights T(v) + v s(x), T = log d − v²/(2ε²) and s = x/ε² − ½ β ∂H, the ratio of the proposals
    Q(x|x') q(x') / Q(x'|x) q(x) is, for each site, exp(U(x') − U(x) + ½ β (x' ∂H − x ∂H')) Z(x)/Z(x'), U = log q − T:
    only the totals Z need all levels.
    """

    def draw(
        self, x: Tensor, gradient: Tensor, beta: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """A level for every site of every chain.

        Args:
            x: where the chains are, shape (batch, sites).
            gradient: ∂H/∂x there, same shape.
            beta: of each chain, shape (batch,); None for 1.
            generator: random state.

        Returns:
            The proposal x', same shape, and Σ_i U(x'_i) − U(x_i) + log Z_i(x), shape (batch,).
        """
        ...

    def complete(
        self,
        so_far: Tensor,
        x: Tensor,
        gradient: Tensor,
        proposal: Tensor,
        its_gradient: Tensor,
        beta: Tensor | None,
    ) -> Tensor:
        """The log-ratio, shape (batch,), of what `draw` has returned.

        Adds Σ_i ½ β (x'_i ∂_i H(x) − x_i ∂_i H(x')) − log Z_i(x').
        """
        ...


class TensorProposals:
    """Proposals by operations on tensors, on any device."""

    def __init__(self, space: Discrete, tables: ProposalTables) -> None:
        self._space = space
        self._tables = tables

    def draw(
        self, x: Tensor, gradient: Tensor, beta: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """A level for every site of every chain (`Proposals`)."""
        forward = self._tables.proposal(x, _tempered(gradient, beta))
        levels = forward.sample(generator)
        surplus = self._tables.surplus_at(levels) - self._tables.surplus_at(self._space.index(x))
        return self._space.from_index(levels), (forward.log_total() + surplus).sum(1)

    def complete(
        self,
        so_far: Tensor,
        x: Tensor,
        gradient: Tensor,
        proposal: Tensor,
        its_gradient: Tensor,
        beta: Tensor | None,
    ) -> Tensor:
        """The log-ratio (`Proposals`)."""
        backward = self._tables.proposal(proposal, _tempered(its_gradient, beta))
        work = _tempered(proposal * gradient - x * its_gradient, beta)
        return so_far + work.mul_(0.5).sub_(backward.log_total()).sum(1)


def _tempered(gradient: Tensor, beta: Tensor | None) -> Tensor:
    return gradient if beta is None else beta.unsqueeze(1) * gradient


@lru_cache(maxsize=32)
def proposals_for(base: ProductBase, reaches: tuple[float, ...]) -> Proposals:
    """Proposals over a base measure with the reach of each group, on the host compiled."""
    tables = ProposalTables.of(base, reaches)
    if base.log_probabilities.is_cpu:
        from landscape_app.physics.kernels.compiled_langevin import CompiledProposals

        return CompiledProposals(*tables)
    return TensorProposals(base.space, tables)


class DiscreteLangevin(Kernel):
    """Every site draws a new value v with log-weight −½ β ∂_i H (v − x_i) − (v − x_i)²/(2ε²) + log d_i(v).

    The whole proposal is then accepted with the ratio of full proposal probabilities. ε is the step size, in
    units of x. d balances the base measure (`balancing_factor`): without H every proposal is accepted, so that
    only the roughness of H limits the step. The paper's weight is the case of small ε, log d = ½ log q; with
    it a rough q alone holds ε at half a level, and chains need ten times as many steps.
    One evaluation of H and its gradient a step.

    Source: Zhang, Liu, Liu, "A Langevin-like sampler for discrete distributions" (2022).
    """

    label: ClassVar[str] = tr("Discrete Langevin")
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 0.57
    has_gradient: ClassVar[bool] = True
    step_size_range: ClassVar[tuple[float, float]] = (0.2, 24.0)
    step_meaning: ClassVar[str] = tr(
        "How far from its value x a site reaches for a new one v: v has the weight exp(−(v − x)²/2ε²), times the "
        "base measure's, tilted along the energy's slope."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)

    @property
    def reaches(self) -> list[float]:
        """ε of each group as used: rounded to a grid of 2%, so that adaptation seldom needs a new d.

        The tables of d are made on the host, of the step sizes that it holds (`Kernel.held`).
        """
        return [REACH_RATIO ** round(math.log(step) / math.log(REACH_RATIO)) for step in self.held]

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape), with its gradient."""
        return State(x, *target.hamiltonian.energy_and_gradient(x))

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal of all sites for every chain; one evaluation of H and its gradient."""
        base = target.base_measure
        assert isinstance(base, ProductBase)
        assert state.gradient is not None
        proposals = proposals_for(base, tuple(self.reaches))
        here = state.x.flatten(1), state.gradient.flatten(1)
        flat, so_far = proposals.draw(*here, target.beta, generator)
        x = flat.view_as(state.x)
        proposal = State(x, *target.hamiltonian.energy_and_gradient(x))
        assert proposal.gradient is not None
        log_ratio = proposals.complete(so_far, *here, flat, proposal.gradient.flatten(1), target.beta)
        log_ratio = log_ratio + target.tempered(state.energy - proposal.energy)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)
