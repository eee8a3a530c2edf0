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

from landscape_app.language import tr
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
METRICS = "metrics/"
_LONGEST_ATTRIBUTE = 64
_MOST_OF_PART = 2**24
"""Largest sum of sizes that is read of a part of a file."""
_MOST_OF_CHUNK = 2**26
"""Bytes of a chunk; those that are written have a megabyte at most."""
_PIECE = 2**22
"""Bytes that are written at a time: other threads wait for HDF5 meanwhile."""
_SMALL = 2**13
"""Numbers that are read at once sooner than some of them."""
_LINKS = h5py.h5p.create(h5py.h5p.LINK_CREATE)
_LINKS.set_create_intermediate_group(True)
_DAMAGED = tr("{path} cannot be read as a run file: it is damaged, cut short or of another format")
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

    def as_arrays(self) -> dict[str, np.ndarray]:
        """All of it but the writer as arrays by their names: the texts, the metrics and every other array."""
        texts = (as_bytes(self.configuration), as_bytes(self.provenance))
        metrics = {f"{METRICS}{name}": column for name, column in self.metrics.items()}
        return {**dict(zip(_TEXTS, texts, strict=True)), **metrics, **self.arrays}

    @classmethod
    def from_arrays(cls, place: Path | str, arrays: Mapping[str, np.ndarray], writer: str | None) -> RunState:
        """A run from its arrays, as `as_arrays` gives them.

        Args:
            place: of the run, to be named in messages.
            arrays: by their names.
            writer: as of the attribute.

        Raises:
            LookupError, RunFileError or ValueError: a text is missing, or is no JSON object.
        """
        rest = dict(arrays)
        configuration, provenance = _texts(place, rest)
        return cls(
            configuration=configuration,
            provenance=provenance,
            metrics={n.removeprefix(METRICS): a for n, a in rest.items() if n.startswith(METRICS)},
            arrays={n: a for n, a in rest.items() if not n.startswith(METRICS)},
            writer=writer,
        )


def write_run(path: Path, state: RunState) -> None:
    """Writes a run file, whole or not at all: an older file of the name stays until the new one is complete.

    Raises:
        RunFileError: another process writes the file, or the folder does not exist or cannot be written.
    """
    if is_locked(path):
        raise RunFileError(
            tr("cannot write {path}: another process is writing it; choose another name", path=path)
        )
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


def read_part(path: Path, wanted: Mapping[str, slice]) -> RunState:
    """The texts of a run file and some rows of some arrays; no more of the file is read.

    Its checksum, which takes all of the file, is not computed: a file that was cut short is told, one in which bytes
    were changed may not be.

    Args:
        path: of the file.
        wanted: rows that are read, by the path of an array, or of a group, which ends in "/", for all arrays in it.
            A single number is read as it is; what the file does not have is left out.

    Returns:
        The run; what was not asked for is missing in it, also the metrics.

    Raises:
        RunFileError: there is no such file, or it is no run file of this version.
    """
    path = Path(path)
    _check_file(path)
    try:
        with path.open("rb") as source:
            block = source.read(BLOCK)
        if _is_of_others(path, block):
            raise RunFileError(tr("{path} is an HDF5 file, but not a run of Landscape", path=path))
        # HDF5 would lock the file, which its writer replaces.
        with sharing(lambda: h5py.File(path, "r", locking=False), _READ_SECONDS) as file:
            return _read_part(path, file, wanted)
    except RunFileError:
        raise
    except (PermissionError, FileNotFoundError) as error:
        raise RunFileError(
            tr("{path} cannot be read: {reason}", path=path, reason=reason_of(error))
        ) from error
    except UNREADABLE as error:
        raise RunFileError(_DAMAGED.format(path=path)) from error


def _read_part(path: Path, file: h5py.File, wanted: Mapping[str, slice]) -> RunState:
    _check_version(path, file)
    arrays: dict[str, np.ndarray] = {}
    groups: dict[str, h5py.h5g.GroupID | None] = {"": file.id}
    left = _MOST_OF_PART
    for wish, rows in (dict.fromkeys(_TEXTS, slice(None)) | dict(wanted)).items():
        parent, _, name = wish.rpartition("/")
        if parent not in groups:
            groups[parent] = _linked_group(file, parent)
        group = groups[parent]
        if group is None:
            continue
        # By HDF5's own calls, as there are many small arrays: `file[name]` takes three times as long.
        for encoded in [name.encode()] if name else list(group):
            if not _is_linked(group, encoded):
                continue
            dataset = h5py.h5d.open(group, encoded)
            place = f"{parent}/{encoded.decode()}".lstrip("/")
            dtype = _checked_type(path, place, dataset)
            arrays[place], left = _rows(dataset, dtype, rows, left)
    configuration, provenance = _texts(path, arrays)
    writer = _attribute(file, "writer")
    return RunState(configuration, provenance, {}, arrays, None if writer is None else str(writer))


def _rows(dataset: h5py.h5d.DatasetID, dtype: np.dtype, rows: slice, left: int) -> tuple[np.ndarray, int]:
    """Some rows of an array, a number as it is, and how many bytes may be read after that.

    Raises:
        ValueError: these are more bytes than may be read.
    """
    whole = shape = dataset.shape
    if shape:
        shape = (len(range(*rows.indices(shape[0]))), *shape[1:])
    left -= math.prod(shape) * dtype.itemsize
    if left < 0:
        raise ValueError(tr("an array is larger than it can be"))
    if 0 in shape:
        return np.empty(shape, dtype), left
    if math.prod(whole) > _SMALL and shape != whole:
        return h5py.Dataset(dataset)[rows], left
    array = np.empty(whole, dtype)
    dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, array)
    return array[rows] if whole else array, left


def _is_linked(group: h5py.h5g.GroupID, name: bytes) -> bool:
    """True if a group holds something of a name itself, not by a link to elsewhere."""
    return group.links.exists(name) and group.links.get_info(name).type == h5py.h5l.TYPE_HARD


def _linked_group(file: h5py.File, path: str) -> h5py.h5g.GroupID | None:
    """A group that lies in the file itself; None where there is none."""
    group = file.id
    for name in path.encode().split(b"/"):
        if not _is_linked(group, name):
            return None
        group = h5py.h5g.open(group, name)
    return group


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


def run_image(state: RunState, compress: bool = True) -> bytes:
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
        for name, array in state.as_arrays().items():
            _write_array(file, name, np.asarray(array), storage if np.size(array) > 256 else {})
    # A view that outlives its file is told of on the standard error by Python 3.13.
    with image.getbuffer() as view:
        write_checksum(view)
    return image.getvalue()


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
    _check_file(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RunFileError(
                tr(
                    "{path} is larger than {most} MiB; it is not read",
                    path=path,
                    most=MOST_BYTES // 2**20,
                )
            )
        image = sharing(path.read_bytes, _READ_SECONDS)
    except OSError as error:
        raise RunFileError(
            tr("{path} cannot be read: {reason}", path=path, reason=reason_of(error))
        ) from error
    if _is_of_others(path, image[:BLOCK]):
        raise RunFileError(tr("{path} is an HDF5 file, but not a run of Landscape", path=path))
    if image[:BLOCK] != _block(image):
        raise RunFileError(_DAMAGED.format(path=path))
    return image


def _check_file(path: Path) -> None:
    """Checks that there is a file.

    Raises:
        RunFileError: there is none.
    """
    if path.is_file():
        return
    if path.is_dir():
        raise RunFileError(tr("{path} is a folder; give the path of a run file, such as run.h5", path=path))
    raise RunFileError(tr("there is no file {path}; give the path of a run file, such as run.h5", path=path))


def _read(path: Path, file: h5py.File) -> RunState:
    _check_version(path, file)
    arrays = {name: dataset[()] for name, dataset in _checked_datasets(path, file).items()}
    writer = _attribute(file, "writer")
    return RunState.from_arrays(path, arrays, None if writer is None else str(writer))


def _texts(path: Path | str, arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configuration and provenance, which are taken out of the arrays.

    Raises:
        LookupError, RunFileError or ValueError: one is missing, or is no JSON object.
    """
    texts = []
    for name in _TEXTS:
        text = arrays.pop(name)
        if text.dtype != np.uint8 or text.ndim != 1:
            raise ValueError(tr("{name} is no array of bytes", name=name))
        texts.append(json.loads(text.tobytes().decode()))
    if not all(isinstance(text, dict) for text in texts):
        raise RunFileError(tr("{path}: the configuration or the provenance is not a JSON object", path=path))
    return texts[0], texts[1]


def _check_version(path: Path, file: h5py.File) -> None:
    """Checks that a file is a run, and of this version; the version first, as older ones have texts on a heap.

    Raises:
        RunFileError or ValueError: it is not.
    """
    version = int(_attribute(file, "version") or 0)
    if 0 < version < VERSION:
        raise RunFileError(
            tr(
                "{path} is a run file of version {version}, older than this program reads; train it anew with this "
                "one",
                path=path,
                version=version,
            )
        )
    if _attribute(file, "format") != FORMAT:
        raise RunFileError(tr("{path} is an HDF5 file, but not a run of Landscape", path=path))
    if version != VERSION:
        raise RunFileError(
            tr(
                "{path} is a run file of version {version}, newer than this program reads ({newest}); "
                "update Landscape to open it",
                path=path,
                version=version,
                newest=VERSION,
            )
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
    raise ValueError(tr("the attribute {name} is neither a number nor a short text", name=name))


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
        _checked_type(path, name, dataset.id)
    if sum(math.prod(dataset.shape) * dataset.dtype.itemsize for dataset in datasets.values()) > MOST_BYTES:
        raise RunFileError(
            tr(
                "{path} declares more than {most} MiB of data; it is not read",
                path=path,
                most=MOST_BYTES // 2**20,
            )
        )
    return datasets


def _checked_type(path: Path, name: str, dataset: h5py.h5d.DatasetID) -> np.dtype:
    """The type of a data set's numbers.

    Raises:
        RunFileError or ValueError: it holds something else, or lies in another file, or in absurd pieces.
    """
    dtype = dataset.dtype
    if dtype.kind not in "iuf":
        raise RunFileError(tr("{path}: {name} holds something else, expected numbers", path=path, name=name))
    storage = dataset.get_create_plist()
    if storage.get_layout() == h5py.h5d.VIRTUAL or storage.get_external_count():
        raise RunFileError(tr("{path}: {name} points to another file; it is not read", path=path, name=name))
    # HDF5 fills the memory of a whole chunk where one number of it is read.
    if (
        storage.get_layout() == h5py.h5d.CHUNKED
        and math.prod(storage.get_chunk()) * dtype.itemsize > _MOST_OF_CHUNK
    ):
        raise ValueError(tr("{name} lies in pieces larger than they can be", name=name))
    return dtype
