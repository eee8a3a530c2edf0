"""The live file: a run while it is written, in HDF5's single-writer-multiple-reader mode.

Layout: what stands at the root of a run file (see `root`); one growing dataset per metric below `metrics/`, one per
figure of the entropy meter below `measurements/`; what never changes, such as a person's own data, below `fixed/`;
and two slots, written in turn, each with the whole state as a parcel behind its length and SHA-256. Wherever the
writer is killed, one slot is whole. The user block carries a mark instead of a checksum; `ended` says how the writing
has ended.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from landscape_app.runs.parcel import Parcel, unpack
from landscape_app.runs.root import write_attributes
from landscape_app.runs.seal import BLOCK
from landscape_app.runs.superblock import closed
from landscape_app.runs.whole_file import UNREADABLE

MARK = b"Landscape live run\n"
GROUPS = ("metrics", "measurements")
"""What grows by rows."""
FIXED = "fixed"
SLOTS = ("slots/0", "slots/1")
ENDED = "ended"
WRITING, FINISHED, LEFT = 0, 1, 2
"""What stands there: nothing yet; that this was all; that the training has gone without a word."""
SILENT_SECONDS = 10.0
"""Without a sign of life, after which a writer counts as gone."""
_SLOT_HEAD = struct.Struct("<QQ32s")
_CHUNK_BYTES = 2**13
_SLOT_CHUNK = 2**18

Columns = Mapping[str, Mapping[str, tuple[str, tuple[int, ...]]]]
"""Type and shape of a row of every column, by group and name."""


class Kept(NamedTuple):
    """A state that a slot holds whole.

    Attributes:
        number: grows with every state.
        parcel: the state; its note says how many rows of each group belong to it.
    """

    number: int
    parcel: Parcel


class LiveWriter:
    """Writes a live file; for a process of its own, as HDF5 can crash where a disk fills up.

    The file takes its name with its first state, when there is something to open.

    Args:
        path: where to; an older file there is replaced.
        attributes: of the root, short texts or numbers.
        fixed: arrays that never change, by their paths.
        columns: of the groups that grow.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        attributes: Mapping[str, str | int],
        fixed: Mapping[str, np.ndarray],
        columns: Columns,
    ) -> None:
        self.path = Path(os.path.realpath(path))
        self._part = part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            self._file = h5py.File(part, "w", libver="latest", userblock_size=BLOCK, locking=False)
            write_attributes(self._file, attributes)
            for name, array in fixed.items():
                self._file.create_dataset(name, data=array)
            self._columns = {
                group: {name: self._column(f"{group}/{name}", *kind) for name, kind in names.items()}
                for group, names in columns.items()
            }
            self._slots = [
                self._file.create_dataset(
                    slot, shape=(0,), maxshape=(None,), chunks=(_SLOT_CHUNK,), dtype=np.uint8
                )
                for slot in SLOTS
            ]
            self._ended = self._file.create_dataset(ENDED, data=np.zeros(1, np.int64))
            self._states = 0
            self._file.flush()
            self._file.swmr_mode = True
            with part.open("r+b") as block:
                block.write(MARK.ljust(BLOCK, b"\0"))
            self._identity = _identity(part)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def append(self, group: str, rows: Mapping[str, np.ndarray]) -> None:
        """Adds rows to every column of a group, each of shape (rows, …)."""
        for name, column in self._columns[group].items():
            length = len(column)
            column.resize(length + len(rows[name]), 0)
            column[length:] = rows[name]
            column.flush()

    def keep(self, state: bytes) -> None:
        """Writes a state, a packed parcel, in place of the last but one."""
        self._states += 1
        head = _SLOT_HEAD.pack(self._states, len(state), _digest(self._states, state))
        slot = self._slots[self._states % 2]
        content = np.frombuffer(head + state, np.uint8)
        if len(slot) < len(content):
            slot.resize(len(content), 0)
        slot[: len(content)] = content
        slot.flush()
        if self._states == 1:
            os.replace(self._part, self.path)

    def beat(self) -> None:
        """Shows readers that somebody writes.

        Raises:
            OSError: the file has been removed or made read-only.
        """
        if not self._states:
            return
        try:
            there = _identity(self.path) == self._identity
        except OSError:
            there = False
        if not there:
            raise OSError("the file was removed or replaced")
        if not self.path.stat().st_mode & 0o222:
            raise OSError("the file was made read-only")
        os.utime(self.path)

    def end(self, finished: bool) -> None:
        """Closes the file, and says whether this was all."""
        self._ended[0] = FINISHED if finished else LEFT
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _column(self, path: str, kind: str, shape: tuple[int, ...]) -> h5py.Dataset:
        row = np.dtype(kind).itemsize * max(1, int(np.prod(shape)))
        return self._file.create_dataset(
            path,
            shape=(0, *shape),
            maxshape=(None, *shape),
            chunks=(max(1, _CHUNK_BYTES // row), *shape),
            dtype=kind,
        )


def is_live(image: bytes) -> bool:
    """Whether a file's first bytes are those of a live file."""
    return image.startswith(MARK)


def is_being_written(path: Path) -> bool:
    """Whether a file is live, and its writer has lately given a sign of life and not said that it ends."""
    try:
        if time.time() - Path(path).stat().st_mtime >= SILENT_SECONDS:
            return False
        image = Path(path).read_bytes()
    except OSError:
        return False
    try:
        return is_live(image) and ending(image) == WRITING
    except UNREADABLE:
        # Copied while it was written.
        return True


def opened(image: bytes) -> h5py.File:
    """A copy of a run file, sealed or live, opened in memory.

    Raises:
        OSError or ValueError: it is damaged, or a live one was written to while it was copied.
    """
    if not is_live(image):
        return h5py.File(io.BytesIO(image), "r")
    copy = bytearray(image)
    closed(copy, BLOCK)
    return h5py.File(io.BytesIO(copy), "r")


def ending(image: bytes) -> int:
    """How the writing of a live file has ended: `WRITING` where it has not, or its writer was killed.

    Raises:
        One of `UNREADABLE`: it is damaged.
    """
    with opened(image) as file:
        return int(file[ENDED][0])


def latest_state(slots: list[bytes]) -> Kept | None:
    """The latest state that is whole, by what the slots hold; None where neither has one."""
    whole = [kept for kept in map(_whole_state, slots) if kept is not None]
    return max(whole, key=lambda kept: kept.number, default=None)


def state_number(head: bytes) -> int:
    """The number of the state behind a slot's first bytes; 0 for none."""
    return int(_SLOT_HEAD.unpack_from(head)[0]) if len(head) >= _SLOT_HEAD.size else 0


HEAD_BYTES = _SLOT_HEAD.size


def _whole_state(slot: bytes) -> Kept | None:
    if len(slot) < _SLOT_HEAD.size:
        return None
    number, length, digest = _SLOT_HEAD.unpack_from(slot)
    content = memoryview(slot)[_SLOT_HEAD.size :]
    if not 0 < length <= len(content) or _digest(number, content[:length]) != digest:
        return None
    try:
        return Kept(number, unpack(content[:length]))
    except ValueError:
        return None


def _digest(number: int, state: bytes | memoryview) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "little") + state).digest()


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
