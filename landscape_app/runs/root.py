"""What stands at the root of a run file: what it is, its version, configuration and provenance.

The first two are attributes of fixed size, the others arrays of UTF-8 bytes. Up to version 3 all but the version were
attributes of variable length, which HDF5 keeps on a heap: damaged, that crashes the process or never comes to an end.
Those of older files are read by a process of its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from landscape_app.runs.own_process import command_of
from landscape_app.runs.whole_file import RunFileError

FORMAT_NAME, FORMAT = "format", "landscape-run"
VERSION = 4
OLDEST_VERSION = 2
"""That is read; version 3 added live files and what a run was resumed from, version 4 texts of fixed size."""
TEXTS = ("configuration", "provenance")
"""Paths of the arrays of bytes that hold JSON objects."""
PATIENCE = 5.0
"""Seconds that the root of an older file may take."""
_LAST_ON_HEAP = 3
_LONGEST = 64
"""Bytes of an attribute."""
_ON_HEAP = "on HDF5's heap"


def root_attributes() -> dict[str, str | int]:
    """The attributes at the root of a run file."""
    return {FORMAT_NAME: FORMAT, "version": VERSION}


def as_bytes(value: object) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """A JSON value as a run file holds it, uint8."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def root_texts(
    configuration: Mapping[str, Any], provenance: Mapping[str, Any]
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    """The arrays at the root of a run file."""
    return {name: as_bytes(value) for name, value in zip(TEXTS, (configuration, provenance), strict=True)}


def write_attributes(file: h5py.File, attributes: Mapping[str, str | int]) -> None:
    """Writes attributes at the root, each of fixed size."""
    for name, value in attributes.items():
        file.attrs[name] = np.bytes_(value) if isinstance(value, str) else value


def read_root(path: Path, file: h5py.File) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configuration and provenance of a run file.

    Args:
        path: of the file.
        file: it, or a copy in memory.

    Raises:
        RunFileError: it is no run, of a version that is not read, or they are no JSON objects.
        One of `UNREADABLE`: it is damaged.
    """
    kind, version = _attribute(file, FORMAT_NAME), _attribute(file, "version")
    older = _root_on_heap(path) if kind == _ON_HEAP else {}
    if older.get(FORMAT_NAME, kind) != FORMAT:
        raise RunFileError(f"{path} is an HDF5 file, but not a run of Landscape")
    number = int(version or 0)
    if not OLDEST_VERSION <= number <= VERSION:
        newer = number > VERSION
        advice = "update Landscape to open it" if newer else "train it anew with this one"
        raise RunFileError(
            f"{path} is a run file of version {number}, {'newer' if newer else 'older'} than this program reads "
            f"({OLDEST_VERSION} to {VERSION}); {advice}"
        )
    if bool(older) != (number <= _LAST_ON_HEAP):
        raise ValueError(f"its root is not that of version {number}")
    configuration, provenance = (json.loads(older[name] if older else _text(file, name)) for name in TEXTS)
    if not isinstance(configuration, dict) or not isinstance(provenance, dict):
        raise RunFileError(f"{path}: the configuration or the provenance is not a JSON object")
    return configuration, provenance


def _attribute(file: h5py.File, name: str) -> str | int | None:
    """An attribute that is a number or a short text; None where there is none of the name.

    Raises:
        ValueError: it is something else.
    """
    if name not in file.attrs:
        return None
    attribute = h5py.h5a.open(file.id, name.encode())
    kind = attribute.get_type()
    if attribute.shape == () and attribute.get_storage_size() <= _LONGEST:
        if isinstance(kind, h5py.h5t.TypeIntegerID):
            return int(file.attrs[name])
        if isinstance(kind, h5py.h5t.TypeStringID):
            return _ON_HEAP if kind.is_variable_str() else bytes(file.attrs[name]).decode()
    raise ValueError(f"the attribute {name} is neither a number nor a short text")


def _text(file: h5py.File, name: str) -> str:
    array = file[name]
    if not isinstance(array, h5py.Dataset) or array.dtype != np.uint8 or array.ndim != 1:
        raise ValueError(f"{name} is no array of bytes")
    return bytes(array[()]).decode()


def _root_on_heap(path: Path) -> dict[str, str]:
    """The texts at the root of an older file, by the names of their attributes.

    Raises:
        ValueError: HDF5 crashes on them, or does not come to an end.
    """
    command = command_of("landscape_app.runs.heap_root")
    try:
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=PATIENCE, check=True)
    except subprocess.SubprocessError as error:
        raise ValueError("HDF5 cannot read its root") from error
    found = json.loads(done.stdout)
    return {str(name): str(text) for name, text in found.items()}
