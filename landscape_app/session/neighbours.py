"""The training items nearest to a configuration: whether a model makes new ones, or remembers old ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landscape_app.data import Dataset
from landscape_app.physics.space import Space

BLOCK = 64
"""Images whose distances are computed at once."""


MOST_DIFFERENCES = 2**24
"""Numbers in a table of differences between images."""


class Nearest(NamedTuple):
    """The training images nearest to one image.

    Attributes:
        indices: which, nearest first, shape (k,).
        distances: Euclidean, pixels scaled to 0…1, shape (k,).
    """

    indices: np.ndarray
    distances: np.ndarray


class Neighbours:
    """Distances to the training images, and how far held-out images lie from them.

    Args:
        training: configurations, shape (n, *shape).
        held_out: configurations, shape (m, *shape).
        unit: what counts as a distance of 1 along one site.

    Attributes:
        held_out: distance of each held-out image to its nearest training image, rising, shape (m,).
    """

    def __init__(self, training: np.ndarray, held_out: np.ndarray, unit: float) -> None:
        self._unit = unit
        pixels = training[0].size
        self._training = training.reshape(-1, pixels).astype(np.float32)
        self._squares = np.square(self._training).sum(1)
        flat = held_out.reshape(-1, pixels).astype(np.float32)
        nearest = [self._distances(flat[i : i + BLOCK]).min(1) for i in range(0, len(flat), BLOCK)]
        self.held_out = np.sort(np.concatenate(nearest)) if nearest else np.zeros(0, np.float32)

    @classmethod
    def of(cls, data: Dataset, space: Space) -> Neighbours:
        """Those of a data set in its space, discrete sites scaled to 0…1."""
        return cls(data.training_items, data.held_out_items, space.distance_unit)

    def nearest(self, image: np.ndarray, count: int = 1) -> Nearest:
        """The nearest training images of an image, levels, shape (*shape)."""
        distances = self._distances(image.reshape(1, -1).astype(np.float32))[0]
        indices = np.argsort(distances, kind="stable")[:count]
        return Nearest(indices, distances[indices])

    def share_closer(self, distance: float) -> float:
        """Share of the held-out images that lie closer to a training image than this; NaN without any."""
        if not len(self.held_out):
            return float("nan")
        return float(np.searchsorted(self.held_out, distance)) / len(self.held_out)

    def _distances(self, images: np.ndarray) -> np.ndarray:
        """Shape (images, training)."""
        if len(images) * self._training.size <= MOST_DIFFERENCES:
            difference = images[:, None] - self._training
            return np.sqrt(np.square(difference).sum(2)) / self._unit
        # |a − b|² = |a|² − 2 a·b + |b|²: no table of all differences, and a matrix product is many times as fast.
        squares = np.square(images).sum(1)[:, None] + self._squares - 2 * (images @ self._training.T)
        return np.sqrt(np.maximum(squares, 0)) / self._unit
