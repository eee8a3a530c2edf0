"""MaxEnt solved exactly where every state, or a quadrature of them, can be listed (equations 1, 2 and the dual)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from landscape_app.language import tr

MOST_STEPS = 200
"""Of Newton's method; from anywhere it takes some tens."""

LARGEST_MULTIPLIER = 1e6
"""In units of one over an observable's spread; beyond it the means lie on the edge of what is possible."""

TOLERANCE = 1e-10
"""Largest residual of a solution."""


class DualSolution(NamedTuple):
    """The maximum-entropy distribution of given means.

    Attributes:
        multipliers: λ, float64, shape (K,).
        log_probabilities: log P of every node, volumes included, shape (n,).
        log_partition: log Z.
        entropy: the dual's value log Z + λ·μ, nats: S relative to the measure, the differential entropy where the
            measure is the volume.
        residual: largest |⟨f_i⟩_P − μ_i| over the observable's spread.
        steps: of Newton's method.
    """

    multipliers: Tensor
    log_probabilities: Tensor
    log_partition: float
    entropy: float
    residual: float
    steps: int


def solve_dual(features: Tensor, log_measure: Tensor, means: Tensor) -> DualSolution:
    """Minimises the convex dual Γ(λ) = log Σ_n m_n exp(−λ·f_n) + λ·μ by Newton's method with halved steps.

    Args:
        features: f of every node, shape (n, K).
        log_measure: log m, the base measure times the volume of the node, shape (n,); need not be normalised.
        means: μ, shape (K,).

    Raises:
        ValueError: no distribution has these means.

    Example:
        A die whose mean is 4.5 (Jaynes 1957):

        >>> faces = torch.arange(1.0, 7.0).unsqueeze(1)
        >>> die = solve_dual(faces, torch.zeros(6), torch.tensor([4.5]))
        >>> [round(float(p), 3) for p in die.log_probabilities.exp()]
        [0.054, 0.079, 0.114, 0.165, 0.24, 0.347]
    """
    f, log_m, mu = features.double(), log_measure.double(), means.double()
    spread = f.std(0, correction=0).clamp_min(1e-300) if f.numel() else f.new_zeros(0)
    f, mu = f / spread, mu / spread
    centre = f.mean(0)
    f, mu = f - centre, mu - centre
    multipliers = torch.zeros_like(mu)

    def value(at: Tensor) -> Tensor:
        return (log_m - f @ at).logsumexp(0) + at @ mu

    for step in range(MOST_STEPS):
        log_p = (log_m - f @ multipliers).log_softmax(0)
        p = log_p.exp()
        mean = p @ f
        residual = float((mean - mu).abs().max()) if len(mu) else 0.0
        if residual <= TOLERANCE:
            log_z = float((log_m - f @ multipliers).logsumexp(0))
            scaled = multipliers / spread
            return DualSolution(
                scaled, log_p, log_z - float(multipliers @ centre), float(value(multipliers)), residual, step
            )
        centred = f - mean
        covariance = centred.T @ (p.unsqueeze(1) * centred)
        ridge = 1e-14 * float(covariance.diagonal().mean()) + 1e-300
        direction = torch.linalg.solve(covariance + ridge * torch.eye(len(mu), dtype=f.dtype), mean - mu)
        slope = float((mean - mu) @ direction)
        share, before = 1.0, float(value(multipliers))
        # Close to the minimum the value no longer tells a better λ from a worse one, and full steps converge.
        while slope > 1e-12 and share > 1e-12:
            if float(value(multipliers + share * direction)) <= before - 1e-4 * share * slope:
                break
            share /= 2
        multipliers = multipliers + share * direction
        if float(multipliers.abs().max()) > LARGEST_MULTIPLIER:
            break
    raise ValueError(
        tr(
            "no distribution with these means was found: after {steps} steps they are missed by {residual:.2g} of "
            "the observables' spread; the means must lie inside what the observables can take",
            steps=step + 1,
            residual=residual,
        )
    )
