"""Observables f_i(x; θ): what the data's averages constrain."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from landscape_app.physics.space import Levels, Space


def mean_over_2x2(h: Tensor) -> Tensor:
    """Means over disjoint 2 × 2 blocks, shape (…, height/2, width/2).

    The same as `avg_pool2d`, as two additions: with the gradient a sixth less of an observable's cost.
    """
    rows = h[..., ::2, :] + h[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) * 0.25


def are_images(space: Space) -> TypeGuard[Levels]:
    """Whether configurations are images that `ConvObservables` takes: levels on two axes of even length."""
    return isinstance(space, Levels) and len(space.shape) == 2 and all(side % 2 == 0 for side in space.shape)


def require_images(space: Space) -> Levels:
    """The space itself, where its configurations are images.

    Raises:
        ValueError: they are not.
    """
    if not are_images(space):
        raise ValueError(f"images of even sides are needed, not {space.label} of shape {space.shape}")
    return space


class ConvObservables(nn.Module):
    """K observables of an image: convolution, SiLU, mean over 2 × 2, convolution, SiLU, linear.

    f(x) = W h₂, h₂ = SiLU(conv₂(pool(SiLU(conv₁(x / (levels − 1)))))), without a bias in W: a constant in
    f moves ⟨f⟩_data and ⟨f⟩_P alike and cancels.

    Args:
        space: images of shape (height, width), both even.
        count: number of observables K.
        channels: channels of the two convolutions.

    Raises:
        ValueError: the images are not two-dimensional, or have an odd side.
    """

    def __init__(self, space: Levels, count: int = 16, channels: tuple[int, int] = (16, 64)) -> None:
        super().__init__()
        if not are_images(space):
            raise ValueError(f"convolutional observables need images of even sides, got shape {space.shape}")
        self.space = space
        self.count = count
        height, width = space.shape
        self.conv1 = nn.Conv2d(1, channels[0], 3, padding=1)
        self.conv2 = nn.Conv2d(channels[0], channels[1], 3, padding=1)
        self.readout = nn.Linear(channels[1] * (height // 2) * (width // 2), count, bias=False)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer h₂, shape (batch, features), of x with shape (batch, height, width)."""
        h = F.silu(self.conv1(self.space.unit(x).unsqueeze(1)))
        h = F.silu(self.conv2(mean_over_2x2(h)))
        return h.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K)."""
        return self.readout(self.features(x))

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,): the multipliers are folded into the last layer first."""
        return self.features(x) @ (multipliers @ self.readout.weight)


class PerceptronObservables(nn.Module):
    """K observables of any configuration: a multilayer perceptron with tanh, linear at the end.

    Args:
        space: of the configurations.
        count: number of observables K.
        hidden: units of the hidden layers.
        scale: what x is divided by first, one for all sites or of shape (sites,): the data's spread where the
            space has no scale of its own.
        centre: what is taken off x before that, likewise.
    """

    scale: Tensor
    centre: Tensor

    def __init__(
        self,
        space: Space,
        count: int = 2,
        hidden: tuple[int, ...] = (32, 32),
        scale: float | Tensor = 1.0,
        centre: float | Tensor = 0.0,
    ) -> None:
        super().__init__()
        self.space = space
        self.count = count
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))
        self.register_buffer("centre", torch.as_tensor(centre, dtype=torch.float32))
        sizes = (space.sites, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.readout = nn.Linear(sizes[-1], count, bias=False)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, shape (batch, units), of x with shape (batch, *shape)."""
        h = (self.space.unit(x).flatten(1) - self.centre) / self.scale
        for layer in self.layers:
            h = torch.tanh(layer(h))
        return h

    def forward(self, x: Tensor) -> Tensor:
        """f(x; θ), shape (batch, K)."""
        return self.readout(self.features(x))

    def weighted_sum(self, x: Tensor, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i f_i(x), shape (batch,)."""
        return self.features(x) @ (multipliers @ self.readout.weight)
