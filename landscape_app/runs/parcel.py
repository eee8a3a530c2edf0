"""Arrays and a note as bytes: what passes to the process that records, and what a live file keeps its state as.

Layout: eight bytes with the length of the index, the index as JSON (the note, and name, type and shape of every
array), then the arrays one after the other. Numbers only: nothing in a parcel is executed.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

_LENGTH = struct.Struct("<Q")
MOST_INDEX = 2**24
"""Largest index that is read, in bytes."""


class Parcel(NamedTuple):
    """Arrays by name, and JSON values that say what they are."""

    note: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


def pack(note: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """A parcel's bytes; the arrays are copied."""
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    rows = [[name, array.dtype.str, list(array.shape)] for name, array in plain.items()]
    index = json.dumps({"note": note, "arrays": rows}).encode()
    return b"".join([_LENGTH.pack(len(index)), index, *(array.tobytes() for array in plain.values())])


def unpack(content: bytes | memoryview) -> Parcel:
    """The parcel in some bytes.

    Raises:
        ValueError: they are no parcel, or say that there is more than there is.
    """
    view = memoryview(content)
    if len(view) < _LENGTH.size:
        raise ValueError("a parcel has been cut short")
    (length,) = _LENGTH.unpack_from(view)
    if length > min(MOST_INDEX, len(view) - _LENGTH.size):
        raise ValueError("a parcel's index is longer than the parcel")
    place = _LENGTH.size + length
    try:
        index = json.loads(bytes(view[_LENGTH.size : place]))
        note, rows = (
            dict(index["note"]),
            [(str(name), str(kind), tuple(shape)) for name, kind, shape in index["arrays"]],
        )
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("a parcel's index is not as it should be") from error
    arrays = {}
    for name, kind, shape in rows:
        dtype = _number_type(kind)
        if not all(type(side) is int and side >= 0 for side in shape):
            raise ValueError(f"a parcel's array {name} has no shape")
        size = math.prod(shape) * dtype.itemsize
        if size > len(view) - place:
            raise ValueError(f"a parcel ends within its array {name}")
        arrays[name] = np.frombuffer(view[place : place + size], dtype).reshape(shape).copy()
        place += size
    return Parcel(note, arrays)


def _number_type(kind: str) -> np.dtype[Any]:
    """The type of an array of numbers by its name.

    Raises:
        ValueError: there is no such type.
    """
    try:
        dtype = np.dtype(kind)
    except TypeError as error:
        raise ValueError(f"a parcel holds {kind}, which is no type") from error
    if dtype.kind not in "iuf" or dtype.subdtype is not None:
        raise ValueError(f"a parcel holds {kind}, expected numbers")
    return dtype
