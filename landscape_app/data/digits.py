"""The 8×8 handwritten digits and their fixed split into training and held-out images."""

from __future__ import annotations

import h5py
import numpy as np

from landscape_app.data.assets import asset_path
from landscape_app.data.dataset import Dataset, Kind

HALF_INK = 8
"""Levels from which a pixel is a spin that points up."""


def load_digits() -> Dataset:
    """The 1,797 images of the UCI optical-digits test set: 200 for training, 20 a class, the rest held out.

    Raises:
        FileNotFoundError: the file did not ship.
        OSError: it is damaged.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998), doi 10.24432/C50P49.
    """
    with h5py.File(asset_path("digits.h5"), "r") as file:
        return Dataset(
            name="digits",
            kind=Kind.LEVELS,
            items=file["images"][:],
            labels=file["labels"][:].astype(np.int64),
            training=file["training"][:].astype(np.int64),
            held_out=file["held_out"][:].astype(np.int64),
            levels=int(file.attrs["levels"]),
            shipped=True,
        )


def binary_digits() -> Dataset:
    """The digits as spins, +1 from half of full ink on, −1 below; the same split.

    Raises as `load_digits`.
    """
    grey = load_digits()
    spins = np.where(grey.items.astype(np.int64) >= HALF_INK, 1, -1).astype(np.int8)
    return Dataset(
        "binary-digits", Kind.SPINS, spins, grey.training, grey.held_out, grey.labels, shipped=True
    )
