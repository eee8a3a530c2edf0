"""Replicas of all temperatures as samples of the model, against enumeration and pymbar's equations."""

import numpy as np
import torch

from landscape_app.physics.kernels import DiscreteLangevin
from landscape_app.physics.ladder import Ladder
from landscape_app.physics.replica_pool import free_energies, pooled_log_weights
from landscape_app.physics.space import Levels
from tests.physics.exact import all_states, base_log_prob, boltzmann, coupled_target

SPACE = Levels((2, 2), 4)
STEPS = 150


def test_pooled_replicas_average_the_model_as_enumeration_does() -> None:
    target, term = coupled_target(SPACE, seed=3)
    ladder = Ladder(50, target, DiscreteLangevin(), torch.Generator().manual_seed(1), 5)
    ladder.run(100)
    ladder.adapt = False
    equal = torch.zeros(len(ladder))
    free = None
    pooled, bottom = [], []
    for _ in range(STEPS):
        ladder.run(5)
        free = free_energies(ladder.energies, ladder.betas, equal, free)
        weights = pooled_log_weights(ladder.energies, ladder.betas, equal, free).softmax(0)
        pooled.append(float(weights @ ladder.state.energy))
        bottom.append(float(ladder.energy.mean()))
    states = all_states(SPACE)
    energy = term.exact_energy(states)
    exact = boltzmann(target.base_measure, energy) @ energy
    # Estimates five steps apart are nearly independent; their spread gives the standard error.
    error = np.std(pooled) / np.sqrt(STEPS)
    assert abs(np.mean(pooled) - exact) < 4 * error + 0.01 * np.std(bottom)
    # The whole ladder says more than its lowest temperature by itself.
    assert np.std(pooled) < 0.9 * np.std(bottom)


def test_free_energies_are_those_of_enumeration() -> None:
    target, term = coupled_target(SPACE, seed=4)
    columns = 1_000
    ladder = Ladder(columns, target, DiscreteLangevin(), torch.Generator().manual_seed(2), 5)
    ladder.run(100)
    free = free_energies(ladder.energies, ladder.betas, torch.zeros(len(ladder)), iterations=200)
    states = all_states(SPACE)
    log_q, energy = base_log_prob(target.base_measure, states), term.exact_energy(states)
    exact = [-float(np.logaddexp.reduce(log_q - beta * energy)) for beta in ladder.betas.tolist()]
    spread = float(ladder.energies.std())
    np.testing.assert_allclose(free.numpy(), exact, atol=4 * spread / np.sqrt(columns))


def test_a_few_iterations_follow_a_converged_start() -> None:
    generator = torch.Generator().manual_seed(5)
    betas = torch.tensor([0.0, 0.5, 1.0])
    energies = torch.randn(3, 64, generator=generator) - betas.unsqueeze(1)
    weights = torch.zeros(64)
    converged = free_energies(energies, betas, weights, iterations=300)
    again = free_energies(energies, betas, weights, converged, iterations=3)
    torch.testing.assert_close(again, converged, atol=1e-4, rtol=0)


def test_columns_of_no_weight_do_not_count() -> None:
    generator = torch.Generator().manual_seed(6)
    betas = torch.tensor([0.0, 1.0])
    energies = torch.randn(2, 10, generator=generator)
    weights = torch.zeros(10)
    weights[5:] = -torch.inf
    some = free_energies(energies, betas, weights, iterations=100)
    alone = free_energies(energies[:, :5], betas, torch.zeros(5), iterations=100)
    torch.testing.assert_close(some, alone)
    pooled = pooled_log_weights(energies, betas, weights, some).view(2, 10)
    assert bool(torch.isneginf(pooled[:, 5:]).all())
