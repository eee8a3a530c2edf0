"""Random-walk Metropolis over the whole configuration at once (the paper's kernel)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis


class RandomWalk(Kernel):
    """Adds a rounded Gaussian step of `step_size` levels to every site, then accepts or rejects the whole.

    Proposals that leave the levels are rejected, which keeps the proposal symmetric and the kernel exact.
    """

    label: ClassVar[str] = "Random walk, whole image"
    default_step_size: ClassVar[float] = 0.3
    target_acceptance: ClassVar[float] = 0.234
    step_size_range: ClassVar[tuple[float, float]] = (0.05, 8.0)

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape)."""
        return State(x, target.hamiltonian.energy(x), None)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal for every chain; one evaluation of H."""
        noise = torch.randn(state.x.shape, generator=generator, device=state.x.device)
        x = state.x + (noise * self.step_size).round()
        top = target.base.space.levels - 1
        inside = ((x >= 0) & (x <= top)).flatten(1).all(dim=1)
        x = x.clamp(0, top)
        proposal = State(x, target.hamiltonian.energy(x), None)
        log_ratio = (
            state.energy - proposal.energy + target.base.log_prob(proposal.x) - target.base.log_prob(state.x)
        )
        log_ratio = log_ratio.masked_fill(~inside, -torch.inf)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)
