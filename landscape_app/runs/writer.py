"""The one process that writes a run file: its lock, its beat, and what others can tell of it.

Beside a run that is being written lies `.NAME.lock`, which its writer keeps locked. The system frees the lock when
the process dies, however it dies. The lock file is removed when the writer ends; that of a writer that was killed, by
the next process that looks. Not every network file system knows locks, so the writer also sets the file's time anew
every second: a process on another machine sees that time change, or not. No two clocks are compared.
"""

from __future__ import annotations

import enum
import hashlib
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, check_writable, reason_of

BEAT_SECONDS = 1.0
SILENT_SECONDS = 10.0
"""Without a beat, after which a writer on another machine counts as gone."""
_LOOK_SECONDS = 0.3
"""Patience with a lock, as another process may hold it for a moment to look."""
_NO_LOCKS = (OSError, NotImplementedError)
"""Errors of a file system without locks."""


class WriterStatus(enum.Enum):
    """State of the process that writes a run file."""

    WRITING = "writing"
    ENDED = "ended"
    LOST = "lost"


class WriterLock:
    """The right to write a run file, until it is released or the process dies.

    Args:
        path: of the run file.

    Raises:
        RunFileError: another process has it, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._run = path
        self.path = lock_path(path)
        self._take()

    def beat(self) -> None:
        """Shows that the writer lives; takes the lock anew where somebody has removed its file.

        Raises:
            RunFileError: another process has taken it, or the folder cannot be written.
        """
        try:
            os.utime(self.path)
        except OSError:
            self._lock.release()
            self._take()

    def release(self) -> None:
        """Lets others write the file, and removes the lock file."""
        _release(self._lock, self._run)

    def _take(self) -> None:
        check_writable(self._run)
        self._lock = FileLock(self.path, thread_local=False)
        try:
            self._lock.acquire(timeout=_LOOK_SECONDS)
        except Timeout as error:
            raise RunFileError(tr("{path} is being written by another process", path=self._run)) from error
        except _NO_LOCKS:
            try:
                self.path.touch()
            except OSError as error:
                raise RunFileError(
                    tr("cannot write {path}: {reason}", path=self._run, reason=reason_of(error))
                ) from error


def lock_path(run: Path) -> Path:
    """Path of the lock file of a run file."""
    return _beside(run, "lock")


def part_path(run: Path) -> Path:
    """Path of the temporary file that the holder of the lock writes."""
    return _beside(run, "part")


def order_path(run: Path) -> Path:
    """Path of what the holder of the lock is asked for (`orders`)."""
    return _beside(run, "order")


def is_locked(run: Path, timeout: float = 0.0) -> bool | None:
    """True if a process on this machine writes a run file; None where the file system cannot tell.

    Args:
        run: path of the run file.
        timeout: seconds after which a lock counts as held for good, and not just to look.
    """
    path = lock_path(run)
    if not path.exists():
        return False
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        return True
    except _NO_LOCKS:
        return None
    lock.release()
    return False


def remove_leftovers(run: Path) -> None:
    """Removes what a writer that was killed on this machine has left beside its run file."""
    path = lock_path(run)
    lock = FileLock(path, thread_local=False)
    with suppress(Timeout, *_NO_LOCKS):
        if path.exists():
            lock.acquire(timeout=0.0)
            _release(lock, run)


def this_machine() -> str:
    """A short hash of this machine's name: locks bind on one machine."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:16]


class WriterWatch:
    """Tells the state of a writer from several looks.

    Args:
        run: path of the run file.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._beat = self._seen()
        self._heard = time.monotonic()

    def status(self, locked: bool | None, writer: str | None) -> WriterStatus:
        """State of the writer.

        Args:
            locked: by `is_locked`, before the file was read.
            writer: the machine that the file names; None where the run has ended.
        """
        if writer is None:
            return WriterStatus.ENDED
        if locked:
            return WriterStatus.WRITING
        if locked is False and writer == this_machine():
            remove_leftovers(self._run)
            return WriterStatus.LOST
        beat, now = self._seen(), time.monotonic()
        if beat != self._beat:
            self._beat, self._heard = beat, now
        return WriterStatus.WRITING if now - self._heard < SILENT_SECONDS else WriterStatus.LOST

    def has_beaten_within(self, seconds: float) -> bool:
        """True if the writer gives a sign of life while this waits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._seen() != self._beat:
                return True
            time.sleep(0.1)
        return False

    def _seen(self) -> tuple[int | None, ...]:
        """Times of the lock file and the run file; opened first, as network file systems then ask their server."""
        return tuple(map(_time_of, (lock_path(self._run), self._run)))


def _time_of(path: Path) -> int | None:
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None


def _beside(run: Path, ending: str) -> Path:
    place = Path(os.path.realpath(run))
    return place.with_name(f".{place.name}.{ending}")


def _release(lock: FileLock, run: Path) -> None:
    """Removes what lies beside a run file while the lock is held, so that nobody else holds it, and frees it."""
    for path in (part_path(run), order_path(run), lock_path(run)):
        # Windows removes the lock file when it is released.
        with suppress(OSError):
            path.unlink(missing_ok=True)
    with suppress(OSError):
        lock.release()
