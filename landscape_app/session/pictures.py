"""Small pictures of configurations: levels and spins as they are, points as dots in a frame around the data."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from landscape_app.physics.base import Base, GaussianBase
from landscape_app.physics.host import to_host
from landscape_app.physics.space import Discrete

SIDE = 15
"""Pixels of a frame along each axis."""

DOT_LEVELS = 17

DOT_RADIUS = 2.2
"""Pixels from a dot's centre to where its ink ends."""

FRAME_REACH = 1.5
"""Half the side of a frame, in deviations of the base measure. Dots beyond it lie on its edge."""


def picture_levels(base: Base) -> int:
    """Levels of ink in `pictures`."""
    return base.space.levels if isinstance(base.space, Discrete) else DOT_LEVELS


def pictures(base: Base, x: Tensor) -> np.ndarray:
    """Configurations as images of `picture_levels`, uint8, shape (n, height, width), (n, width), or
    (n, height, width, 3) in colour.

    Of points the first two coordinates are shown, or the only one, as a dot on a line.

    Args:
        base: the base measure, which says where points are to be expected.
        x: shape (n, *shape).
    """
    if isinstance(base.space, Discrete):
        return base.space.as_levels(to_host(x).numpy())
    assert isinstance(base, GaussianBase)
    place = to_host(((x - base.mean) / (FRAME_REACH * base.deviation)).flatten(1)[:, :2].clamp(-1, 1))
    pixel = torch.arange(SIDE)
    distance = (pixel - (place.unsqueeze(2) + 1) * ((SIDE - 1) / 2)).square()
    if place.shape[1] == 2:
        # Rows run downwards, the second coordinate upwards.
        squares = distance[:, 1].flip(1).unsqueeze(2) + distance[:, 0].unsqueeze(1)
    else:
        squares = distance[:, 0]
    share = (DOT_RADIUS - squares.sqrt()).clamp(0, 1)
    return (share * (DOT_LEVELS - 1)).round().to(torch.uint8).numpy()
