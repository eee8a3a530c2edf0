"""Files that are written whole or not at all, and stay so where the machine dies."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from landscape_app.language import tr

SHARING_SECONDS = 2.0
"""Patience with a file that another program has open: Windows neither replaces such a file nor always opens it."""
_PAUSE = 0.02

T = TypeVar("T")


class RunFileError(ValueError):
    """A file that cannot be read or written; the message says which, why and what to do."""


UNREADABLE = (
    OSError,
    LookupError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
"""Errors of HDF5, and of what is made of a file's content, where the file is damaged."""

_REASONS = {
    errno.ENOSPC: tr("the disk is full"),
    errno.EDQUOT: tr("your share of the disk is used up"),
    errno.EROFS: tr("the disk is read-only"),
}


def reason_of(error: BaseException) -> str:
    """Reason of a failure in a line, in plain words: texts of Python, HDF5 and others are replaced or cut short."""
    if isinstance(error, OSError) and error.errno in _REASONS:
        return _REASONS[error.errno]
    if isinstance(error, MemoryError):
        return tr("memory is short")
    if isinstance(error, KeyError) and error.args:
        return tr("“{name}” is missing", name=error.args[0])
    if isinstance(error, TypeError | AttributeError):
        return tr("a value is of another kind than it should be")
    text = getattr(error, "strerror", None) or str(error)
    if "truncated file" in text:
        return tr("it is cut short")
    return text.splitlines()[0] if text else tr("no reason is given")


def make_folder(folder: Path) -> None:
    """Makes a folder, with those above it, where there is none.

    Raises:
        RunFileError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFileError(
            tr("cannot make {folder}: {reason}", folder=folder, reason=reason_of(error))
        ) from error


@contextmanager
def atomic_write(path: Path, part: Path | None = None) -> Iterator[Path]:
    """Temporary file in the same folder, which takes the place of `path` when the block ends without an error.

    File and folder are on the disk when this returns.

    Args:
        path: of the file; where it is a link, the file that it names is written.
        part: name of the temporary file, for one who is sure to be its only writer; a leftover is overwritten.

    Raises:
        RunFileError: the place cannot be written, or writing failed; an older file there stays as it was.
    """
    path = Path(path)
    check_writable(path)
    # Only os.replace is atomic, and it would replace a link, not the file that the link names.
    place = Path(os.path.realpath(path))
    if part is None:
        part = place.with_name(f".landscape-{secrets.token_hex(6)}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield part
        with suppress(FileNotFoundError):
            os.chmod(part, stat.S_IMODE(place.stat().st_mode))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        sharing(lambda: os.replace(part, place))
        _sync_folder(place.parent)
    except OSError as error:
        raise RunFileError(tr("cannot write {path}: {reason}", path=path, reason=reason_of(error))) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Fails early where a file could not be written.

    Raises:
        RunFileError: the folder is missing or closed, or the path is a folder, a device or a file that is read-only.
    """
    path = Path(path)
    folder = path.parent
    try:
        if not folder.is_dir():
            raise RunFileError(
                tr(
                    "cannot write {path}: there is no folder {folder}; create it first",
                    path=path,
                    folder=folder,
                )
            )
        if path.is_dir():
            raise RunFileError(
                tr("cannot write {path}: it is a folder; give the name of a file in it", path=path)
            )
        if path.exists() and not path.is_file():
            raise RunFileError(
                tr("cannot write {path}: it is not an ordinary file; choose another name", path=path)
            )
        # An administrator may write every file, also one that somebody has protected.
        if path.exists() and not (os.access(path, os.W_OK) and path.stat().st_mode & 0o222):
            raise RunFileError(
                tr("cannot write {path}: it is write-protected; choose another place", path=path)
            )
        with tempfile.TemporaryFile(prefix=".landscape-", dir=Path(os.path.realpath(path)).parent):
            pass
    except OSError as error:
        raise RunFileError(
            tr(
                "cannot write {path}: {reason}; choose another place",
                path=path,
                reason=reason_of(error),
            )
        ) from error


def sharing(action: Callable[[], T], seconds: float | None = None) -> T:
    """Result of an action on a file, tried again for some time while another program has the file open.

    Raises:
        OSError: it failed for another reason, or to the end.
    """
    end = time.monotonic() + (SHARING_SECONDS if seconds is None else seconds)
    while True:
        try:
            return action()
        except PermissionError:
            if time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)


def _sync_folder(folder: Path) -> None:
    """Puts the names in a folder on the disk, where the system can."""
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
