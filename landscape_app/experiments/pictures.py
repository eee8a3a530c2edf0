"""What the experiments on images share: the judge of a data set, and pictures of many images at once."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import Tensor

from landscape_app.data import Dataset
from landscape_app.experiments.figure import Images, Panel
from landscape_app.learning.quality import Judge, judge_passes
from landscape_app.physics.space import Levels

_judges: dict[str, Judge] = {}
"""Judges by the name of their data: one is the same for every experiment, and takes half a minute."""


def judge_training(dataset: Dataset) -> Generator[float, None, Judge]:
    """The judge of a data set, trained on all its real images; yields the share that is done.

    Once trained it is kept for the experiments that follow.
    """
    if dataset.name not in _judges:
        space = Levels(dataset.items.shape[1:], dataset.levels)
        images, labels = torch.as_tensor(dataset.items).float(), torch.as_tensor(dataset.labels)
        _judges[dataset.name] = yield from judge_passes(space, images, labels)
    return _judges[dataset.name]


def classes_of(judge: Judge, images: Tensor) -> Tensor:
    """The judge's class of every image, int64, shape (n,)."""
    with torch.no_grad():
        return judge(images).argmax(1)


def image_rows(
    title: str, rows: Sequence[tuple[str, Tensor | np.ndarray]], columns: int, top: float
) -> Panel:
    """Rows of images, each with its name.

    Args:
        title: what they show.
        rows: a name and at least `columns` images in levels, shape (n, height, width), for each row.
        columns: images in a row.
        top: the highest level.
    """
    images = np.concatenate([np.asarray(images)[:columns] for _, images in rows])
    names = tuple(name for name, _ in rows)
    return Panel(title, (Images(images.astype(np.uint8), columns, top, names),))


def standing_images(
    title: str, columns: Sequence[tuple[str, Tensor | np.ndarray]], rows: int, top: float
) -> Panel:
    """Columns of images, each with its name above.

    Args:
        title: what they show.
        columns: a name and at least `rows` images in levels, shape (n, height, width), for each column.
        rows: images in a column.
        top: the highest level.
    """
    images = np.stack([np.asarray(images)[:rows] for _, images in columns], axis=1)
    names = tuple(name for name, _ in columns)
    flat = images.reshape(-1, *images.shape[2:])
    return Panel(title, (Images(flat.astype(np.uint8), len(columns), top, heads=names),))
