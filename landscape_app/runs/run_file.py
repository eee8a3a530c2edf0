"""The run file: configuration, metrics, parameters, chains, random state and provenance in one HDF5 file.

Layout: attributes `format` and `version`, `configuration` and `provenance` (JSON) at the root (see `root`); one
dataset per metric below `metrics/`; every other array under its own path. A checksum stands in the user block (see
`seal`). A run that is being written, or whose writer was killed, lies in a live file (see `live_file`), which is
read here too, as of its last whole state. Numbers only: nothing in a file is executed.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from landscape_app.runs.live_file import (
    FIXED,
    GROUPS,
    SLOTS,
    Kept,
    is_being_written,
    is_live,
    latest_state,
    opened,
)
from landscape_app.runs.root import TEXTS, read_root, root_attributes, root_texts, write_attributes
from landscape_app.runs.seal import BLOCK, HDF5_SIGNATURE, is_sealed, is_whole, seal
from landscape_app.runs.whole_file import UNREADABLE, RunFileError, check_writable, written_whole

__all__ = ["RunFileError", "RunState", "check_writable", "read_run", "write_run"]

MOST_BYTES = 2**30
"""Largest sum of array sizes that is read; checked on the declared sizes, before reading."""
ATTEMPTS, PAUSE = 5, 0.02
"""How often a live file is looked at until it is whole, and the seconds in between."""
DATA = "data"
"""The group of a data set that travels with its run; a file with nothing else holds data, and no model yet."""
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

    @property
    def holds_data_alone(self) -> bool:
        """Whether the arrays are a data set and nothing else: nothing has been trained."""
        return bool(self.arrays) and all(path.startswith(f"{DATA}/") for path in self.arrays)


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
    """The run in a file; of one that is being written, or whose writer was killed, its last whole state.

    Raises:
        RunFileError: there is no such file, or it is no whole run file of this version or an older one.
    """
    path = Path(path)
    for attempt in range(ATTEMPTS):
        image = read_image(path)
        try:
            with opened(image) as file:
                return (_read_live if is_live(image) else _read)(path, file)
        except RunFileError:
            raise
        except UNREADABLE as error:
            # A copy that was taken while a writer wrote can look damaged.
            if attempt == ATTEMPTS - 1 or not is_being_written(path):
                raise RunFileError(_DAMAGED.format(path=path)) from error
        time.sleep(PAUSE)
    raise AssertionError("unreachable")


def read_image(path: Path) -> bytes:
    """A run file's bytes, as far as they are safe to hand to HDF5.

    Raises:
        RunFileError: there is no such file, or none that is a run, or a sealed one that is damaged.
    """
    if not path.is_file():
        if path.is_dir():
            raise RunFileError(f"{path} is a folder; give the path of a run file, such as run.h5")
        raise RunFileError(f"there is no file {path}; give the path of a run file, such as run.h5")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RunFileError(f"{path} is larger than {MOST_BYTES // 2**20} MiB; it is not read")
        image = path.read_bytes()
    except OSError as error:
        raise RunFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if image.startswith(HDF5_SIGNATURE):
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    if not (is_live(image) or (is_sealed(image) and is_whole(image))):
        raise RunFileError(_DAMAGED.format(path=path))
    return image


def _write(file: h5py.File, state: RunState) -> None:
    write_attributes(file, root_attributes())
    for name, text in root_texts(state.configuration, state.provenance).items():
        file[name] = text
    for group, arrays in (("metrics", state.metrics), ("", state.arrays)):
        for key, array in arrays.items():
            file.create_dataset(f"{group}/{key}", data=array, **_storage(array))


def _read(path: Path, file: h5py.File) -> RunState:
    configuration, provenance = read_root(path, file)
    arrays = _read_arrays(path, file)
    prefix = "metrics/"
    return RunState(
        configuration=configuration,
        provenance=provenance,
        metrics={n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)},
        arrays={n: a for n, a in arrays.items() if not n.startswith(prefix)},
    )


def _read_live(path: Path, file: h5py.File) -> RunState:
    configuration, provenance = read_root(path, file)
    arrays = _read_arrays(path, file)
    state = latest_state([arrays[slot].tobytes() for slot in SLOTS])
    if state is None:
        raise RunFileError(f"{path} holds no whole state of its run; see landscape check {path}")
    return run_at(state, configuration, provenance, arrays)


def _read_arrays(path: Path, file: h5py.File) -> dict[str, np.ndarray]:
    datasets = checked_datasets(path, file)
    return {name: dataset[()] for name, dataset in datasets.items() if name not in TEXTS}


def run_at(
    state: Kept,
    configuration: Mapping[str, Any],
    provenance: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
) -> RunState:
    """The run at a state of a live file: later rows are left out.

    Args:
        state: with the number of rows of every group that belong to it.
        configuration: of the run; a state may carry a later one.
        provenance: of the run.
        arrays: of the file, by path.

    Raises:
        ValueError: rows are missing.
    """
    rows: dict[str, dict[str, np.ndarray]] = {}
    for group in GROUPS:
        names = [name for name in arrays if name.startswith(f"{group}/")]
        length = int(state.parcel.note["rows"][group])
        if any(len(arrays[name]) < length for name in names) or length < 0:
            raise ValueError(f"{group} have fewer rows than the state says")
        rows[group] = {name.removeprefix(f"{group}/"): arrays[name][:length] for name in names if length}
    fixed = {name.removeprefix(f"{FIXED}/"): a for name, a in arrays.items() if name.startswith(f"{FIXED}/")}
    measurements = {f"measurements/{name}": column for name, column in rows["measurements"].items()}
    return RunState(
        configuration=state.parcel.note.get("configuration", configuration),
        provenance=provenance,
        metrics=rows["metrics"],
        arrays=fixed | dict(state.parcel.arrays) | measurements,
    )


def checked_datasets(path: Path, file: h5py.File) -> dict[str, h5py.Dataset]:
    """Every data set by its path, none of them read yet.

    Raises:
        RunFileError: one holds other than numbers, or lies in another file, or they declare too much.
    """
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
    if sum(math.prod(dataset.shape) * dataset.dtype.itemsize for dataset in datasets.values()) > MOST_BYTES:
        raise RunFileError(f"{path} declares more than {MOST_BYTES // 2**20} MiB of data; it is not read")
    return datasets


def _storage(array: np.ndarray) -> dict[str, Any]:
    return {"compression": "gzip", "shuffle": True} if np.asarray(array).size > 256 else {}
