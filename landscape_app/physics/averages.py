"""Means and deviations of items that do not all count alike."""

from __future__ import annotations

import torch
from torch import Tensor


def weighted_mean(values: Tensor, weights: Tensor | None = None) -> Tensor:
    """Σ_i w_i v_i / Σ_i w_i, shape (…), of values of shape (n, …).

    Args:
        values: of the items.
        weights: w, positive, shape (n,); None where all count alike.

    Example:
        >>> weighted_mean(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 1.0]))
        tensor(1.2500)
    """
    if weights is None:
        return values.mean(0)
    share = (weights / weights.sum()).to(values.dtype)
    return torch.tensordot(share, values, dims=1)


def weighted_variance(values: Tensor, weights: Tensor | None = None) -> Tensor:
    """Σ_i w_i (v_i − v̄)² / Σ_i w_i, arguments and shape as of `weighted_mean`."""
    if weights is None:
        return values.var(0, correction=0)
    return weighted_mean((values - weighted_mean(values, weights)).square(), weights)
