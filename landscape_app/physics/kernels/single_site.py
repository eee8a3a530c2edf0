"""Single-site Metropolis: one pixel of every chain at a time (the paper's kernel)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis


class SingleSite(Kernel):
    """Moves one random site of every chain by a uniform step of at most `step_size` levels, not zero.

    Proposals that leave the levels are rejected, which keeps the proposal symmetric and the kernel exact.
    """

    label: ClassVar[str] = "Single site"
    default_step_size: ClassVar[float] = 6.0
    target_acceptance: ClassVar[float] = 0.44
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 16.0)

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape)."""
        return State(x, target.hamiltonian.energy(x), None)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal at one site of every chain; one evaluation of H."""
        device, n = state.x.device, len(state.x)
        reach = max(1, round(self.step_size))
        site = torch.randint(target.base.space.sites, (n, 1), generator=generator, device=device)
        distance = torch.randint(1, reach + 1, (n, 1), generator=generator, device=device)
        sign = 2 * torch.randint(2, (n, 1), generator=generator, device=device) - 1
        flat = state.x.flatten(1)
        old = flat.gather(1, site)
        wanted = old + sign * distance
        top = target.base.space.levels - 1
        inside = ((wanted >= 0) & (wanted <= top)).squeeze(1)
        new = wanted.clamp(0, top)
        x = flat.scatter(1, site, new).view_as(state.x)
        proposal = State(x, target.hamiltonian.energy(x), None)
        log_q = target.base.log_probabilities[site.squeeze(1)]
        base_change = (log_q.gather(1, new.long()) - log_q.gather(1, old.long())).squeeze(1)
        log_ratio = (state.energy - proposal.energy + base_change).masked_fill(~inside, -torch.inf)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)
