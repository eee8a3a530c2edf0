"""Where walkers start."""

from __future__ import annotations

import torch
from torch import Tensor

from landscape_app.physics.base import Base
from landscape_app.physics.resampling import systematic_resample

START_PLACES = ("base", "noise", "data", "chains")
"""The base measure, noise, the training data, and the model's own samples."""


def start_positions(
    place: str, count: int, base: Base, data: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Configurations to start from, shape (count, *shape), and names of their ancestors, int64, shape (count,).

    An item of the data is named by its index; what is drawn has a name of its own, below zero.

    Args:
        place: "base" (samples of q), "noise" (see `Base.noise`) or "data".
        count: number of chains.
        base: the base measure q.
        data: the training set, shape (n, *shape).
        generator: random state.
    """
    if place == "data":
        chosen = systematic_resample(data.new_zeros(len(data)), count, generator)
        return data[chosen], chosen
    drawn = base.sample(count, generator) if place == "base" else base.noise(count, generator)
    return drawn, own_names(count, generator.device)


def own_names(count: int, device: torch.device) -> Tensor:
    """Names of chains that share no ancestor, below zero, int64, shape (count,)."""
    return -1 - torch.arange(count, device=device)
