"""Map of training and held-out images in their first two principal components, and what was found on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from landscape_app.data import Dataset
from landscape_app.physics.base_measure import BaseMeasure
from landscape_app.physics.batched import batched
from landscape_app.physics.space import Discrete
from landscape_app.session.landscape.barrier import BarrierRecord
from landscape_app.session.landscape.dissection import DissectionRecord
from landscape_app.session.landscape.minima import MinimaRecord


class PrincipalPlane(NamedTuple):
    """The plane in which a set of images varies most.

    Attributes:
        mean: of the images, levels, shape (sites,).
        axes: orthonormal directions, shape (2, sites); the largest entry of each is positive.
        shares: of the images' variance along each, shape (2,).
    """

    mean: np.ndarray
    axes: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray) -> PrincipalPlane:
        """The first two principal components of images, shape (n, *shape), by singular values."""
        flat = images.reshape(len(images), -1).astype(float)
        mean = flat.mean(0)
        _, singular, directions = np.linalg.svd(flat - mean, full_matrices=False)
        axes = directions[:2]
        largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
        variances = singular**2
        return cls(mean, axes * np.sign(largest), variances[:2] / variances.sum())

    def project(self, images: np.ndarray) -> np.ndarray:
        """Coordinates of images of shape (n, *shape), levels, shape (n, 2)."""
        return (images.reshape(len(images), -1) - self.mean) @ self.axes.T


@dataclass(frozen=True, eq=False)
class ImageMap:
    """Part of the map that stands still.

    Attributes:
        training: training images, levels, uint8, shape (n, *shape); spins down are level 0, spins up level 1.
        held_out: held-out images, uint8, shape (m, *shape).
        training_labels: their classes, shape (n,); None without any.
        held_out_labels: theirs, shape (m,); None without any.
        base: the base measure of the model, on the host.
    """

    training: np.ndarray
    held_out: np.ndarray
    training_labels: np.ndarray | None
    held_out_labels: np.ndarray | None
    base: BaseMeasure

    @classmethod
    def of(cls, data: Dataset, base: BaseMeasure) -> ImageMap:
        """The map of a data set of images, with the base measure of its model."""
        space, labelled = base.space, data.labels is not None
        assert isinstance(space, Discrete)
        return cls(
            training=space.as_levels(data.training_items),
            held_out=space.as_levels(data.held_out_items),
            training_labels=data.training_labels if labelled else None,
            held_out_labels=data.held_out_labels if labelled else None,
            base=base.to("cpu"),
        )

    @cached_property
    def plane(self) -> PrincipalPlane:
        """The plane of the training images."""
        return PrincipalPlane.of(self.training)

    def base_surprisal(self, images: np.ndarray) -> np.ndarray:
        """−log q(x) in nats, shape (n,), of images of levels, shape (n, *shape)."""
        space = self.base.space
        assert isinstance(space, Discrete)
        x = space.from_index(torch.as_tensor(images.astype(np.int64)))
        return -batched(self.base.log_prob, x.float()).numpy()


@dataclass(frozen=True, eq=False)
class ImageLandscape:
    """Parts that the landscape view shows beside the chains.

    Attributes:
        map: the data and their plane.
        barrier: the last path between two images, growing while it is looked for; None before the first.
        minima: the last minima found, likewise.
        dissection: the last image taken apart.
        searching: what is being looked for: "barrier", "minima", or "" for nothing.
    """

    map: ImageMap
    barrier: BarrierRecord | None = None
    minima: MinimaRecord | None = None
    dissection: DissectionRecord | None = None
    searching: str = ""
