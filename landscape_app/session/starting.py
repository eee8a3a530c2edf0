"""Where walkers start."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_app.physics.base import Base, ProductBase
from landscape_app.physics.resampling import systematic_resample
from landscape_app.physics.space import Discrete

START_PLACES = ("base", "noise", "data", "chains")
"""The base measure, uniform noise, the training data, and the model's own samples."""


def start_positions(place: str, count: int, base: Base, data: Tensor, generator: torch.Generator) -> Tensor:
    """Configurations to start from, shape (count, *shape).

    Args:
        place: "base", "noise" or "data".
        count: number of chains.
        base: the base measure q.
        data: the training set, shape (n, *shape).
        generator: random state.

    Raises:
        ValueError: the space is unbounded, so that there is no uniform noise.
    """
    if place == "base":
        return base.sample(count, generator)
    if place == "noise":
        if not isinstance(base.space, Discrete):
            raise ValueError(f"there is no uniform noise on {base.space.label}; start from the base measure")
        return ProductBase.uniform(base.space).to(data.device).sample(count, generator)
    weights = torch.zeros(len(data), device=data.device)
    return data[systematic_resample(weights, count, generator)]
