"""Discrete Langevin proposal with the Metropolis–Hastings correction, for levels."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from landscape_app.physics.base import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis
from landscape_app.physics.space import Levels, Space, Spins

LEAST_LOG_WEIGHT = -60.0
"""Proposal log-weights are cut here, relative to the largest: below lie slow denormal numbers."""


REACH_RATIO = 1.02
"""Neighbouring values of the reach of a proposal."""


class SiteProposal(NamedTuple):
    """The factorised proposal Q(v|x) = ∏_i Q_i(v_i|x), levels first so that sums over them vectorise.

    Attributes:
        log_weights: log Q_i(v) up to a constant per site, shape (levels, batch, sites).
        cumulative: Σ_{u ≤ v} of the weights, same shape.
    """

    log_weights: Tensor
    cumulative: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """One level per site by inversion, int64, shape (batch, sites)."""
        levels, *sites = self.cumulative.shape
        # In (0, 1], because a draw of zero would choose level 0 however improbable it is.
        uniform = 1 - torch.rand(sites, generator=generator, device=self.cumulative.device)
        below = self.cumulative < uniform * self.cumulative[-1]
        return below.float().sum(0).long().clamp_(max=levels - 1)

    def log_prob(self, levels: Tensor) -> Tensor:
        """log Q(levels|x), shape (batch,), of int64 levels with shape (batch, sites)."""
        chosen = self.log_weights.gather(0, levels.unsqueeze(0)).squeeze(0)
        return (chosen - self.cumulative[-1].log()).sum(-1)


@lru_cache(maxsize=512)
def balancing_factor(base: ProductBase, reach: float) -> Tensor:
    """log d_i(v), shape (values, sites), with d_i(v) Σ_u exp(−(v − u)²/(2ε²)) d_i(u) = q_i(v), ε the reach.

    The kernel R(v|x) ∝ exp(−(v − x)²/(2ε²)) d(v) is then reversible with respect to q for every ε: √q for
    small steps, q itself for large ones.

    Source: symmetric scaling of a kernel (Sinkhorn 1964), by the damped iteration d ← √(d q / (S d)) of
    Knight, Ruiz, Uçar (2014).
    """
    probabilities = base.log_probabilities.T.cpu().double().exp()
    v = base.space.values().double()
    similarity = torch.exp(-((v.unsqueeze(1) - v) ** 2) / (2 * reach**2))
    d = probabilities.sqrt()
    for _ in range(30):
        d = (d * probabilities / (similarity @ d)).sqrt()
    return d.log().float().to(base.log_probabilities.device)


class DiscreteLangevin(Kernel):
    """Every site draws a new value v with log-weight −½ β ∂_i H (v − x_i) − (v − x_i)²/(2ε²) + log d_i(v).

    The whole proposal is then accepted with the ratio of full proposal probabilities. ε is the step size, in
    units of x. d balances the base measure (`balancing_factor`): without H every proposal is accepted, so that
    only the roughness of H limits the step. The paper's weight is the case of small ε, log d = ½ log q; with
    it a rough q alone holds ε at half a level, and chains need ten times as many steps.
    One evaluation of H and its gradient a step.

    Source: Zhang, Liu, Liu, "A Langevin-like sampler for discrete distributions" (2022).
    """

    label: ClassVar[str] = "Discrete Langevin"
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 0.57
    step_size_range: ClassVar[tuple[float, float]] = (0.2, 24.0)
    step_meaning: ClassVar[str] = (
        "How far from its value x a site reaches for a new one v: v has the weight exp(−(v − x)²/2ε²), times the "
        "base measure's, tilted along the energy's slope."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins)

    @property
    def reaches(self) -> list[float]:
        """ε of each group as used: rounded to a grid of 2 %, so that adaptation seldom needs a new d."""
        return [REACH_RATIO ** round(math.log(step) / math.log(REACH_RATIO)) for step in self.step_sizes]

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape), with its gradient."""
        return State(x, *target.hamiltonian.energy_and_gradient(x))

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal of all sites for every chain; one evaluation of H and its gradient."""
        base = target.base
        assert isinstance(base, ProductBase)
        forward = self._propose(state, target, base)
        levels = forward.sample(generator)
        x = base.space.from_index(levels.view_as(state.x))
        proposal = State(x, *target.hamiltonian.energy_and_gradient(x))
        backward = self._propose(proposal, target, base)
        log_ratio = (
            target.tempered(state.energy - proposal.energy)
            + base.log_prob(x)
            - base.log_prob(state.x)
            + backward.log_prob(base.space.index(state.x.flatten(1)))
            - forward.log_prob(levels)
        )
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)

    def _propose(self, state: State, target: Target, base: ProductBase) -> SiteProposal:
        """The proposal from a state, up to constants per site: log d(v) − v²/(2ε²) + v (x/ε² − ½ β ∂H)."""
        assert state.gradient is not None
        batch, sites, groups = len(state.x), base.space.sites, len(self.step_sizes)
        v = base.space.values(state.x.device).view(-1, 1, 1)
        reaches = self.reaches
        precision = torch.tensor([reach**-2 for reach in reaches], device=v.device)
        tables = torch.stack([balancing_factor(base, reach) for reach in reaches], dim=1)
        tables = tables - 0.5 * v**2 * precision.view(1, -1, 1)
        pull = state.x.reshape(groups, -1, sites) * precision.view(-1, 1, 1)
        slope = torch.add(pull, target.tempered(state.gradient).reshape(groups, -1, sites), alpha=-0.5)
        log_weights = slope.new_empty(len(v), *slope.shape)
        torch.addcmul(tables.unsqueeze(2), v.unsqueeze(3), slope, out=log_weights)
        log_weights = log_weights.view(-1, batch, sites)
        log_weights = log_weights.sub_(log_weights.amax(0)).clamp_(min=LEAST_LOG_WEIGHT)
        weights = log_weights.exp().flatten(1)
        cumulative = torch.ones(len(v), len(v), device=v.device).tril() @ weights
        return SiteProposal(log_weights, cumulative.view_as(log_weights))
