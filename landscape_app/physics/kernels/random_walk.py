"""Random-walk Metropolis over the whole configuration at once (the paper's kernel)."""

from __future__ import annotations

from typing import ClassVar

import torch

from landscape_app.language import tr
from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, State, symmetric_metropolis
from landscape_app.physics.space import Box, Levels, Line, Space


class RandomWalk(Kernel):
    """Adds a Gaussian step to every site, rounded where x are levels, then accepts or rejects the whole."""

    label: ClassVar[str] = tr("Random walk, all sites")
    default_step_size: ClassVar[float] = 0.3
    target_acceptance: ClassVar[float] = 0.234
    step_size_range: ClassVar[tuple[float, float]] = (0.05, 8.0)
    step_label: ClassVar[str] = tr("Step σ")
    step_meaning: ClassVar[str] = tr("Standard deviation of the Gaussian that is added to every site.")
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Box, Line)
    over_any_base: ClassVar[bool] = True

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal for every chain; one evaluation of H."""
        step = torch.randn(state.x.shape, generator=generator, device=state.x.device)
        step = step * self.step_of_each(state.x)
        base = target.base_measure
        if isinstance(base, ContinuousBase) and base.free_numbers is not None:
            step = torch.where(base.fixed_sites.view(base.space.shape), 0.0, step)
        wanted = state.x + (step.round() if isinstance(base.space, Levels) else step)
        return symmetric_metropolis(state, wanted, target, generator)
