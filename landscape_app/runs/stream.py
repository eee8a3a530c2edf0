"""A run as a stream of bytes: what a reader beside its file sends to whoever follows it from another machine.

First the mark, with the versions of the stream and of the run file. The follower answers with a line of JSON: the
path of the file, and what it has of the run already. Then frames: a JSON header and the arrays that it declares, raw
and compressed. A frame carries what is new: the rows that a column has grown by, or an array that has changed, whole.
Rows come as soon as they are written; the rest, which is larger, as often as `RATE` allows. Each line that the
follower sends later is an order to the training.

Numbers and JSON only, checked as those of a run file are before anything is made of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import queue
import re
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

import numpy as np

from landscape_app.language import tr
from landscape_app.runs.atomic import UNREADABLE, RunFileError, reason_of
from landscape_app.runs.documents import adapter_of
from landscape_app.runs.orders import read_order
from landscape_app.runs.run_file import METRICS, MOST_BYTES, VERSION, RunState
from landscape_app.runs.tail import MEASUREMENTS, Tail, Update
from landscape_app.runs.writer import WriterStatus

STREAM_VERSION = 1
MARK = b"\0landscape-stream "
"""First bytes of a stream; then its version and that of run files, a space between, and a new line."""
MOST_BEFORE = 2**16
"""Bytes of other programs, such as a shell that greets, that may come before the mark."""

LOOK_SECONDS = 0.25
"""Between two looks at the file."""
BEAT_SECONDS = 1.0
"""Without anything new, after which an empty frame says that the reader lives."""
RATE = 45_000
"""Bytes a second in the mean: a state is sent when what came before it is paid for. Rows never wait."""
FIRST_SECONDS = 20.0
"""Most for which the first state puts off the second."""

MOST_HEADER = 2**20
MOST_LINE = 2**20
_MOST_NAME, _MOST_AXES, _MOST_SIDE = 256, 8, 2**40
_PREFIX = struct.Struct(">II")
_DTYPES = {f"{order}{kind}{size}" for kind in "iu" for size in "1248" for order in "<|"} | {
    "<f2",
    "<f4",
    "<f8",
}
_PIECE = 2**16
_MOST_SHOWN = 500
_NAME = re.compile(r"[^/\0-\x1f\x7f]+(?:/[^/\0-\x1f\x7f]+)*")


@dataclass(frozen=True)
class Part:
    """Rows of an array in a frame.

    Attributes:
        name: of the array.
        dtype: of its numbers, as numpy writes it; little-endian.
        shape: of the whole array.
        first: row from which on the rows come; those before are as they were. 0 for all of it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    first: int = 0

    @property
    def sides(self) -> tuple[int, ...]:
        """Shape of what comes."""
        return (self.shape[0] - self.first, *self.shape[1:]) if self.first else self.shape

    @property
    def bytes(self) -> int:
        """Bytes of what comes."""
        return math.prod(self.sides) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Header:
    """Header of a frame.

    Attributes:
        status: of the writer, a value of `WriterStatus`.
        writer: as of `RunState.writer`.
        parts: arrays whose bytes follow, in this order.
        gone: names of arrays that there are no longer.
        whole: True where all arrays together are a state after this frame, and not only its columns are new.
        failure: why nothing more comes; empty while more does.
        refused: why the last order could not be given.
    """

    status: str = WriterStatus.WRITING.value
    writer: str | None = None
    parts: tuple[Part, ...] = ()
    gone: tuple[str, ...] = ()
    whole: bool = False
    failure: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Held:
    """An array that a follower has.

    Attributes:
        rows: of it; -1 of a single number.
        digest: of its numbers (`digest_of`).
    """

    rows: int
    digest: str


@dataclass(frozen=True)
class Hello:
    """First line of a follower.

    Attributes:
        path: of the run file on the reader's machine; `~/` stands for the home folder.
        held: arrays that it has, by their names.
    """

    path: str
    held: Mapping[str, Held] = field(default_factory=dict)


def digest_of(array: np.ndarray) -> str:
    """Digest of an array's type, shape and numbers."""
    digest = hashlib.blake2b(f"{_dtype(array)} {array.shape}".encode(), digest_size=16)
    digest.update(_raw(array).data)
    return digest.hexdigest()


def held_of(array: np.ndarray) -> Held:
    """An array as a follower names it."""
    return Held(len(array) if array.ndim else -1, digest_of(array))


def is_column(name: str) -> bool:
    """True of an array that grows by rows, which do not wait for the rest of the state."""
    return name.startswith((METRICS, MEASUREMENTS))


def _dtype(array: np.ndarray) -> str:
    return array.dtype.newbyteorder("<").str


def _raw(array: np.ndarray) -> np.ndarray:
    """Bytes of an array, little-endian, uint8."""
    whole = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return whole.reshape(-1).view(np.uint8)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """True if two arrays are equal bit by bit: NaN is the same as NaN."""
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(_raw(a), _raw(b))


# The reader beside the file.


def encoded(header: Header, arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Bytes of a frame.

    Args:
        header: of it.
        arrays: whole, by their names, from which its parts are taken.
    """
    squeeze = zlib.compressobj()
    body = []
    for part in header.parts:
        assert arrays is not None
        array = arrays[part.name]
        # Bytes of one rank together: those of the exponents hardly differ.
        of_rank = _raw(array[part.first :] if part.first else array).reshape(-1, array.itemsize).T
        body.append(squeeze.compress(np.ascontiguousarray(of_rank).data))
    body.append(squeeze.flush())
    text = json.dumps(asdict(header)).encode()
    payload = b"".join(body) if header.parts else b""
    return _PREFIX.pack(len(text), len(payload)) + text + payload


def part_of(name: str, new: np.ndarray, old: np.ndarray | None) -> Part | None:
    """The part of a frame that leads from an array to the next; None where nothing has changed."""
    part = Part(name, _dtype(new), new.shape)
    if old is None or old.dtype != new.dtype or old.ndim != new.ndim or old.shape[1:] != new.shape[1:]:
        return part
    if _same(old, new):
        return None
    grows = 0 < len(old) < len(new) if new.ndim else False
    return Part(name, part.dtype, part.shape, len(old)) if grows and _same(old, new[: len(old)]) else part


class Sender:
    """Makes frames of a run, each of what is new since the last.

    Args:
        held: what the follower has already.
    """

    def __init__(self, held: Mapping[str, Held] | None = None) -> None:
        self._held = dict(held or {})
        self._sent: dict[str, np.ndarray] = {}
        """Arrays as the follower has them."""
        self._state: RunState | None = None
        self._arrays: dict[str, np.ndarray] = {}
        self._is_new = self._waits = False
        """True while nothing of the state has been sent, and while it has not been sent whole."""
        # When all that was sent is paid for, and when a state is sent in any case; None before the first.
        self._due: float | None = None
        self._latest = self._beat = 0.0
        self._status = WriterStatus.WRITING

    def frame(self, update: Update, now: float) -> bytes | None:
        """Frame that is to be sent after a look at the file; None for none.

        Args:
            update: what was seen; the first has a state.
            now: seconds of a clock.
        """
        if update.state is not None:
            self._take(update.state, now)
        assert self._state is not None
        is_due = self._due is None or now >= min(self._due, self._latest)
        whole = self._waits and (is_due or update.status is not WriterStatus.WRITING)
        names = [name for name in self._arrays if whole or (self._is_new and is_column(name))]
        found = (part_of(name, self._arrays[name], self._sent.get(name)) for name in names)
        parts = tuple(part for part in found if part is not None)
        if now < self._beat and not (whole or parts or update.refused or update.status is not self._status):
            return None
        gone = tuple((self._held.keys() | self._sent.keys()) - self._arrays.keys()) if whole else ()
        header = Header(update.status.value, self._state.writer, parts, gone, whole, refused=update.refused)
        frame = encoded(header, self._arrays)
        self._sent |= {part.name: self._arrays[part.name] for part in parts}
        self._status, self._beat, self._is_new = update.status, now + BEAT_SECONDS, False
        if whole:
            self._sent, self._held, self._waits = dict(self._arrays), {}, False
            # However many rows come, they put the next one off for no longer than this one did.
            self._latest = now + 2 * len(frame) / RATE
        # All wait for the first, which has much that does not come again.
        price = len(frame) / RATE
        self._due = now + min(price, FIRST_SECONDS) if self._due is None else max(self._due, now) + price
        return frame

    def _take(self, state: RunState, now: float) -> None:
        before, self._state = self._state, state
        self._is_new = self._waits = True
        self._arrays = state.as_arrays()
        if before is None:
            for name, array in self._arrays.items():
                known = _rows_held(array, self._held.get(name))
                if known is not None:
                    self._sent[name] = known
        elif before.configuration != state.configuration:
            # Another plan, which somebody waits to see.
            self._due = now


def _rows_held(array: np.ndarray, held: Held | None) -> np.ndarray | None:
    """The rows of an array that a follower has; None where it has others, or none."""
    if held is None or (held.rows < 0) != (array.ndim == 0) or (array.ndim and held.rows > len(array)):
        return None
    rows = array[: held.rows] if array.ndim else array
    return rows if digest_of(rows) == held.digest else None


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Sends the run that a follower asks for, and gives its orders, until it leaves.

    Args:
        source: what the follower says.
        sink: what it hears.

    Raises:
        OSError: it hears no longer.
    """

    def send(data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[sink.write(left) :]
        sink.flush()

    send(MARK + f"{STREAM_VERSION} {VERSION}\n".encode())
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, lines.put), name="follower", daemon=True).start()
    greeting, refused = lines.get(), ""
    if not greeting:
        return
    try:
        hello = adapter_of(Hello).validate_json(greeting, strict=True)
        tail, sender = Tail(Path(hello.path).expanduser()), Sender(hello.held)
        while True:
            frame = sender.frame(replace(tail.look(), refused=refused), time.monotonic())
            refused = ""
            if frame is not None:
                send(frame)
            try:
                line = lines.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if not line:
                return
            try:
                tail.order(read_order(line))
            except ValueError as error:
                refused = str(error)
    except (ValueError, RuntimeError) as error:
        send(encoded(Header(failure=str(error) if isinstance(error, RunFileError) else _reason(error))))


def _listen(source: IO[bytes], put: Callable[[bytes], None]) -> None:
    """Hands on every line that comes, and an empty one where none comes any more, or one is too long."""
    while True:
        line = b""
        with suppress(OSError):
            line = source.readline(MOST_LINE)
        whole = line.endswith(b"\n")
        put(line if whole else b"")
        if not whole:
            return


# The follower.


class Receiver:
    """Puts a run together from frames.

    Args:
        place: of the run, to be named in messages.

    Attributes:
        arrays: as they are now, by their names; never changed, but replaced.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.arrays: dict[str, np.ndarray] = {}

    def read(self, take: Callable[[int], bytes]) -> Header:
        """Reads a frame, and takes in what it brings.

        Args:
            take: gives as many bytes as it is asked for, and raises EOFError where fewer come.

        Raises:
            EOFError: the stream has ended.
            RunFileError: it is none of a run; the arrays are as they were.
        """
        length, size = _PREFIX.unpack(take(_PREFIX.size))
        if length > MOST_HEADER:
            raise self._broken(tr("a header is too long"))
        text = take(length)
        try:
            header = adapter_of(Header).validate_json(text, strict=True)
            WriterStatus(header.status)
            declared = self._checked(header)
            # What cannot be compressed becomes a little longer.
            if size > (declared + declared // 1000 + 2**10 if header.parts else 0):
                raise ValueError(tr("a frame is longer than what it declares"))
        except UNREADABLE as error:
            raise self._broken(_reason(error)) from error
        body = take(size)
        try:
            arrays = _inflated(header.parts, body, self.arrays)
        except UNREADABLE as error:
            raise self._broken(_reason(error)) from error
        self.arrays = {n: a for n, a in (self.arrays | arrays).items() if n not in header.gone}
        return header

    def state(self, writer: str | None) -> RunState:
        """The run, where all its arrays have come.

        Raises:
            RunFileError: they are no run.
        """
        try:
            return RunState.from_arrays(self.place, self.arrays, writer)
        except RunFileError:
            raise
        except UNREADABLE as error:
            raise self._broken(_reason(error)) from error

    def held(self) -> dict[str, Held]:
        """Arrays that have come so far, as the first line has them."""
        return {name: held_of(array) for name, array in self.arrays.items()}

    def _checked(self, header: Header) -> int:
        """Bytes of what a frame declares.

        Raises:
            ValueError: it declares what no run has.
        """
        if header.writer is not None and not 0 < len(header.writer) <= 64:
            raise ValueError(tr("the name of the writer is no name"))
        sizes = {name: array.nbytes for name, array in self.arrays.items()}
        for part in header.parts:
            if len(part.name) > _MOST_NAME or not _NAME.fullmatch(part.name):
                raise ValueError(tr("an array has no proper name"))
            if part.dtype not in _DTYPES:
                raise ValueError(tr("{name} holds something else, expected numbers", name=part.name))
            sides = part.shape
            if len(sides) > _MOST_AXES or not all(0 <= side <= _MOST_SIDE for side in sides):
                raise ValueError(tr("{name} has no proper shape", name=part.name))
            if part.first and not _goes_on(part, self.arrays.get(part.name)):
                raise ValueError(tr("{name} goes on from rows that have not come", name=part.name))
            sizes[part.name] = math.prod(sides) * np.dtype(part.dtype).itemsize
        if sum(sizes.values()) > MOST_BYTES:
            raise ValueError(tr("it declares more than {most} MiB of data", most=MOST_BYTES // 2**20))
        if len({part.name for part in header.parts}) < len(header.parts):
            raise ValueError(tr("an array comes twice"))
        groups = {group for name in sizes for group in _groups(name)}
        if groups & sizes.keys():
            raise ValueError(tr("an array is named as a group of others"))
        return sum(part.bytes for part in header.parts)

    def _broken(self, reason: str) -> RunFileError:
        return RunFileError(
            tr("{place}: what comes is no run of Landscape: {reason}", place=self.place, reason=reason)
        )


def _goes_on(part: Part, old: np.ndarray | None) -> bool:
    """True if a part brings rows that follow those of an array."""
    if old is None or not old.ndim or len(part.shape) != old.ndim:
        return False
    rows_fit = len(old) == part.first <= part.shape[0] and old.shape[1:] == part.shape[1:]
    return rows_fit and _dtype(old) == part.dtype


def _groups(name: str) -> Iterable[str]:
    """Groups that an array is in, by their paths."""
    parts = name.split("/")[:-1]
    return ("/".join(parts[: end + 1]) for end in range(len(parts)))


class _Inflated:
    """Bytes that come out of compressed ones, as many at a time as are asked for."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0
        self._inflate, self._left = zlib.decompressobj(), b""

    def take(self, count: int) -> bytearray:
        """So many bytes, or as many as there are."""
        found = bytearray()
        while len(found) < count:
            if not self._left:
                # In pieces: what is not yet used is copied each time.
                self._left = self._body[self._at : self._at + _PIECE]
                self._at += len(self._left)
            ends = not self._left
            piece = self._inflate.decompress(self._left, count - len(found))
            self._left = self._inflate.unconsumed_tail
            if ends and not piece:
                break
            found += piece
        return found

    @property
    def is_done(self) -> bool:
        """True if there is nothing more, and their checksum fits."""
        return not self.take(1) and self._inflate.eof and not self._inflate.unused_data


def _inflated(parts: Iterable[Part], body: bytes, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of a frame, whole.

    Raises:
        ValueError: there are not just as many bytes as it declares, or they are not compressed.
    """
    inflated = _Inflated(body)
    arrays: dict[str, np.ndarray] = {}
    try:
        for part in parts:
            dtype, data = np.dtype(part.dtype), inflated.take(part.bytes)
            if len(data) != part.bytes:
                raise ValueError(tr("it is cut short"))
            rows = np.empty(part.sides, dtype)
            if part.bytes:
                rows.reshape(-1).view(np.uint8).reshape(-1, dtype.itemsize)[:] = (
                    np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1).T
                )
            arrays[part.name] = np.concatenate([known[part.name], rows]) if part.first else rows
        if body and not inflated.is_done:
            raise ValueError(tr("there is more than it declares, or it is cut short"))
    except zlib.error as error:
        raise ValueError(tr("it is damaged")) from error
    return arrays


def _reason(error: BaseException) -> str:
    """Reason of a failure in a line; pydantic's are of several."""
    return (
        tr("a header cannot be understood") if type(error).__name__ == "ValidationError" else reason_of(error)
    )


def as_line(text: str) -> str:
    """A text of another machine as it may be shown in a line: cut, and without codes that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)[:_MOST_SHOWN].strip()
