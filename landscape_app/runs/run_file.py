"""The run file: configuration, metrics, parameters, chains, random state and provenance in one HDF5 file.

Layout: attributes `format`, `version`, `configuration` and `provenance` (both JSON) at the root; one dataset
per metric below `metrics/`; every other array under its own path. A checksum stands in the user block (see
`seal`). Numbers only: nothing in a file is executed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from landscape_app.runs.seal import BLOCK, HDF5_SIGNATURE, is_sealed, is_whole, seal
from landscape_app.runs.whole_file import RunFileError, check_writable, written_whole

__all__ = ["RunFileError", "RunState", "check_writable", "read_run", "write_run"]

FORMAT = "landscape-run"
VERSION = 2
MOST_BYTES = 2**30
"""Largest sum of array sizes that is read; checked on the declared sizes, before reading."""
_DAMAGED = "{path} cannot be read as a run file: it is damaged, cut short or of another format"


@dataclass(frozen=True, eq=False)
class RunState:
    """A run as plain data.

    Attributes:
        configuration: JSON values that determine the run.
        provenance: JSON values that say how the file came to be.
        metrics: one array per metric, each of shape (epochs, …).
        arrays: every other array by its path in the file.
    """

    configuration: Mapping[str, Any]
    provenance: Mapping[str, Any]
    metrics: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]


def write_run(path: Path, state: RunState) -> None:
    """Writes a run file, whole or not at all: an older file of the name stays until the new one is complete.

    Raises:
        RunFileError: the folder does not exist or cannot be written.
    """
    with written_whole(path) as part:
        # HDF5 crashes the process where a disk fills up, so it writes to memory.
        image = io.BytesIO()
        with h5py.File(image, "w", userblock_size=BLOCK) as file:
            _write(file, state)
        seal(image.getbuffer())
        part.write_bytes(image.getbuffer())


def read_run(path: Path) -> RunState:
    """The run in a file.

    Raises:
        RunFileError: there is no such file, or it is no whole run file of this version or an older one.
    """
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise RunFileError(f"{path} is a folder; give the path of a run file, such as run.h5")
        raise RunFileError(f"there is no file {path}; give the path of a run file, such as run.h5")
    image = _image(path)
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            return _read(path, file)
    except RunFileError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise RunFileError(_DAMAGED.format(path=path)) from error


def _image(path: Path) -> bytes:
    """The file's bytes, as far as they are safe to hand to HDF5."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RunFileError(f"{path} is larger than {MOST_BYTES // 2**20} MiB; it is not read")
        image = path.read_bytes()
    except OSError as error:
        raise RunFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if image.startswith(HDF5_SIGNATURE):
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    if not (is_sealed(image) and is_whole(image)):
        raise RunFileError(_DAMAGED.format(path=path))
    return image


def _write(file: h5py.File, state: RunState) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["version"] = VERSION
    file.attrs["configuration"] = json.dumps(state.configuration)
    file.attrs["provenance"] = json.dumps(state.provenance)
    for group, arrays in (("metrics", state.metrics), ("", state.arrays)):
        for key, array in arrays.items():
            file.create_dataset(f"{group}/{key}", data=array, **_storage(array))


def _read(path: Path, file: h5py.File) -> RunState:
    if str(file.attrs.get("format")) != FORMAT:
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    version = int(file.attrs.get("version", 0))
    if version != VERSION:
        advice = "update Landscape to open it" if version > VERSION else "train it anew with this one"
        age = "newer" if version > VERSION else "older"
        raise RunFileError(
            f"{path} is a run file of version {version}, {age} than this program reads ({VERSION}); {advice}"
        )
    datasets: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            datasets[name] = item

    file.visititems(collect)
    for name, dataset in datasets.items():
        if dataset.dtype.kind not in "iuf":
            raise RunFileError(f"{path}: {name} holds {dataset.dtype}, expected numbers")
        if dataset.external or dataset.is_virtual:
            raise RunFileError(f"{path}: {name} points to another file; it is not read")
    if sum(dataset.size * dataset.dtype.itemsize for dataset in datasets.values()) > MOST_BYTES:
        raise RunFileError(f"{path} declares more than {MOST_BYTES // 2**20} MiB of data; it is not read")
    configuration = json.loads(file.attrs["configuration"])
    provenance = json.loads(file.attrs["provenance"])
    if not isinstance(configuration, dict) or not isinstance(provenance, dict):
        raise RunFileError(f"{path}: the configuration or the provenance is not a JSON object")
    arrays = {name: dataset[()] for name, dataset in datasets.items()}
    prefix = "metrics/"
    return RunState(
        configuration=configuration,
        provenance=provenance,
        metrics={n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)},
        arrays={n: a for n, a in arrays.items() if not n.startswith(prefix)},
    )


def _storage(array: np.ndarray) -> dict[str, Any]:
    return {"compression": "gzip", "shuffle": True} if np.asarray(array).size > 256 else {}
