"""The 8×8 handwritten digits and their fixed split into training and held-out images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import h5py
import numpy as np
import numpy.typing as npt

from landscape_app.data.assets import asset_path


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images of integer grey levels, split once and for all.

    name: what the window and run files call it.
    items: (n, 8, 8) uint8, levels 0 … levels − 1, 0 being empty paper.
    labels: (n,) int64, the class of each image.
    training: (t,) int64, indices of the images a model may learn from, ascending.
    held_out: (n − t,) int64, indices of all others, ascending.
    levels: number of grey levels.
    """

    name: str
    items: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    training: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]
    levels: int

    @property
    def training_items(self) -> npt.NDArray[np.uint8]:
        """Images a model may learn from, (t, 8, 8)."""
        return self.items[self.training]

    @property
    def training_labels(self) -> npt.NDArray[np.int64]:
        """Classes of the training images, (t,)."""
        return self.labels[self.training]

    @property
    def held_out_items(self) -> npt.NDArray[np.uint8]:
        """Images no model learns from, (n − t, 8, 8)."""
        return self.items[self.held_out]

    @property
    def held_out_labels(self) -> npt.NDArray[np.int64]:
        """Classes of the held-out images, (n − t,)."""
        return self.labels[self.held_out]

    def with_training(self, n: int) -> Dataset:
        """The same images split anew: n to learn from, all classes as evenly as can be, all others held out.

        The training images come first, in an order that does not depend on n: a smaller set is part of a larger.

        Raises ValueError where n is less than two, or leaves nothing to hold out.
        """
        if not 2 <= n < len(self.items):
            raise ValueError(f"2 to {len(self.items) - 1} images can be for training, got {n}")
        order = np.concatenate([self._by_turns(self.training), self._by_turns(self.held_out)])
        return replace(self, training=np.sort(order[:n]), held_out=np.sort(order[n:]))

    def _by_turns(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The first of every class, then the second of every class, and so on."""
        labels = self.labels[indices]
        turn = np.empty(len(indices), np.int64)
        for label in np.unique(labels):
            of_class = labels == label
            turn[of_class] = np.arange(of_class.sum())
        return indices[np.lexsort((labels, turn))]


def load_digits() -> Dataset:
    """The 1,797 images of the UCI optical-digits test set: 200 for training, 20 a class, the rest held out.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998), doi 10.24432/C50P49.

    Raises FileNotFoundError where the file did not ship, OSError where it is damaged.
    """
    with h5py.File(asset_path("digits.h5"), "r") as file:
        return Dataset(
            name="digits",
            items=file["images"][:],
            labels=file["labels"][:].astype(np.int64),
            training=file["training"][:].astype(np.int64),
            held_out=file["held_out"][:].astype(np.int64),
            levels=int(file.attrs["levels"]),
        )
