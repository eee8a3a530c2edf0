"""Points of one's own from a file: numbers in rows, as text or as a NumPy array."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landscape_app.data.dataset import MOST_VALUES, Dataset

ENDINGS = (".csv", ".txt", ".npy")
MOST_BYTES = 32 * MOST_VALUES
"""Largest file that is read."""


def read_points(path: Path) -> Dataset:
    """The points in a file, a row each: .csv or .txt (numbers between commas; # begins a comment), or .npy.

    Raises ValueError where the file is missing, is of another form, or holds no points that can be learned.
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"points are read from {', '.join(ENDINGS)}, not from {path}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} is larger than {MOST_BYTES // 10**6} MB; it is not read")
        array = _array(path)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return Dataset.of_points(array, name=path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _array(path: Path) -> np.ndarray:
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        return np.loadtxt(path, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} does not hold rows of numbers between commas: {error}") from error
