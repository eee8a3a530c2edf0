"""IDX, the format of MNIST: big-endian arrays with a header of their sizes, gzipped or not.

Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits" (1998).
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from landscape_app.data.importing.images import ImportFailure

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_BYTES = 2**29
"""Largest numbers that a file may declare."""


def is_idx(path: Path) -> bool:
    """True if a file begins as IDX does: two zero bytes, a known type, one to four axes."""
    try:
        with _opened(path) as file:
            return _announced(file) is not None
    except (OSError, EOFError, zlib.error):
        return False


def read_idx(path: Path) -> npt.NDArray[np.generic]:
    """The array in an IDX file.

    Raises:
        ImportFailure: it is no IDX file, declares more than is read, or is cut short.
    """
    try:
        with _opened(path) as file:
            announced = _announced(file)
            if announced is None:
                raise ImportFailure(f"{path} is no IDX file")
            kind, axes = announced
            sizes = file.read(4 * axes)
            if len(sizes) != 4 * axes:
                raise ImportFailure(f"{path} is cut short in its header")
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            wanted = math.prod(shape) * kind.itemsize
            if wanted > MOST_BYTES:
                raise ImportFailure(
                    f"{path} declares {wanted / 1e6:,.0f} MB; at most {MOST_BYTES / 1e6:,.0f} are read"
                )
            values = file.read(wanted)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailure(f"{path} cannot be read: {error}") from error
    if len(values) != wanted:
        raise ImportFailure(f"{path} is cut short: it declares {wanted:,} bytes and has {len(values):,}")
    return np.frombuffer(values, kind).reshape(shape)


def _announced(file: BinaryIO) -> tuple[np.dtype[np.generic], int] | None:
    """Type and number of axes that the next four bytes say: two zero ones, a known type, one to four axes."""
    head = file.read(4)
    if len(head) != 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not 1 <= head[3] <= 4:
        return None
    return np.dtype(TYPES[head[2]]), head[3]


def labels_beside(path: Path) -> Path | None:
    """The file of labels that belongs to one of images, by MNIST's way of naming; None where there is none."""
    for images, labels in (
        ("images-idx3", "labels-idx1"),
        ("images.idx3", "labels.idx1"),
        ("images", "labels"),
    ):
        if images in path.name:
            place = path.with_name(path.name.replace(images, labels))
            for candidate in (place, place.with_suffix(""), place.with_name(place.name + ".gz")):
                if candidate != path and candidate.is_file():
                    return candidate
    return None


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else path.open("rb")
