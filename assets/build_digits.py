"""Rebuild digits.h5 from the copy of the UCI optical digits that scikit-learn ships.

Usage: python assets/build_digits.py [FILE]
"""

import sys
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

LEVELS = 17
CLASSES = 10
TRAINING_PER_CLASS = 20
SPLIT_SEED = 20250213

ATTRIBUTES = {
    "title": "Optical Recognition of Handwritten Digits, test set",
    "source": "UCI Machine Learning Repository, data set 80, as shipped by scikit-learn",
    "licence": "CC BY 4.0",
    "citation": (
        "Alpaydin, E. and Kaynak, C. (1998). Optical Recognition of Handwritten Digits. "
        "UCI Machine Learning Repository. doi:10.24432/C50P49"
    ),
    "levels": LEVELS,
}


def split(labels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Ascending indices of the training images, TRAINING_PER_CLASS a class, and of all others."""
    # The legacy generator's stream is frozen, so the split outlives releases of numpy.
    random = np.random.RandomState(SPLIT_SEED)
    chosen = [
        random.permutation(np.flatnonzero(labels == digit))[:TRAINING_PER_CLASS] for digit in range(CLASSES)
    ]
    training = np.sort(np.concatenate(chosen))
    held_out = np.setdiff1d(np.arange(len(labels)), training)
    return training.astype(np.uint16), held_out.astype(np.uint16)


def build(path: Path) -> None:
    """Write the images, labels and split to `path`, the same bytes on every call."""
    digits = load_digits()
    labels = digits.target.astype(np.uint8)
    training, held_out = split(labels)
    datasets = {
        "images": digits.images.astype(np.uint8),
        "labels": labels,
        "training": training,
        "held_out": held_out,
    }
    with h5py.File(path, "w") as file:
        file.attrs.update(ATTRIBUTES)
        for name, values in datasets.items():
            # Without this HDF5 stores the time of writing, and no two builds are alike.
            file.create_dataset(name, data=values, compression="gzip", compression_opts=9, track_times=False)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("digits.h5"))
