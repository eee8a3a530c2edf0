"""Observables of spins and categories: each value a coordinate of its own, and squares of sums of these."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from landscape_app.physics.space import Space, Spins


def one_hot(space: Space, x: Tensor) -> Tensor:
    """Which level but the lowest each site has, 1 or 0, shape (batch, sites · (levels − 1)), of shape (batch, sites).

    Between two levels it falls and rises in straight lines, so that x may carry a gradient: zero at the levels, as
    categories stand in no order and none is nearer to another.
    """
    levels = torch.arange(1, space.levels, dtype=x.dtype, device=x.device)
    return (1 - (x.flatten(1).unsqueeze(2) - levels).abs()).relu().flatten(1)


class PairObservables(nn.Module):
    """K observables f_k(x) = (w_k · e(x) + b_k)², e the spins themselves or the categories one by one.

    H = Σ_k λ_k f_k is then a model of all pairs of sites, of rank K. With spins, the couplings of
    H = −Σ_{i<j} J_ij s_i s_j − Σ_i h_i s_i are J_ij = −2 Σ_k λ_k w_ki w_kj, and the fields
    h_i = −2 Σ_k λ_k b_k w_ki; with categories these are those of a Potts model, any of them where K is as large as
    e has coordinates. With centred data, orthonormal w and b = 0 these are the observables of principal component
    analysis.

    Args:
        space: of spins, or of levels on one axis.
        count: number of observables K.

    Raises:
        ValueError: another space.
    """

    def __init__(self, space: Space, count: int) -> None:
        super().__init__()
        if not (isinstance(space, Spins) or space.is_categorical):
            raise ValueError(f"pairs are of spins or categories, not of {space.label} of shape {space.shape}")
        self.space = space
        self.count = count
        features = space.sites * (space.levels - 1)
        self.projection = nn.Linear(features, count)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K), of x with shape (batch, *shape)."""
        e = one_hot(self.space, x) if self.space.is_categorical else x.flatten(1)
        return self.projection(e).square()

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_k λ_k f_k(x), shape (batch,)."""
        return self.forward(x) @ multipliers
