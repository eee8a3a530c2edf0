"""The run file: configuration, metrics, parameters, chains, random state and provenance in one HDF5 file.

Layout: first 512 bytes with the checksum of all that follows, which HDF5 calls the user block and skips. At the root
the attributes `format`, `version` and, while the run goes on, `writer` (see `writer.this_machine`); `configuration`
and `provenance` as arrays of bytes that hold JSON. One dataset per metric below `metrics/`; every other array under
its own path. Numbers only: nothing in a file is executed. Texts have a fixed size: HDF5 keeps those of variable
length on a heap, where a damaged file crashes the process.

Files are written and read as a whole, through memory: HDF5 crashes the process where a disk fills up, and Windows
replaces no file that is open.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from landscape_app.runs.atomic import UNREADABLE, RunFileError, atomic_write, reason_of, sharing
from landscape_app.runs.writer import is_locked

FORMAT, VERSION = "landscape-run", 5
MOST_BYTES = 2**30
"""Largest sum of array sizes that is read; checked on the declared sizes, before reading."""
DATA = "data"
"""The group of a data set that travels with its run; a file with nothing else holds data, and no model yet."""
BLOCK = 512
"""Bytes in front of the HDF5 data."""
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MARK = b"Landscape run\nSHA-256 of what follows the first 512 bytes: "
_TEXTS = ("configuration", "provenance")
_METRICS = "metrics/"
_LONGEST_ATTRIBUTE = 64
_PIECE = 2**22
"""Bytes that are written at a time: other threads wait for HDF5 meanwhile."""
_LINKS = h5py.h5p.create(h5py.h5p.LINK_CREATE)
_LINKS.set_create_intermediate_group(True)
_DAMAGED = "{path} cannot be read as a run file: it is damaged, cut short or of another format"
_READ_SECONDS = 0.2


@dataclass(frozen=True, eq=False)
class RunState:
    """A run as plain data.

    Attributes:
        configuration: JSON values that determine the run.
        provenance: JSON values that say how the file came to be.
        metrics: one array per metric, each of shape (epochs, …).
        arrays: every other array by its path in the file.
        writer: the machine on which the run goes on, or went on when its writer was killed; None where it has ended.
    """

    configuration: Mapping[str, Any]
    provenance: Mapping[str, Any]
    metrics: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]
    writer: str | None = None

    @property
    def holds_data_alone(self) -> bool:
        """True if the arrays are a data set and nothing else: nothing has been trained."""
        return bool(self.arrays) and all(path.startswith(f"{DATA}/") for path in self.arrays)


def write_run(path: Path, state: RunState) -> None:
    """Writes a run file, whole or not at all: an older file of the name stays until the new one is complete.

    Raises:
        RunFileError: another process writes the file, or the folder does not exist or cannot be written.
    """
    if is_locked(path):
        raise RunFileError(f"cannot write {path}: another process is writing it; choose another name")
    with atomic_write(path) as part:
        part.write_bytes(run_image(state))


def read_run(path: Path) -> RunState:
    """The run in a file; of one that is being written, or whose writer was killed, its last checkpoint.

    Raises:
        RunFileError: there is no such file, or it is no whole run file of this version.
    """
    image = _read_image(path)
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            return _read(path, file)
    except RunFileError:
        raise
    except UNREADABLE as error:
        raise RunFileError(_DAMAGED.format(path=path)) from error


def is_unfinished(path: Path) -> bool:
    """True if a file holds a run that has not come to its end; False where it cannot be read."""
    try:
        with h5py.File(io.BytesIO(_read_image(path)), "r") as file:
            return _attribute(file, "writer") is not None
    except UNREADABLE:
        return False


def has_no_checksum(path: Path) -> bool:
    """True of an HDF5 file of other programs: without a block in front, or with another one than Landscape's."""
    with path.open("rb") as file:
        return _is_of_others(path, file.read(BLOCK))


def _is_of_others(path: Path, block: bytes) -> bool:
    # One half of the mark is there also where a byte of it is damaged.
    is_marked = any(line in block for line in _MARK.splitlines())
    return (block.startswith(HDF5_SIGNATURE) or not is_marked) and h5py.is_hdf5(path)


def as_bytes(value: object) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """A JSON value as a run file holds it, uint8."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def run_image(state: RunState, compress: bool = True) -> memoryview:
    """Bytes of a run file.

    Args:
        state: of the run.
        compress: a third of the size for twenty times the time.

    Raises:
        MemoryError: there is no room for them.
    """
    image = io.BytesIO()
    storage: dict[str, Any] = {"compression": "gzip", "shuffle": True} if compress else {}
    with h5py.File(image, "w", userblock_size=BLOCK) as file:
        attributes = {"format": FORMAT, "version": VERSION, "writer": state.writer}
        for name, value in attributes.items():
            if value is not None:
                file.attrs[name] = np.bytes_(value) if isinstance(value, str) else value
        texts = (as_bytes(state.configuration), as_bytes(state.provenance))
        metrics = {f"{_METRICS}{name}": column for name, column in state.metrics.items()}
        for name, array in {**dict(zip(_TEXTS, texts, strict=True)), **metrics, **state.arrays}.items():
            _write_array(file, name, np.asarray(array), storage if np.size(array) > 256 else {})
    write_checksum(image.getbuffer())
    return image.getbuffer()


def write_checksum(image: bytearray | memoryview) -> None:
    """Writes the checksum of an HDF5 image into its user block of `BLOCK` bytes, in place."""
    image[:BLOCK] = _block(image)


def _block(image: bytes | bytearray | memoryview) -> bytes:
    digest = hashlib.sha256(memoryview(image)[BLOCK:]).hexdigest().encode()
    return (_MARK + digest + b"\n").ljust(BLOCK, b"\0")


def _write_array(file: h5py.File, name: str, array: np.ndarray, storage: dict[str, Any]) -> None:
    if storage:
        file.create_dataset(name, data=array, **storage)
        return
    # By HDF5's own calls: `create_dataset` takes three times as long for the many small arrays of a checkpoint.
    array = np.asarray(array, order="C")
    space = h5py.h5s.create_simple(array.shape) if array.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    kind = h5py.h5t.py_create(array.dtype)
    dataset = h5py.h5d.create(file.id, name.encode(), kind, space, lcpl=_LINKS)
    if array.nbytes <= _PIECE:
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)
        return
    rows = max(1, _PIECE * len(array) // array.nbytes)
    for first in range(0, len(array), rows):
        h5py.Dataset(dataset)[first : first + rows] = array[first : first + rows]


def _read_image(path: Path) -> bytes:
    """A run file's bytes, as far as they are safe to hand to HDF5.

    Raises:
        RunFileError: there is no such file, or none that is a run, or one that is damaged.
    """
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise RunFileError(f"{path} is a folder; give the path of a run file, such as run.h5")
        raise RunFileError(f"there is no file {path}; give the path of a run file, such as run.h5")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RunFileError(f"{path} is larger than {MOST_BYTES // 2**20} MiB; it is not read")
        image = sharing(path.read_bytes, _READ_SECONDS)
    except OSError as error:
        raise RunFileError(f"{path} cannot be read: {reason_of(error)}") from error
    if _is_of_others(path, image[:BLOCK]):
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    if image[:BLOCK] != _block(image):
        raise RunFileError(_DAMAGED.format(path=path))
    return image


def _read(path: Path, file: h5py.File) -> RunState:
    _check_version(path, file)
    datasets = _checked_datasets(path, file)
    texts = []
    for name in _TEXTS:
        dataset = datasets.pop(name)
        if dataset.dtype != np.uint8 or dataset.ndim != 1:
            raise ValueError(f"{name} is no array of bytes")
        texts.append(json.loads(bytes(dataset[()]).decode()))
    if not all(isinstance(text, dict) for text in texts):
        raise RunFileError(f"{path}: the configuration or the provenance is not a JSON object")
    arrays = {name: dataset[()] for name, dataset in datasets.items()}
    writer = _attribute(file, "writer")
    return RunState(
        configuration=texts[0],
        provenance=texts[1],
        metrics={n.removeprefix(_METRICS): a for n, a in arrays.items() if n.startswith(_METRICS)},
        arrays={n: a for n, a in arrays.items() if not n.startswith(_METRICS)},
        writer=None if writer is None else str(writer),
    )


def _check_version(path: Path, file: h5py.File) -> None:
    """Checks that a file is a run, and of this version; the version first, as older ones have texts on a heap.

    Raises:
        RunFileError or ValueError: it is not.
    """
    version = int(_attribute(file, "version") or 0)
    if 0 < version < VERSION:
        raise RunFileError(
            f"{path} is a run file of version {version}, older than this program reads; train it anew with this one"
        )
    if _attribute(file, "format") != FORMAT:
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    if version != VERSION:
        raise RunFileError(
            f"{path} is a run file of version {version}, newer than this program reads ({VERSION}); "
            "update Landscape to open it"
        )


def _attribute(file: h5py.File, name: str) -> str | int | None:
    """An attribute that is a number or a short text of fixed size; None where there is none of the name.

    Raises:
        ValueError: it is something else.
    """
    if name not in file.attrs:
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    kind = attribute.get_type()
    if attribute.shape == () and attribute.get_storage_size() <= _LONGEST_ATTRIBUTE:
        if isinstance(kind, h5py.h5t.TypeIntegerID):
            return int(file.attrs[name])
        if isinstance(kind, h5py.h5t.TypeStringID) and not kind.is_variable_str():
            return bytes(file.attrs[name]).decode()
    raise ValueError(f"the attribute {name} is neither a number nor a short text")


def _checked_datasets(path: Path, file: h5py.File) -> dict[str, h5py.Dataset]:
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
            raise RunFileError(f"{path}: {name} holds something else, expected numbers")
        if dataset.external or dataset.is_virtual:
            raise RunFileError(f"{path}: {name} points to another file; it is not read")
    if sum(math.prod(dataset.shape) * dataset.dtype.itemsize for dataset in datasets.values()) > MOST_BYTES:
        raise RunFileError(f"{path} declares more than {MOST_BYTES // 2**20} MiB of data; it is not read")
    return datasets
