"""Thumbnails of runs: some of their samples as one small picture, read without the rest of the file."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from landscape_app.language import tr
from landscape_app.runs.atomic import UNREADABLE, RunFileError, reason_of
from landscape_app.runs.catalogue import KINDS, RunSummary, kind_in
from landscape_app.runs.run_file import DATA, read_part

SIDE = 3
"""Images along a side of a mosaic."""

BINS = 28
"""Cells along a side of a picture of points, and rows of one of a table."""

READ, MOST_NUMBERS = 1024, 2**20
"""Samples that are read, and numbers in all of them, where that leaves enough for a mosaic."""

_SAMPLES, _LEVELS = "samples/x", f"{DATA}/level_count"


def read_thumbnail(run: RunSummary) -> np.ndarray:
    """Samples of a run as a picture.

    Returns:
        Ink from 0 to 1, float32, shape (height, width); of colours light from 0 to 1, shape (height, width, 3).

    Raises:
        RunFileError: the file cannot be read, or holds no samples.
    """
    rows = slice(0, max(SIDE**2, min(READ, MOST_NUMBERS // max(1, math.prod(run.shape)))))
    wanted = {_SAMPLES: rows, "samples/log_weights": rows, _LEVELS: slice(None)}
    wanted |= {f"{DATA}/{kind}": slice(0, 0) for kind in KINDS}
    try:
        return picture_of(read_part(run.path, wanted).arrays)
    except RunFileError:
        raise
    except UNREADABLE as error:
        raise RunFileError(
            tr("{path} is not a whole run file: {reason}", path=run.path, reason=reason_of(error))
        ) from error


def picture_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Samples in the arrays of a run as a picture, as `read_thumbnail` gives it."""
    kind = kind_in(arrays) or "levels"
    if kind == "points":
        return _cloud(drawn_samples(arrays, READ).astype(np.float64))
    ink = _ink(arrays, kind)
    is_picture = kind != "mixed" and ink.ndim > 2
    if is_picture:
        return _mosaic(ink)
    rows = ink.reshape(len(ink), -1)
    # About as wide as high.
    return rows.repeat(max(1, len(rows) // rows.shape[1]), 1)


def drawn_samples(arrays: Mapping[str, np.ndarray], most: int) -> np.ndarray:
    """Samples of the model as a run keeps them, drawn by their weights, shape (n, …), n ≤ most.

    Args:
        arrays: of the run, by their paths.
        most: samples.
    """
    x, log_weights = arrays[_SAMPLES], arrays["samples/log_weights"].astype(float)
    weights = np.exp(log_weights - log_weights.max())
    return x[np.random.default_rng(0).choice(len(x), min(most, len(x)), p=weights / weights.sum())]


def _ink(arrays: Mapping[str, np.ndarray], kind: str) -> np.ndarray:
    """Some samples, each number on the scale from its lowest to its highest value, float32."""
    is_row = kind == "mixed" or arrays[_SAMPLES].ndim == 2
    x = drawn_samples(arrays, BINS if is_row else SIDE**2).astype(np.float32)
    if kind == "mixed":
        low, high = x.min(0), x.max(0)
    else:
        # Images that come with the application are not in the file, nor is the number of their levels.
        levels = int(arrays.get(_LEVELS, np.array(0))) or int(x.max()) + 1
        low, high = np.float32(-1 if kind == "spins" else 0), np.float32(1 if kind == "spins" else levels - 1)
    return np.clip((x - low) / np.maximum(high - low, 1e-12), 0, 1)


def _mosaic(images: np.ndarray) -> np.ndarray:
    """Images of shape (n, height, width) or (n, height, width, 3) in `SIDE` rows, a free pixel between two."""
    height, width = images.shape[1:3]
    paper = 1.0 if images.ndim == 4 else 0.0
    page = np.full((SIDE * (height + 1) - 1, SIDE * (width + 1) - 1, *images.shape[3:]), paper, np.float32)
    for i, image in enumerate(images):
        top, left = i // SIDE * (height + 1), i % SIDE * (width + 1)
        page[top : top + height, left : left + width] = image
    return page


def _cloud(points: np.ndarray) -> np.ndarray:
    """Density of points over their first two coordinates, or bars of one coordinate, the second upwards."""
    points = points.reshape(len(points), -1)
    limits = [np.quantile(column, [0.005, 0.995]) + np.array([-1e-6, 1e-6]) for column in points[:, :2].T]
    if points.shape[1] == 1:
        counts = np.histogram(points[:, 0], BINS, tuple(limits[0]))[0] / len(points)
        heights = np.rint(BINS * counts / max(counts.max(), 1e-12))
        return (np.arange(BINS, 0, -1)[:, None] <= heights).astype(np.float32)
    counts = np.histogram2d(points[:, 1], points[:, 0], BINS, limits[::-1])[0]
    return np.sqrt(counts / max(counts.max(), 1.0))[::-1].astype(np.float32)
