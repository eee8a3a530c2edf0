"""Analytic surfaces whose minima and saddles are known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class AnalyticSurface:
    """A function of the plane as a surface without bounds.

    Args:
        function: energy of points, shape (batch, 2) to (batch,), differentiable.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def energy(self, x: Tensor) -> Tensor:
        """Its value, shape (batch,)."""
        return self.function(x)

    def energy_and_gradient(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Its value and slope."""
        x = x.detach().requires_grad_()
        energy = self.function(x)
        (gradient,) = torch.autograd.grad(energy.sum(), x)
        return energy.detach(), gradient

    def confine(self, x: Tensor) -> Tensor:
        """x itself."""
        return x


def mueller_brown(x: Tensor) -> Tensor:
    """The surface of Müller and Brown (1979)."""
    height = x.new_tensor([-200, -100, -170, 15])
    a, b, c = (x.new_tensor(v) for v in ([-1, -1, -6.5, 0.7], [0, 0, 11, 0.6], [-10, -10, -6.5, 0.7]))
    dx = x[:, :1] - x.new_tensor([1, 0, -0.5, -1])
    dy = x[:, 1:] - x.new_tensor([0, 0.5, 1.5, 1])
    return (height * (a * dx**2 + b * dx * dy + c * dy**2).exp()).sum(1)


MUELLER_BROWN_MINIMA = torch.tensor(
    [[-0.558223634633, 1.441725841805], [-0.050010822998, 0.466694104872], [0.623499404931, 0.028037758529]],
    dtype=torch.float64,
)
MUELLER_BROWN_ENERGIES = (-146.700, -80.768, -108.167)
MUELLER_BROWN_SADDLES = (-40.665, -72.249)
"""Between the first and second minimum, and between the second and third; to three decimals, as published."""


def bent_double_well(x: Tensor) -> Tensor:
    """(u² − 1)² + 4 (v − u²)²: minima (±1, 1) of energy 0, saddle (0, 0) of energy 1, and a curved valley."""
    u, v = x[:, 0], x[:, 1]
    return (u**2 - 1) ** 2 + 4 * (v - u**2) ** 2
