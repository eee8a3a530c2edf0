"""MaxEnt solved over the probabilities themselves, without ever writing down an exponential family."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr

MOST_STEPS = 500
"""Of Newton's method; it takes some tens, or hundreds where tails fall below 10⁻⁵⁰, as no step can get there."""

KEPT = 0.01
"""Share of any probability that one step leaves."""

SUFFICIENT_DECREASE = 0.01
"""Share of the decrease a linear residual would make that a step has to make."""

SHORTEST_STEP = 1e-12

LEAST_PIVOT = 1e-6
"""Sine of the angle between a row of A and those before it, below which it follows from them."""

TOLERANCE = 1e-9
"""Largest residual of the last step."""


class PrimalStep(NamedTuple):
    """State of the search.

    Attributes:
        probabilities: p, float64, shape (n,).
        entropy: −Σ p log p, nats.
        multipliers: ν of the constraints' rows, float64, shape (rows,); at the maximum log p = −1 − Aᵀν.
        violation: largest |A p − b|.
        residual: Euclidean norm of (log p + 1 + Aᵀν, A p − b), zero at the maximum.
    """

    probabilities: Tensor
    entropy: float
    multipliers: Tensor
    violation: float
    residual: float


def maximise_entropy(constraints: Tensor, values: Tensor, start: Tensor) -> Iterator[PrimalStep]:
    """Maximises −Σ_j p_j log p_j subject to A p = b by Newton's method on p and ν; yields every step, the last exact.

    A start that meets the constraints is followed by steps that do, their entropies bounds from below.

    Args:
        constraints: A, of full row rank, shape (rows, n); a row of ones is what normalises p.
        values: b, shape (rows,).
        start: p to begin with, positive, shape (n,).

    Raises:
        ValueError: no positive p meets the constraints, or the rows are not independent.

    Source: Boyd, Vandenberghe, "Convex optimization" (2004), section 10.3, Newton's method from an infeasible start.
    """
    a, b, p = constraints.double(), values.double(), start.double()
    _check_independence(a)
    nu = p.new_zeros(len(b))
    for _ in range(MOST_STEPS):
        here = _step_at(p, nu, a, b)
        yield here
        if here.residual <= TOLERANCE:
            return
        slope = p.log() + 1
        nu_next = torch.linalg.solve((a * p) @ a.T, a @ p - b - a @ (p * slope))
        change = -p * (slope + nu_next @ a)
        falls = change < 0
        share = min(1.0, float(((1 - KEPT) * p / -change)[falls].min())) if bool(falls.any()) else 1.0
        while share > SHORTEST_STEP:
            trial, trial_nu = p + share * change, nu + share * (nu_next - nu)
            if _step_at(trial, trial_nu, a, b).residual <= (1 - SUFFICIENT_DECREASE * share) * here.residual:
                break
            share /= 2
        else:
            break
        p, nu = trial, trial_nu
    raise ValueError(
        tr(
            "no maximum of the entropy was found, the constraints are missed by {violation:.2g}; they must leave "
            "every probability room to be positive",
            violation=here.violation,
        )
    )


def _check_independence(a: Tensor) -> None:
    """Refuses rows of A that follow from others: the pivots of A Aᵀ are how far each is from those before it."""
    unit = a / a.norm(dim=1, keepdim=True)
    factor, failed = torch.linalg.cholesky_ex(unit @ unit.T)
    if int(failed) or float(factor.diagonal().min()) < LEAST_PIVOT:
        raise ValueError(
            tr("the constraints are not independent: leave out those that follow from the others")
        )


def _step_at(p: Tensor, nu: Tensor, a: Tensor, b: Tensor) -> PrimalStep:
    log_p = p.log()
    missed = a @ p - b
    residual = torch.cat([log_p + 1 + nu @ a, missed]).norm()
    return PrimalStep(p, float(-(p * log_p).sum()), nu, float(missed.abs().max()), float(residual))
