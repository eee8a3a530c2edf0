"""JSON that comes from outside, read as what it must be; pydantic is loaded with the first, not at the start.

Small files of the application that hold a list of records are read and written here too.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, atomic_write, make_folder, reason_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

MOST_BYTES = 2**24
"""Of a file of records."""


def adapter_of(kind: type[T]) -> TypeAdapter[T]:
    """Reader and writer of a type, which is made once; what it cannot read is a ValueError."""
    # mypy takes no type for hashable.
    adapter: TypeAdapter[T] = _made(kind)  # type: ignore[arg-type]
    return adapter


@functools.cache
def _made(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def read_records(path: Path, kind: type[T], unreadable: str) -> list[T]:
    """Records in a file of the application; none where there is no file yet.

    Args:
        path: of the file.
        kind: of a record.
        unreadable: why it cannot be read, and what to do, with the places `path` and `reason`.

    Raises:
        RunFileError: the file cannot be read, is too large, or is damaged.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(tr("it is too large"))
        stored = path.read_bytes()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise RunFileError(unreadable.format(path=path, reason=reason_of(error))) from error
    try:
        return adapter_of(list[kind]).validate_json(stored)  # type: ignore[valid-type]
    except ValueError as error:
        raise RunFileError(unreadable.format(path=path, reason=tr("it is damaged"))) from error


def write_records(path: Path, kind: type[T], records: list[T]) -> None:
    """Replaces the records in a file of the application, whole or not at all.

    Raises:
        RunFileError: the file cannot be written.
    """
    make_folder(path.parent)
    with atomic_write(path) as part:
        part.write_bytes(adapter_of(list[kind]).dump_json(records, indent=1))  # type: ignore[valid-type]
