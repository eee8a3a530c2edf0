"""Multipliers solved on a ladder, against the convex dual minimised over every state."""

import pytest
import torch
from torch import Tensor

from landscape_app.learning.dual import solve_dual
from landscape_app.learning.equilibrium_dual import solve_at_equilibrium
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels import RandomWalk
from landscape_app.physics.ladder import Ladder
from tests.learning.enumerable import BASE, LOG_Q, STATES, TRAINING, SmallObservables, dual


@pytest.mark.usefixtures("multipliers_to_the_end")
@pytest.mark.parametrize("start", [0.0, 3.0, 40.0])
def test_the_dual_is_minimal_wherever_it_begins(start: float) -> None:
    """From 40 the samples lie on one state: their covariance is zero, and would allow a step of any length."""
    f = SmallObservables(seed=5)

    def model(multipliers: Tensor) -> Target:
        return MinMaxEntModel(BASE, f, multipliers).target

    begun = torch.full((2,), start, dtype=torch.float64)
    ladder = Ladder(32, model(begun), RandomWalk(), torch.Generator().manual_seed(1), 4)
    with torch.no_grad():
        found = solve_at_equilibrium(f, begun, TRAINING, ladder, model)
        exact = solve_dual(f(STATES), LOG_Q, f(TRAINING).mean(0)).multipliers
        best = float(dual(f, exact))
        assert float(dual(f, begun)) > best + 0.1
        # Noise of n independent samples costs K/2n = 1/n nats; of the 16 × 10 × 32 averaged a tenth are independent.
        assert best - 1e-9 <= float(dual(f, found)) < best + 1e-2
