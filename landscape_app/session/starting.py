"""Where walkers start."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_app.physics.base import Base
from landscape_app.physics.resampling import systematic_resample

START_PLACES = ("base", "noise", "data", "chains")
"""The base measure, noise, the training data, and the model's own samples."""


def start_positions(place: str, count: int, base: Base, data: Tensor, generator: torch.Generator) -> Tensor:
    """Configurations to start from, shape (count, *shape).

    Args:
        place: "base" (samples of q), "noise" (see `Base.noise`) or "data".
        count: number of chains.
        base: the base measure q.
        data: the training set, shape (n, *shape).
        generator: random state.
    """
    if place == "base":
        return base.sample(count, generator)
    if place == "noise":
        return base.noise(count, generator)
    return data[systematic_resample(data.new_zeros(len(data)), count, generator)]
