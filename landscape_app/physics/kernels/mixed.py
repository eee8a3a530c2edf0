"""Langevin steps of numbers in turn with Metropolis steps of categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from landscape_app.language import tr
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import number
from landscape_app.physics.kernels.kernel import Info, State, metropolis
from landscape_app.physics.kernels.mala import MALA
from landscape_app.physics.mixture_base import MixtureBase
from landscape_app.physics.space import Mixed, Space


class MixedLangevin(MALA):
    """Moves the numbers as MALA does, then one column of categories, another at every step, or the whole row.

    A category v goes to another value v', drawn from the others with the probability q(v')/(1 − q(v)), q(v) being the
    base measure's given all other columns. It is accepted with the probability
    min(1, exp(−βΔH) (1 − q(v))/(1 − q(v'))): of two values, and without H of any number of them, this moves more
    often than a heat bath, for one evaluation of H and its gradient. Over a base measure of several components, whose
    modes no small step connects, it is the whole row's turn after that of the last column: to an independent sample
    of q, accepted with the probability min(1, exp(−βΔH)).

    Source: Liu, "Peskun's theorem and a modified discrete-state Gibbs sampler" (1996); Tierney, "Markov chains for
    exploring posterior distributions" (1994).
    """

    label: ClassVar[str] = tr("Langevin and categories")
    step_meaning: ClassVar[str] = tr(
        "Time of one leapfrog step of the numbers: they move by ε times their momentum, less ½ε² times the slope "
        "of the energy. Categories have no step size."
    )
    serves: ClassVar[tuple[type[Space], ...]] = (Mixed,)

    _turns: int = 0
    """Steps so far, by which it is known whose turn it is."""

    def steps_of_sweep(self, space: Space) -> int:
        """As many as there are columns of categories."""
        assert isinstance(space, Mixed)
        return len(space.category_columns)

    def step(self, state: State, target: Target, generator: torch.Generator) -> tuple[State, Info]:
        """A trajectory of the numbers, and a proposal of a category or a row; two evaluations of H and its slope."""
        base = target.base_measure
        assert isinstance(base, MixtureBase)
        state, info = super().step(state, target, generator)
        columns = base.free_categories
        turns = len(columns) + base.has_several
        if not turns:
            return state, info
        turn = self._turns % turns
        self._turns += 1
        if turn < len(columns):
            q = base.category_probabilities(state.x, columns[turn])
            x, log_ratio = _another_value(state.x, columns[turn], q, generator)
        else:
            x, log_ratio = base.sample(len(state.x), generator), torch.zeros_like(state.energy)
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


def _another_value(x: Tensor, column: int, q: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Rows with another value in a column, shape (batch, columns), and log (1 − q(v))/(1 − q(v')), shape (batch,).

    Args:
        x: shape (batch, columns).
        column: of the category.
        q: probabilities of its values, shape (batch, values).
        generator: random state.
    """
    old = x[:, column].long().unsqueeze(1)
    cumulative = q.scatter(1, old, 0.0).cumsum(1)
    # In (0, 1], because a draw of zero would choose the first value however improbable it is.
    uniform = 1 - torch.rand(len(x), 1, generator=generator, device=x.device)
    new = (cumulative < uniform * cumulative[:, -1:]).sum(1, keepdim=True)
    wanted = x.clone()
    wanted[:, column] = new[:, 0].to(x.dtype)
    of_others = q.scatter(1, new, 0.0).sum(1)
    return wanted, cumulative[:, -1].log() - of_others.log()
