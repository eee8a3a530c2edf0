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

from landscape_app.data.importing.blocks import LARGE, Progress, rows_of_stream, unwatched
from landscape_app.data.importing.images import ImportFailure
from landscape_app.data.importing.memory import check_memory
from landscape_app.language import tr

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_BYTES = 2**31
"""Of the numbers that are read into memory."""


def is_idx(path: Path) -> bool:
    """True if a file begins as IDX does: two zero bytes, a known type, one to four axes."""
    try:
        with _opened(path) as file:
            return _announced(file) is not None
    except (OSError, EOFError, zlib.error):
        return False


def idx_size(path: Path) -> tuple[int, int]:
    """Number of rows that an IDX file declares, and bytes of each; zeros where it is none."""
    try:
        with _opened(path) as file:
            found = _announced(file)
            sizes = np.frombuffer(file.read(4 * found[1]) if found else b"", ">u4").tolist()
    except (OSError, EOFError, ValueError, zlib.error):
        return 0, 0
    return (sizes[0], math.prod(sizes[1:]) * found[0].itemsize) if found and sizes else (0, 0)


def read_idx(
    path: Path, rows: npt.NDArray[np.int64] | None = None, progress: Progress = unwatched
) -> npt.NDArray[np.generic]:
    """The array in an IDX file; a large one that is not gzipped stays where it lies.

    Args:
        path: of the file.
        rows: places along the first axis, ascending; None for all.
        progress: told the share that is read.

    Raises:
        ImportFailure: it is no IDX file, declares more than is read, or is cut short.
    """
    try:
        with _opened(path) as file:
            announced = _announced(file)
            if announced is None:
                raise ImportFailure(tr("{path} is no IDX file", path=path))
            kind, axes = announced
            sizes = file.read(4 * axes)
            if len(sizes) != 4 * axes:
                raise ImportFailure(tr("{path} is cut short in its header", path=path))
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            wanted = math.prod(shape) * kind.itemsize
            if not is_packed(path):
                has = path.stat().st_size - file.tell()
                if has < wanted:
                    raise ImportFailure(
                        tr(
                            "{path} is cut short: it declares {wanted:,} bytes and has {has:,}",
                            path=path,
                            wanted=wanted,
                            has=has,
                        )
                    )
                if wanted > LARGE:
                    array = np.memmap(path, kind, "r", file.tell(), shape)
                    return array if rows is None else array[rows]
            kept = wanted if rows is None else wanted // max(1, shape[0]) * len(rows)
            if kept > MOST_BYTES:
                raise ImportFailure(
                    tr(
                        "{path} declares {size:,.0f} MB; at most {most:,.0f} are read",
                        path=path,
                        size=wanted / 1e6,
                        most=MOST_BYTES / 1e6,
                    )
                )
            check_memory(kept, path)
            rows = np.arange(shape[0]) if rows is None else rows
            return rows_of_stream(file, shape, kind, rows, progress)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailure(tr("{path} cannot be read: {why}", path=path, why=error)) from error


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


def is_packed(path: Path) -> bool:
    """True of a file that is gzipped."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_packed(path) else path.open("rb")
