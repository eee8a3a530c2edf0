"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
"""What reading a damaged file can end in, in HDF5 and in whatever makes something of it."""


def reason_of(error: BaseException) -> str:
    """Why something cannot be read, in a line; HDF5's and other libraries' words are made plain or cut short."""
    text = getattr(error, "strerror", None) or str(error)
    if "truncated file" in text:
        return "it is cut short"
    return text.splitlines()[0] if text else type(error).__name__


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to, which takes its place when the block ends without an error.

    Raises:
        RunFileError: the place cannot be written, or writing failed; an older file there stays as it was.
    """
    path = Path(path)
    check_writable(path)
    # Only os.replace is atomic, and it would replace a link, not the file that the link names.
    place = Path(os.path.realpath(path))
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(prefix=".landscape-", suffix=".part", dir=place.parent)
        os.close(handle)
        yield Path(part)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, place)
    except OSError as error:
        raise RunFileError(f"cannot write {path}: {reason_of(error)}") from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Fails early where a file could not be written.

    Raises:
        RunFileError: the folder is missing or closed, or the path is a folder or a device.
    """
    path = Path(path)
    folder = path.parent
    try:
        if not folder.is_dir():
            raise RunFileError(f"cannot write {path}: there is no folder {folder}; create it first")
        if path.is_dir():
            raise RunFileError(f"cannot write {path}: it is a folder; give the name of a file in it")
        if path.exists() and not path.is_file():
            raise RunFileError(f"cannot write {path}: it is not an ordinary file; choose another name")
        if path.exists() and not os.access(path, os.W_OK):
            raise RunFileError(f"cannot write {path}: it is write-protected; choose another place")
        with tempfile.TemporaryFile(prefix=".landscape-", dir=Path(os.path.realpath(path)).parent):
            pass
    except OSError as error:
        raise RunFileError(f"cannot write {path}: {reason_of(error)}; choose another place") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
