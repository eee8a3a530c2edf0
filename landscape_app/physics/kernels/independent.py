"""Independent proposals from the base measure."""

from __future__ import annotations

from typing import ClassVar

import torch

from landscape_app.language import tr
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels.kernel import Info, Kernel, KernelParameter, State, metropolis
from landscape_app.physics.space import Levels, Space


class Independent(Kernel):
    """Proposes to every chain a new sample x' of q, and accepts it with probability min(1, exp(H(x) − H(x'))).

    A chain forgets where it was at the first proposal that it accepts: over a base measure that is close to P, as a
    learned one is, within some steps. Where P has little in common with q, next to nothing is accepted.

    Source: Tierney, "Markov chains for exploring posterior distributions" (1994), the independence chain.
    """

    label: ClassVar[str] = tr("Samples of the base measure")
    default_step_size: ClassVar[float] = 1.0
    target_acceptance: ClassVar[float] = 1.0
    step_size_range: ClassVar[tuple[float, float]] = (1.0, 1.0)
    serves: ClassVar[tuple[type[Space], ...]] = (Levels,)
    over_any_base: ClassVar[bool] = True
    quickness: ClassVar[int] = 4
    cost: ClassVar[int] = 16

    def check(self, target: Target) -> None:
        """Refuses base measures of independent sites, which have too little in common with any model.

        Raises:
            ValueError: the base measure is one of these, or another space.
        """
        super().check(target)
        if isinstance(target.base_measure, ProductBase):
            raise ValueError(
                tr(
                    "the kernel “{kernel}” proposes samples of a learned base measure, and this one is not "
                    "learned; choose another",
                    kernel=self.label,
                )
            )

    def parameters(self, space: Space) -> tuple[KernelParameter, ...]:
        """None: nothing is to be chosen."""
        return ()

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One proposal for every chain; one evaluation of H."""
        x = target.base_measure.sample(len(state.x), generator)
        proposal = State(x, target.hamiltonian.energy(x), None)
        log_ratio = target.tempered(state.energy - proposal.energy)
        return metropolis(state, proposal, log_ratio, generator, evaluations=1)
