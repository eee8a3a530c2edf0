"""Multipliers at fixed observables, solved on replicas in equilibrium: the dual is convex, Newton's steps find it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.learning.maxent import Moments, bounded_newton_step, estimate_moments
from landscape_app.physics.hamiltonian import Target
from landscape_app.physics.host import read_back
from landscape_app.physics.ladder import Ladder

ROUNDS = 50
"""Of fresh samples, one for each Newton step that is tried: as many as modes need to change their weights by what
crosses between them."""

STEPS = 20
"""Of the ladder in each, of whose latter half the samples are."""

AVERAGED, LEAST_AVERAGED = 0.75, 1 / 3
"""Share of the steps, the last, over which multipliers are averaged, as each has the noise of its samples: at most,
and where the constraints were met late."""

LARGEST_CHANGE = 1.0
"""Nats of standard deviation by which a step may change the energies of the samples and of the data."""

DAMPING = 0.5
"""Of a step at most: the samples of a round depend on those before."""

RIDGE = 1e-3
"""Added to the covariance, in units of its mean diagonal or that of the data: observables can be nearly the same, and
samples that have collapsed onto one state have no variance."""

WORSE = 2.0
"""Standard errors by which the constraints may be violated more than they were before, and no worse."""

HALVINGS = 6
"""Of a step that makes the constraints worse, before it is given up."""


class Violation(NamedTuple):
    """Violation of the constraints on fresh samples.

    Attributes:
        moments: of the data and the samples.
        f_data: observables of the data, shape (n, K).
        norm: χ = (Σ z_i²)^½.
        error: what χ would be of the samples' noise alone.
    """

    moments: Moments
    f_data: Tensor
    norm: float
    error: float

    def is_worse_than(self, other: Violation) -> bool:
        """True if the constraints are violated more, beyond the noise; true where that is no number."""
        return not self.norm <= other.norm + WORSE * math.hypot(self.error, other.error)


def solve_at_equilibrium(
    observables: Callable[[Tensor], Tensor],
    multipliers: Tensor,
    training: Tensor,
    ladder: Ladder,
    model: Callable[[Tensor], Target],
    weights: Tensor | None = None,
    ridge: float = RIDGE,
) -> Tensor:
    """λ at which ⟨f⟩ of the ladder's model is that of the training set, but for the noise of the samples.

    Every step is judged on fresh samples of its model. Where they violate the constraints more than those before, the
    ladder goes back and the step is halved; a step that is none the better for that ends the solution where it was.
    Multipliers that are worse in the end than those to start from are not taken.

    Args:
        observables: f, as they are under the model that was asked for last.
        multipliers: λ to start from, shape (K,).
        training: training set, shape (n, *shape).
        ladder: is run, and stays near the last model.
        model: the distribution of multipliers.
        weights: of the training set, shape (n,); None where its items count alike.
        ridge: see `RIDGE`.

    Returns:
        Shape (K,).
    """

    def violation(at: Tensor) -> Violation:
        ladder.retarget(model(at))
        own = ladder.ranks.own(len(training))
        with torch.no_grad():
            (f_data,) = ladder.ranks.gather(len(training), observables(training[own]))
        return _violation(f_data, observables, ladder, weights)

    begun, before = multipliers, violation(multipliers)
    least, step, state = before, _newton_step(before, weights, ridge), ladder.state_dict()
    taken: list[Tensor] = []
    is_met: list[bool] = []
    halvings = 0
    for _ in range(ROUNDS):
        tried = violation(multipliers + step)
        if tried.is_worse_than(least):
            ladder.load_state_dict(state, model(multipliers))
            step, halvings = step / 2, halvings + 1
            if halvings > HALVINGS:
                break
            continue
        multipliers, halvings = multipliers + step, 0
        taken.append(multipliers)
        is_met.append(tried.norm <= WORSE * tried.error)
        least = min(least, tried, key=lambda found: found.norm)
        step, state = _newton_step(tried, weights, ridge), ladder.state_dict()
    if not taken:
        return begun
    most, least_many = (math.ceil(share * len(taken)) for share in (AVERAGED, LEAST_AVERAGED))
    met_for = len(taken) - is_met.index(True) if True in is_met else 0
    (mean,) = ladder.ranks.first(torch.stack(taken[-max(least_many, min(most, met_for)) :]).mean(0))
    return begun if violation(mean).is_worse_than(before) else mean


def _violation(
    f_data: Tensor, observables: Callable[[Tensor], Tensor], ladder: Ladder, weights: Tensor | None
) -> Violation:
    """Of the ladder's model, on samples of `STEPS` more steps."""
    samples = []
    for step in range(STEPS):
        ladder.run(1)
        if step >= STEPS // 2:
            samples.append(ladder.x)
    with torch.no_grad():
        of_own = observables(torch.cat(samples)).view(len(samples), ladder.columns, -1)
    f = ladder.ranks.gather_columns(ladder.all_columns, of_own)[0].flatten(0, 1)
    moments = estimate_moments(f_data, f, data_weights=weights)
    # Columns are independent of each other, samples of one are not.
    of_columns = f.view(len(samples), ladder.all_columns, -1).mean(0)
    variance = of_columns.var(0) / ladder.all_columns
    error = (variance / moments.data_variance).sum().sqrt()
    found = map(float, read_back(moments.chi_squared.sqrt(), error))
    return Violation(moments, f_data, *ladder.ranks.agreed(*found))


def _newton_step(found: Violation, weights: Tensor | None, ridge: float) -> Tensor:
    """The damped Newton step, its ridge in units of the variances, shape (K,).

    Samples that have collapsed onto few states have next to no variance, and would allow any step.
    """
    moments = found.moments
    scale = moments.model_covariance.diagonal().mean().maximum(moments.data_variance.mean())
    return bounded_newton_step(moments, found.f_data, weights, ridge * scale, LARGEST_CHANGE, DAMPING)
