"""Every replica of a ladder as weighted samples of its model."""

from __future__ import annotations

import torch
from torch import Tensor


def free_energies(
    energies: Tensor,
    betas: Tensor,
    column_weights: Tensor,
    start: Tensor | None = None,
    iterations: int = 3,
) -> Tensor:
    """f_k = −log Z(β_k) + log Z(0), shape (replicas,), of the mixture of all temperatures.

    The fixed point of f_k = −log Σ_n exp(−β_k H_n) / Σ_j exp(f_j − β_j H_n), a few iterations from where the last
    call ended, so that it follows a model that changes.

    Args:
        energies: H of the replicas, shape (replicas, columns).
        betas: inverse temperatures, shape (replicas,).
        column_weights: log importance weights of whole ladders, shape (columns,).
        start: where to iterate from; None, or another number of temperatures, integrates ⟨H⟩ over β first.
        iterations: how many.

    Source: Shirts, Chodera, "Statistically optimal analysis of samples from multiple equilibrium states" (2008).
    """
    if start is None or len(start) != len(betas):
        mean = energies @ column_weights.softmax(0)
        steps = (mean[1:] + mean[:-1]) / 2 * betas.diff()
        start = torch.cat([steps.new_zeros(1), steps.cumsum(0)])
    scaled = betas.unsqueeze(1) * energies.flatten()
    own = column_weights.repeat(len(betas))
    free = start
    for _ in range(iterations):
        mixture = torch.logsumexp(free.unsqueeze(1) - scaled, 0)
        free = -torch.logsumexp(own - scaled - mixture, 1)
        free = free - free[0]
    return free


def pooled_log_weights(energies: Tensor, betas: Tensor, column_weights: Tensor, free: Tensor) -> Tensor:
    """log w ∝ −H − log Σ_k exp(f_k − β_k H): what makes each replica a sample of β = 1, (replicas · columns,).

    Args:
        energies: H of the replicas, shape (replicas, columns).
        betas: inverse temperatures, shape (replicas,).
        column_weights: log importance weights of whole ladders, shape (columns,).
        free: their `free_energies`.
    """
    h = energies.flatten()
    mixture = torch.logsumexp(free.unsqueeze(1) - betas.unsqueeze(1) * h, 0)
    return column_weights.repeat(len(betas)) - h - mixture
