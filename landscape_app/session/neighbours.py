"""The training items nearest to a configuration: whether a model makes new ones, or remembers old ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from landscape_app.data import Dataset, Kind
from landscape_app.language import tr
from landscape_app.physics.space import Space

BLOCK = 64
"""Images whose distances are computed at once."""


MOST_DIFFERENCES = 2**24
"""Numbers in a table of differences between images."""


IN_TABLES = tr(
    "a number in standard deviations of its column over the training rows, a word 0 where it is the same and 1 "
    "where not"
)
"""Scale of distances between rows of a table, in words."""


class Nearest(NamedTuple):
    """The training items nearest to one configuration.

    Attributes:
        indices: which, nearest first, shape (k,).
        distances: Euclidean, as `Neighbours.meaning` scales them, shape (k,).
    """

    indices: np.ndarray
    distances: np.ndarray


class Neighbours:
    """Distances to the training items, and how far held-out items lie from them.

    Args:
        training: configurations, shape (n, *shape).
        held_out: configurations, shape (m, *shape).
        unit: what counts as a distance of 1 along one site.
        meaning: scale of distances, in words.
        places: coordinates of configurations, shape (n, *shape) to (n, k); None for those of their sites.

    Attributes:
        meaning: scale of distances, in words.
        held_out: distance of each held-out item to its nearest training item, rising, shape (m,).
    """

    def __init__(
        self,
        training: np.ndarray,
        held_out: np.ndarray,
        unit: float,
        meaning: str = "",
        places: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.meaning = meaning
        self._unit = unit
        self._places = places or _sites
        self._training = self._places(training)
        self._squares = np.square(self._training).sum(1)
        self.held_out = np.sort(self.nearest_of(held_out)[1])

    @classmethod
    def of(cls, data: Dataset, space: Space) -> Neighbours:
        """Those of a data set in its space, discrete sites scaled to 0…1; in a table column by column."""
        training, held_out = data.training_items, data.held_out_items
        if not data.columns:
            return cls(training, held_out, space.distance_unit, space.distance_meaning)
        return cls(training, held_out, 1.0, IN_TABLES, _TableRows(data))

    def nearest(self, image: np.ndarray, count: int = 1) -> Nearest:
        """The nearest training items of a configuration, such as levels of an image, shape (*shape)."""
        distances = self._distances(self._places(image[None]))[0]
        indices = np.argsort(distances, kind="stable")[:count]
        return Nearest(indices, distances[indices])

    def nearest_of(self, x: np.ndarray) -> Nearest:
        """The nearest training item of each of many configurations, shape (n, *shape)."""
        indices, distances = np.zeros(len(x), np.int64), np.zeros(len(x), np.float32)
        for start in range(0, len(x), BLOCK):
            block, places = slice(start, start + BLOCK), self._places(x[start : start + BLOCK])
            indices[block] = self._distances(places).argmin(1)
            # Anew, as equal items are to lie at no distance, whatever was rounded.
            difference = places - self._training[indices[block]]
            distances[block] = np.sqrt(np.square(difference).sum(1)) / self._unit
        return Nearest(indices, distances)

    def share_closer(self, distance: float) -> float:
        """Share of the held-out items that lie closer to a training item than this; NaN without any."""
        if not len(self.held_out):
            return float("nan")
        return float(np.searchsorted(self.held_out, distance)) / len(self.held_out)

    def _distances(self, images: np.ndarray) -> np.ndarray:
        """Shape (items, training), of coordinates of shape (items, k)."""
        if len(images) * self._training.size <= MOST_DIFFERENCES:
            difference = images[:, None] - self._training
            return np.sqrt(np.square(difference).sum(2)) / self._unit
        # |a − b|² = |a|² − 2 a·b + |b|²: no table of all differences, and a matrix product is many times as fast.
        squares = np.square(images).sum(1)[:, None] + self._squares - 2 * (images @ self._training.T)
        return np.sqrt(np.maximum(squares, 0)) / self._unit


def _sites(x: np.ndarray) -> np.ndarray:
    """Configurations as rows of their sites, float32."""
    return x.reshape(len(x), int(np.prod(x.shape[1:]))).astype(np.float32)


class _TableRows:
    """Coordinates of rows of a table whose squared differences are those of `IN_TABLES`.

    Args:
        data: whose training rows have the deviations.
    """

    def __init__(self, data: Dataset) -> None:
        self._columns = data.columns
        self._are_spins = data.kind is Kind.SPINS
        training = data.training_items.astype(np.float64)
        deviations = training.std(0)
        self._means, self._deviations = training.mean(0), np.where(deviations > 0, deviations, 1.0)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Shape (n, columns) to (n, k): a number is one coordinate, a word as many as its column has words."""
        parts = []
        for i, column in enumerate(self._columns):
            values = x[:, i].astype(np.float64)
            if column.values:
                places = np.array([-1, 1]) if self._are_spins else np.arange(len(column.values))
                parts.append((values[:, None] == places) / np.sqrt(2))
            else:
                parts.append(((values - self._means[i]) / self._deviations[i])[:, None])
        return np.concatenate(parts, 1).astype(np.float32)
