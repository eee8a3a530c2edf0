"""Random-walk Metropolis over the whole configuration at once (the paper's kernel)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, metropolis
from landscape_app.physics.space import Box, Levels, Line, Space


class RandomWalk(Kernel):
    """Adds a Gaussian step to every site, rounded where x are levels, then accepts or rejects the whole.

    Proposals that leave the space are rejected, which keeps the proposal symmetric and the kernel exact.
    """

    label: ClassVar[str] = "Random walk, all sites"
    default_step_size: ClassVar[float] = 0.3
    target_acceptance: ClassVar[float] = 0.234
    step_size_range: ClassVar[tuple[float, float]] = (0.05, 8.0)
    step_label: ClassVar[str] = "Step σ"
    step_meaning: ClassVar[str] = "Standard deviation of the Gaussian that is added to every site."
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Box, Line)

    def init(self, x: Tensor, target: Target) -> State:
        """The state at x, shape (batch, *shape)."""
        return State(x, target.hamiltonian.energy(x), None)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal for every chain; one evaluation of H."""
        space = target.base_measure.space
        step = torch.randn(state.x.shape, generator=generator, device=state.x.device)
        step = step * self.step_of_each(state.x)
        wanted = state.x + (step.round() if isinstance(space, Levels) else step)
        inside = space.contains(wanted)
        x = torch.where(inside.view(-1, *([1] * (wanted.dim() - 1))), wanted, state.x)
        proposal = State(x, target.hamiltonian.energy(x), None)
        log_ratio = target.tempered(state.energy - proposal.energy)
        log_ratio = log_ratio + target.base_measure.log_prob(x) - target.base_measure.log_prob(state.x)
        log_ratio = log_ratio.masked_fill(~inside, -torch.inf)
        moved, info = metropolis(state, proposal, log_ratio, generator, evaluations=1)
        return moved, info._replace(proposal=wanted)
