"""Data set of a name, a file or an array, as a script asks for it."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landscape_app.data import Dataset, Kind
from landscape_app.data.dataset import stratified_split
from landscape_app.data.importing import HDF5_ENDINGS, open_source
from landscape_app.data.importing.arrays import image_source, read_array
from landscape_app.data.importing.images import ImageOptions, ImageSource, import_images
from landscape_app.data.importing.table_data import TableOptions, import_table
from landscape_app.data.importing.tables import Table
from landscape_app.problems import PROBLEMS, load_problem
from landscape_app.runs.run_file import has_no_checksum
from landscape_app.session.dataset_io import open_data

IMAGE_AXES = 3
"""An array with fewer holds points, a row each."""

HELD_OUT = 0.2
"""Share of spins that no model learns from."""

OF_TABLES = ("columns", "kind")
"""Options of tables."""


def load_data(
    source: str | Path | npt.ArrayLike, labels: npt.ArrayLike | None = None, **options: Any
) -> Dataset:
    """A data set, split into what a model learns from and what is held out, always the same way.

    Args:
        source: a name ("digits", "binary-digits", "two-gaussians", "rings", "ising", "letters"); a file of
            `landscape import` or a run file that carries its data (.h5); a table of points, one a row (.csv, .tsv,
            .txt), read as `landscape import` does; images (a folder, .npz, HDF5, IDX); or an array, also from a file
            (.npy): points of shape (n,) or (n, coordinates), images of shape (n, height, width) or (n, height, width,
            3), spins −1 and +1 (whole numbers) of shape (n, …).
        labels: of an array of images, the class of each, shape (n,).
        options: how images are taken: `height`, `width` (pixels), `levels`, `invert`, `held_out` (a share) and
            `most`; what is left out is proposed from the images. Of a table, `columns`: names, or numbers from 1;
            else all are taken that fit, but one that only counts the rows; and `kind`: "points" (numbers) if not
            said, "mixed" (numbers and categories), "levels" (categories) or "spins".

    Warns:
        UserWarning: rows of a table cannot be read, or columns are not taken; says which.

    Raises:
        ValueError: there is no such name or file, it holds no data that can be learned, or an option goes with
            images and these are none.
        RunFileError: an HDF5 file is damaged.

    Example:
        >>> len(load_data("digits").training_items)
        200
    """
    if isinstance(source, str) and source in PROBLEMS:
        _refuse(labels, options)
        return load_problem(source)
    if isinstance(source, str | Path):
        return _from_file(Path(source), labels, options)
    return _of_array(np.asarray(source), labels, options)


def _from_file(path: Path, labels: npt.ArrayLike | None, options: Mapping[str, Any]) -> Dataset:
    if labels is not None:
        raise ValueError(f"labels go with an array; those of {path} are read from it")
    if not path.exists():
        raise ValueError(
            f"there is no file {path}, and no data set of that name; there are {', '.join(PROBLEMS)}"
        )
    ending = path.suffix.lower()
    if ending in HDF5_ENDINGS and not (options or has_no_checksum(path)):
        return open_data(path)[0]
    if ending == ".npy":
        return _of_array(read_array(path), None, options, path.stem)
    source = open_source(path)
    return _table(source, options) if isinstance(source, Table) else _images(source, options)


def _of_array(
    array: npt.NDArray[np.generic], labels: npt.ArrayLike | None, options: Mapping[str, Any], name: str = ""
) -> Dataset:
    if array.ndim > 1 and len(array) > 2 and array.dtype.kind == "i" and bool((np.abs(array) == 1).all()):
        _refuse(labels, options)
        split = stratified_split(len(array), None, HELD_OUT)
        return Dataset(name or "spins", Kind.SPINS, array.astype(np.int8), *split)
    if array.ndim >= IMAGE_AXES:
        classes = None if labels is None else np.asarray(labels)
        return _images(image_source(name or "images", array, classes), options)
    _refuse(labels, options)
    return Dataset.of_points(array, name or "points")


def _table(table: Table, options: Mapping[str, Any]) -> Dataset:
    _refuse(None, {name: value for name, value in options.items() if name not in OF_TABLES})
    kind = Kind(options.get("kind", Kind.POINTS))
    proposed = TableOptions.proposed(table, kind, options.get("columns"))
    done = import_table(table, replace(proposed, components=None))
    if done.omissions:
        warnings.warn(f"of {table.name}, {done.omissions}", stacklevel=4)
    return done.dataset


def _images(source: ImageSource, options: Mapping[str, Any]) -> Dataset:
    proposed = ImageOptions.proposed(source)
    known = [field.name for field in dataclasses.fields(proposed)]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(f"images are not read with {unknown[0]!r}, but with {', '.join(known)}")
    done = import_images(source, dataclasses.replace(proposed, **options))
    if done.beyond and "most" not in options:
        warnings.warn(f"of {source.name}, {done.not_drawn}", stacklevel=4)
    return done.dataset


def _refuse(labels: npt.ArrayLike | None, options: Mapping[str, Any]) -> None:
    if labels is not None or options:
        name = "labels" if labels is not None else next(iter(options))
        kind = "tables" if name in OF_TABLES else "images"
        raise ValueError(f"{name!r} goes with {kind}, and these are none")
