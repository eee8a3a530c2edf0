"""A session from scratch: data by name, from a file or from arrays, and the settings that differ from the usual."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landscape_app.data import Dataset, Kind
from landscape_app.data.dataset import stratified_split
from landscape_app.data.importing import (
    HDF5_ENDINGS,
    ImageOptions,
    ImageSource,
    Table,
    image_source,
    import_images,
    import_points,
    open_source,
    read_array,
)
from landscape_app.physics.fields import CustomField, FieldError
from landscape_app.problems import PROBLEMS, Configuration, load_problem, starting_configuration
from landscape_app.runs.run_file import has_no_checksum
from landscape_app.session.custom_field import read_source
from landscape_app.session.data_file import open_data
from landscape_app.session.session import Session

IMAGE_AXES = 3
"""An array with fewer holds points, a row each."""

HELD_OUT = 0.2
"""Share of spins that no model learns from."""


def load_data(
    source: str | Path | npt.ArrayLike, labels: npt.ArrayLike | None = None, **options: Any
) -> Dataset:
    """A data set, split into what a model learns from and what is held out, always the same way.

    Args:
        source: a name ("digits", "two-gaussians", "rings", "ising"); a file of `landscape import` or a run file that
            carries its data (.h5); a table of points, one a row (.csv, .tsv, .txt), read as `landscape import` does;
            images (a folder, .npz, HDF5, IDX); or an array, also from a file (.npy): points of shape (n,) or
            (n, coordinates), images of shape (n, height, width) or (n, height, width, 3), spins −1 and +1 (whole
            numbers) of shape (n, …).
        labels: of an array of images, the class of each, shape (n,).
        options: how images are taken: `height`, `width` (pixels), `levels`, `invert`, `held_out` (a share) and
            `most`; what is left out is proposed from the images. Of a table, `columns`: names, or numbers from 1;
            else all of numbers are taken but one that only counts the rows.

    Warns:
        UserWarning: rows of a table cannot be read, or columns are not taken; says which.

    Raises:
        ValueError: there is no such name or file, it holds no data that can be learned, or an option goes with
            images and these are none.
        RunFileError: an HDF5 file is damaged.
    """
    if isinstance(source, str) and source in PROBLEMS:
        _refuse(labels, options)
        return load_problem(source)
    if isinstance(source, str | Path):
        return _from_file(Path(source), labels, options)
    return _of_array(np.asarray(source), labels, options)


def new_session(
    data: str | Dataset, *, device: str = "auto", sampler_chains: int = 100, **settings: Any
) -> Session:
    """An untrained session: its chains are samples of the base measure q.

    Args:
        data: a name ("digits", …), or a data set.
        device: "auto", "cpu", "cuda" or "mps".
        sampler_chains: number of chains on view, which steering moves.
        settings: what is to differ from the configuration that is usual for such data, by the names of
            `Configuration`: `seed`, `planned_epochs`, `chains`, `replicas`, `observables`, `kernel` …;
            `schedule={"theta_rate": 1e-3}` changes entries of its schedule.

    Raises:
        ValueError: there is no such data set, setting or device, or a value is outside its range.
    """
    dataset = None if isinstance(data, str) else data
    return Session(configured(usual_configuration(data), settings), device, sampler_chains, dataset)


def usual_configuration(data: str | Dataset) -> Configuration:
    """The configuration to start from on a data set, by name or itself.

    Raises:
        ValueError: there is no data set of that name.
    """
    if not isinstance(data, str):
        return starting_configuration(data)
    if data not in PROBLEMS:
        raise ValueError(f"no data set is called {data!r}; choose from {', '.join(PROBLEMS)}, or load one")
    return PROBLEMS[data].defaults


def configured(usual: Configuration, settings: Mapping[str, Any]) -> Configuration:
    """A configuration with some settings changed, by their names; those of its schedule in one of their own.

    Raises:
        ValueError: there is no such setting, or a value is of the wrong type or outside its range.
    """
    values = usual.as_dict()
    unknown = [name for name in settings if name not in values]
    if unknown:
        raise ValueError(f"no setting is called {unknown[0]!r}; there are {', '.join(values)}")
    changes = dict(settings)
    if "schedule" in changes:
        changes["schedule"] = values["schedule"] | dict(changes["schedule"])
    return Configuration.from_dict(values | changes)


def changed_settings(usual: Configuration, configuration: Configuration) -> dict[str, Any]:
    """What `configured` makes one configuration out of another with, as JSON values."""
    before, after = usual.as_dict(), configuration.as_dict()
    changes = {name: value for name, value in after.items() if value != before[name]}
    if "schedule" in changes:
        changes["schedule"] = {
            name: value for name, value in after["schedule"].items() if value != before["schedule"][name]
        }
    return json.loads(json.dumps(changes))


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
    _refuse(None, {name: value for name, value in options.items() if name != "columns"})
    done = import_points(table, options.get("columns"))
    if done.omissions:
        warnings.warn(f"of {table.name}, {done.omissions}", stacklevel=4)
    return done.dataset


def _images(source: ImageSource, options: Mapping[str, Any]) -> Dataset:
    proposed = ImageOptions.proposed(source)
    known = [field.name for field in dataclasses.fields(proposed)]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(f"images are not read with {unknown[0]!r}, but with {', '.join(known)}")
    return import_images(source, dataclasses.replace(proposed, **options)).dataset


def _refuse(labels: npt.ArrayLike | None, options: Mapping[str, Any]) -> None:
    if labels is not None or options:
        name = "labels" if labels is not None else next(iter(options))
        kind = "tables" if name == "columns" else "images"
        raise ValueError(f"{name!r} goes with {kind}, and these are none")


def trust_field(session: Session, path: str | Path, digest: str | None = None) -> CustomField:
    """Runs the Python file of a field of one's own, which one trusts; the field for layers of this session.

    The file has a function `energy(x)`: x of shape (batch, *shape), float32, to V(x) in nats, shape (batch,).

    Args:
        session: whose compositions may then use it.
        path: of the file.
        digest: SHA-256 that its source must have, in hexadecimal; None takes it as it is.

    Raises:
        FieldError: the file is missing, is no such Python, fails, or has changed.
    """
    source = read_source(Path(path))
    if digest is not None and source.digest != digest:
        raise FieldError(source.path.stem, "has changed since it was trusted; read it again")
    return session.composer.trust(source)
