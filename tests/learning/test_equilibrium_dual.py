"""Multipliers solved on a ladder, against the convex dual minimised over every state."""

import pytest
import torch
from torch import Tensor

from landscape_app.learning.dual import solve_dual
from landscape_app.learning.ensembles import ChainEnsemble
from landscape_app.learning.equilibrium_dual import solve_at_equilibrium
from landscape_app.learning.likelihood import MaximumLikelihood
from landscape_app.learning.schedule import Schedule
from landscape_app.models.minmaxent import MinMaxEntModel
from landscape_app.models.rbm import RestrictedBoltzmannMachine
from landscape_app.physics.base_measure import ProductBase
from landscape_app.physics.chains import Chains
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.kernels import BlockGibbs, RandomWalk
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.space import Spins
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
        # Noise of n independent samples costs K/2n = 1/n nats; of 16 × 10 × 32 averaged at least a tenth are.
        assert best - 1e-9 <= float(dual(f, found)) < best + 1e-2


@pytest.mark.usefixtures("multipliers_to_the_end")
def test_biases_of_a_machine_are_solved_to_where_its_units_are_on_as_often_as_over_the_data() -> None:
    """From biases that give all to one mode to the largest likelihood in them, against the sum over states."""
    torch.manual_seed(8)
    space = Spins((6,))
    states = space.enumerate()
    up = torch.where(torch.arange(90) % 3 < 2, 1.0, -1.0).unsqueeze(1)
    x = up * torch.where(torch.rand(90, 6) < 0.05, -1.0, 1.0)
    model = RestrictedBoltzmannMachine(
        ProductBase.uniform(space), torch.zeros(6), torch.full((4,), -2.0), 0.5 + 0.3 * torch.rand(6, 4)
    )

    def gap() -> Tensor:
        """⟨h⟩_P − ⟨h⟩_data in deviations of the data."""
        p = (-model.target.surprisal(states)).double().softmax(0)
        of_data = model.activations(x).double()
        return (p @ model.activations(states).double() - of_data.mean(0)) / of_data.std(0)

    def log_likelihood() -> float:
        log_z = model.target.surprisal(states).neg().logsumexp(0)
        return -float(model.target.surprisal(x).mean() + log_z)

    before, worst = gap(), log_likelihood()
    chains = Chains(x, model.target, BlockGibbs(), torch.Generator().manual_seed(10))
    trainer = MaximumLikelihood(model, x, x, ChainEnsemble(chains, True, 0.5), Schedule())
    ladder = Ladder(400, model.target, BlockGibbs(), torch.Generator().manual_seed(9), 3)
    ladder.run(50)
    model.set_values(trainer.equilibrate(model.values(), ladder))
    assert before.abs().max() > 0.5
    # As of 400 independent samples, one a ladder.
    assert gap().abs().max() < 4 / 400**0.5
    assert log_likelihood() > worst
