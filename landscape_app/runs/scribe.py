"""The process that writes a live file, fed through its standard input by the one that trains.

HDF5 crashes the process where a disk fills up, and a training must not die of that. Frames: one byte that says what,
eight with the length of a parcel, the parcel. What goes wrong is said in a line on the standard output.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO

from landscape_app.runs.live_file import GROUPS, LiveWriter
from landscape_app.runs.parcel import unpack
from landscape_app.runs.whole_file import reason_of

FRAME = struct.Struct("<cQ")
BEGIN, ROWS, STATE, BEAT, END = b"b", b"r", b"s", b"t", b"e"
BEAT_SECONDS = 1.0
SPARE_BYTES = 2**24
"""Of the disk that are left free: HDF5 must not meet a full one."""


def write_frames(source: BinaryIO) -> None:
    """Writes what the frames say, until they end.

    Raises:
        OSError or RuntimeError: the file cannot be written any more.
    """
    writer: LiveWriter | None = None
    beat = 0.0
    while True:
        head = source.read(FRAME.size)
        kind, length = FRAME.unpack(head) if len(head) == FRAME.size else (END, 0)
        body = source.read(length)
        if len(body) < length:
            kind = END
        if kind == BEGIN:
            writer = _begin(body)
        if writer is None:
            return
        if kind == END:
            # Who trains has been killed where it did not say that this was the end.
            writer.end(finished=bool(head))
            return
        if kind == ROWS:
            parcel = unpack(body)
            writer.append(parcel.note["group"], parcel.arrays)
        elif kind == STATE:
            _require_space(writer.path.parent, len(body))
            writer.keep(body)
        if time.monotonic() - beat >= BEAT_SECONDS:
            beat = time.monotonic()
            writer.beat()


def _begin(body: bytes) -> LiveWriter:
    note, arrays = unpack(body)
    path = Path(note["path"])
    _require_space(path.parent, len(body))
    columns = {
        group: {name: (kind, tuple(shape)) for name, (kind, shape) in note["columns"][group].items()}
        for group in GROUPS
    }
    return LiveWriter(path, note["attributes"], arrays, columns)


def _require_space(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + SPARE_BYTES:
        raise OSError("the disk is full")


def main() -> None:
    """Writes what the standard input says; ends without a word, or with what went wrong."""
    # Ctrl-C goes to every process of a terminal, and the last state is still to be written.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        write_frames(sys.stdin.buffer)
    except Exception as error:
        print(json.dumps(reason_of(error)), flush=True)
        # Not through HDF5's own clean-up, which would crash.
        os._exit(1)
