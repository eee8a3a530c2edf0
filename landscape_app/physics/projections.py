"""Observables f_i(x) = (v_i·x)² along orthonormal directions: what principal component analysis constrains."""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor, nn

from landscape_app.physics.space import Continuous


class SquaredProjections(nn.Module):
    """K observables f_i(x; θ) = (v_i·x)² with directions v_i(θ) that are orthonormal whatever θ is.

    Args:
        space: of the configurations.
    """

    def __init__(self, space: Continuous) -> None:
        super().__init__()
        self.space = space

    @abstractmethod
    def directions(self) -> Tensor:
        """The v_i, one a column, shape (sites, K); their signs say nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K), of x with shape (batch, *shape), in its units squared."""
        return (x.flatten(1) @ self.directions()).square()

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        return self(x) @ multipliers


class RotatedAxes(SquaredProjections):
    """The axes of a plane, turned by an angle θ: v₁ = (cos θ, sin θ), v₂ = (−sin θ, cos θ).

    Args:
        space: of the configurations.
        angle: θ to begin with, radians.

    Raises:
        ValueError: the space is not a plane.
    """

    def __init__(self, space: Continuous, angle: float = 0.0) -> None:
        super().__init__(space)
        if space.sites != 2:
            raise ValueError(f"axes turn by one angle in two dimensions, not in {space.sites}")
        self.angle = nn.Parameter(torch.tensor(float(angle)))

    def directions(self) -> Tensor:
        """v₁ and v₂, shape (2, 2)."""
        cosine, sine = self.angle.cos(), self.angle.sin()
        return torch.stack([torch.stack([cosine, -sine]), torch.stack([sine, cosine])])


class OrthonormalFrame(SquaredProjections):
    """K directions in any dimension: the Q of a free matrix's QR decomposition; at random to begin with.

    A step of θ that only changes the triangle R leaves f as it is.

    Args:
        space: of the configurations.
        count: number of directions K.
        generator: draws the first matrix.

    Raises:
        ValueError: there are not so many directions.
    """

    def __init__(self, space: Continuous, count: int, generator: torch.Generator | None = None) -> None:
        super().__init__(space)
        if not 1 <= count <= space.sites:
            raise ValueError(f"{space.sites} dimensions have 1 to {space.sites} directions, not {count}")
        normal = torch.randn(space.sites, count, generator=generator)
        self.matrix = nn.Parameter(normal / math.sqrt(space.sites))

    def directions(self) -> Tensor:
        """Q, shape (sites, K)."""
        return torch.linalg.qr(self.matrix).Q
