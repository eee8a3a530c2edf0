"""Single-site Metropolis: one pixel of every chain at a time (the paper's kernel)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.base_measure import ContinuousBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import (
    Info,
    Kernel,
    KernelParameter,
    State,
    farthest_move,
    symmetric_metropolis,
)
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Box, Continuous, Levels, Line, Mixed, Space, Spins


class SingleSite(Kernel):
    """Moves one random site of every chain: levels by at most `step_size`, not zero; spins by a flip.

    Real numbers move by a Gaussian step, categories beside numbers to another of their values.
    """

    label: ClassVar[str] = tr("Single site")
    default_step_size: ClassVar[float] = 6.0
    target_acceptance: ClassVar[float] = 0.44
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 16.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels, Spins, Box, Line, Mixed)
    over_any_base: ClassVar[bool] = True

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """The largest move of a level, or the Gaussian step of a coordinate; nothing for spins, which flip."""
        if isinstance(space, Spins):
            return ()
        (step,) = super().parameters(space)
        if isinstance(space, Continuous):
            return (
                step._replace(
                    label=tr("Step σ"),
                    meaning=tr("Standard deviation of the Gaussian that is added to one coordinate."),
                ),
            )
        return (farthest_move(step),)

    def steps_of_sweep(self, space: Space) -> int:
        """As many as there are sites."""
        return space.sites

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal at one site of every chain; one evaluation of H."""
        base = target.base_measure
        space, free = base.space, base.free_sites if isinstance(base, ContinuousBase) else None
        count = space.sites if free is None else len(free)
        site = torch.randint(count, (len(state.x), 1), generator=generator, device=state.x.device)
        if free is not None:
            site = free[site]
        flat = state.x.flatten(1)
        old = flat.gather(1, site)
        value = self._wanted(old, space, generator)
        if isinstance(base, MixtureBase) and isinstance(space, Mixed):
            value = torch.where(
                base.value_counts[site] > 0, self._other(old, base.value_counts[site], generator), value
            )
        wanted = flat.scatter(1, site, value).view_as(state.x)
        return symmetric_metropolis(state, wanted, target, generator)

    def _other(self, old: Tensor, count: Tensor, generator: torch.Generator) -> Tensor:
        """One of the other values of a category, each as likely, shape (batch, 1), of so many."""
        uniform = torch.rand(old.shape, generator=generator, device=old.device)
        others = (count - 1).clamp_min(1)
        return (old + 1 + (uniform * others).floor().minimum(others - 1)) % count.clamp_min(1)

    def _wanted(self, old: Tensor, space: Space, generator: torch.Generator) -> Tensor:
        """The value that a site shall have, shape (batch, 1)."""
        if isinstance(space, Spins):
            return -old
        step = self.step_of_each(old)
        if isinstance(space, Continuous):
            return old + step * torch.randn(old.shape, generator=generator, device=old.device)
        reach = step.round().clamp_min(1)
        uniform = torch.rand(old.shape, generator=generator, device=old.device)
        distance = (uniform * reach).floor().clamp_max(reach - 1) + 1
        sign = 2 * torch.randint(2, old.shape, generator=generator, device=old.device) - 1
        return old + sign * distance
