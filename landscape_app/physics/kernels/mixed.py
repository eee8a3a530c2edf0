"""Langevin steps of numbers in turn with Metropolis steps of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.physics.base_measure import MixedBase
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import number
from landscape_app.physics.kernels.kernel import Info, State, metropolis
from landscape_app.physics.kernels.mala import MALA
from landscape_app.physics.space import Mixed, Space


class MixedLangevin(MALA):
    """Moves the numbers as MALA does, then one column of categories, another at every step.

    A category v goes to another value v', drawn with the probability q(v')/(1 − q(v)) from the base measure's others,
    which is accepted with the probability min(1, exp(−βΔH) (1 − q(v))/(1 − q(v'))): of two values, and without H of
    any number of them, this moves more often than a heat bath, for one evaluation of H and its gradient.

    Source: Liu, "Peskun's theorem and a modified discrete-state Gibbs sampler" (1996); Metropolis within Gibbs.
    """

    label: ClassVar[str] = "Langevin and categories"
    step_meaning: ClassVar[str] = (
        "Time of one leapfrog step of the numbers: they move by ε times their momentum, less ½ε² times the slope of "
        "the energy. Categories have no step size."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Mixed,)

    _turns: int = 0
    """Steps so far, by which the column is chosen."""

    def steps_of_sweep(self, space: Space) -> int:
        """As many as there are columns of categories."""
        assert isinstance(space, Mixed)
        return len(space.category_columns)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """One trajectory of the numbers and one proposal of a category; two evaluations of H and its gradient."""
        base = target.base_measure
        assert isinstance(base, MixedBase)
        state, info = super().step(state, target, generator)
        if not base.free_categories:
            return state, info
        column = base.free_categories[self._turns % len(base.free_categories)]
        self._turns += 1
        log_q = base.categories.log_probabilities[base.space.category_columns.index(column)]
        x, log_ratio = _another_value(state.x, column, log_q, generator)
        proposal = State(x, *target.hamiltonian.energy_and_gradient(x))
        log_ratio = log_ratio + target.tempered(state.energy - proposal.energy)
        moved, of_categories = metropolis(state, proposal, log_ratio, generator, evaluations=1)
        return moved, info._replace(evaluations=info.evaluations + of_categories.evaluations)

    def tuning(self) -> dict[str, Tensor]:
        """The scales, and the number of steps so far."""
        return super().tuning() | {"turns": torch.tensor(self._turns)}

    def take_tuning(self, tuning: Mapping[str, Tensor]) -> None:
        """Takes scales and steps, as far as they are there.

        Raises:
            ValueError: as MALA does.
        """
        self._turns = int(number(tuning["turns"])) if "turns" in tuning else 0
        super().take_tuning(tuning)


def _another_value(
    x: Tensor, column: int, log_q: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rows with another value in a column, shape (batch, columns), and log (1 − q(v))/(1 − q(v')), shape (batch,).

    Args:
        x: shape (batch, columns).
        column: of the category.
        log_q: log-probabilities of its values, shape (values,).
        generator: random state.
    """
    q = log_q.exp()
    values = torch.arange(len(q), device=x.device)
    cumulative = (q * (values.unsqueeze(1) != values)).cumsum(1)
    log_others = cumulative[:, -1].log()
    old = x[:, column].long()
    # In (0, 1], because a draw of zero would choose the first value however improbable it is.
    uniform = 1 - torch.rand(len(x), 1, generator=generator, device=x.device)
    new = (cumulative[old] < uniform * cumulative[old, -1:]).sum(1)
    wanted = x.clone()
    wanted[:, column] = new.to(x.dtype)
    return wanted, log_others[old] - log_others[new]
