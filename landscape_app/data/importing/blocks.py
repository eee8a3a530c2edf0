"""Large arrays: read in blocks of rows, so that reading can be watched and ended, and of too many rows a sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
import numpy.typing as npt

from landscape_app.language import tr

LARGE = 2**29
"""Bytes from which on an array is looked at where it lies, or where that cannot be, of its rows a sample is read."""

BLOCK = 2**22
"""Bytes that are read at a time; no longer than a frame of the window, as HDF5 holds Python's lock meanwhile."""

Progress = Callable[[float], None]
"""Told the share that is read, 0 to 1; what it raises ends the reading."""


def unwatched(share: float) -> None:
    """Takes no notice of how much is read."""


def drawn_rows(count: int, most: int) -> npt.NDArray[np.int64]:
    """Places of `most` among so many rows, drawn at random, ascending; of all where they are not more."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False, shuffle=False))


def read_rows(
    read: Callable[[int, int], npt.NDArray[np.generic]],
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    rows: npt.NDArray[np.int64],
    progress: Progress = unwatched,
    step: int = 1,
) -> npt.NDArray[np.generic]:
    """Some rows of an array, read in blocks from its first to its last of these.

    Args:
        read: rows from one to before another, as often as they are asked for, ascending.
        shape: of the array, (n, …).
        dtype: of its numbers.
        rows: places, ascending.
        progress: told the share that is read.
        step: rows that lie together, such as a chunk, and are read together.
    """
    found = np.empty((len(rows), *shape[1:]), dtype)
    a_row = max(1, math.prod(shape[1:]) * dtype.itemsize)
    step = step * max(1, BLOCK // (a_row * step))
    done, end = 0, int(rows[-1]) + 1 if len(rows) else 0
    for first in range(0, end, step):
        last = min(first + step, end)
        upto = int(np.searchsorted(rows, last))
        if upto > done:
            block = read(first, last)
            whole = upto - done == last - first
            found[done:upto] = block if whole else block[rows[done:upto] - first]
            done = upto
        progress(last / end)
    return found


def rows_of_stream(
    file: IO[bytes],
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    rows: npt.NDArray[np.int64],
    progress: Progress = unwatched,
) -> npt.NDArray[np.generic]:
    """Some rows of an array whose numbers follow in a file that is read from here on.

    Raises:
        EOFError: the file ends before.
    """
    at, a_row = 0, math.prod(shape[1:]) * dtype.itemsize

    def read(first: int, last: int) -> npt.NDArray[np.generic]:
        nonlocal at
        for count in _pieces((first - at) * a_row):
            _exactly(file, count)
        at = last
        return np.frombuffer(_exactly(file, (last - first) * a_row), dtype).reshape(-1, *shape[1:])

    return read_rows(read, shape, dtype, rows, progress)


def _pieces(count: int) -> Iterator[int]:
    while count > 0:
        yield min(count, BLOCK)
        count -= BLOCK


def _exactly(file: IO[bytes], count: int) -> bytes:
    parts, left = [], count
    while left:
        part = file.read(left)
        if not part:
            raise EOFError(tr("it is cut short: {left:,} bytes are missing", left=left))
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
