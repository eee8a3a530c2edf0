"""Multipliers at fixed observables, solved on replicas in equilibrium: the dual is convex, Newton's steps find it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from landscape_app.learning.maxent import estimate_moments
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import number
from landscape_app.physics.ladder import Ladder

ROUNDS = 50
"""Newton steps, each on fresh samples: as many as modes need to change their weights by what crosses between them."""

STEPS = 20
"""Of the ladder before each, of whose latter half the samples are."""

AVERAGED = 16
"""Last multipliers of which the mean is taken: each has the noise of its samples."""

LARGEST_CHANGE = 1.0
"""Nats of standard deviation by which a step may change the samples' energies."""

DAMPING = 0.5
"""Of a step at most: the samples of a round depend on those before."""

RIDGE = 1e-3
"""Added to the covariance, in units of its mean diagonal: observables can be nearly the same."""


def solve_at_equilibrium(
    observables: nn.Module,
    multipliers: Tensor,
    training: Tensor,
    ladder: Ladder,
    model: Callable[[Tensor], Target],
) -> Tensor:
    """λ at which ⟨f⟩ of the ladder's model is that of the training set, but for the noise of the samples.

    Args:
        observables: f, which stay as they are.
        multipliers: λ to start from, shape (K,).
        training: training set, shape (n, *shape).
        ladder: is run, and stays on the last model.
        model: the distribution of multipliers.

    Returns:
        Shape (K,).
    """
    latest: list[Tensor] = []
    with torch.no_grad():
        f_data = observables(training)
    for _ in range(ROUNDS):
        ladder.retarget(model(multipliers))
        samples = []
        for step in range(STEPS):
            ladder.run(1)
            if step >= STEPS // 2:
                samples.append(ladder.x)
        with torch.no_grad():
            moments = estimate_moments(f_data, observables(torch.cat(samples)))
        covariance = moments.model_covariance
        ridge = RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance), device=covariance.device)
        change, _ = torch.linalg.solve_ex(covariance + ridge, moments.model_mean - moments.data_mean)
        spread = number((change @ covariance @ change).clamp_min(0).sqrt())
        multipliers = multipliers + min(DAMPING, LARGEST_CHANGE / max(spread, 1e-12)) * change
        latest.append(multipliers)
    return torch.stack(latest[-AVERAGED:]).mean(0)
