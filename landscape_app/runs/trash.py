"""Deleted runs, which can be brought back until a later start of the application."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from landscape_app.language import tr
from landscape_app.runs.atomic import RunFileError, make_folder, reason_of
from landscape_app.runs.autosave import autosave_folder
from landscape_app.runs.writer import is_locked, remove_leftovers

KEPT_SECONDS = 24 * 3600.0
"""Least time for which a deleted run stays, also where the application is started again."""


class Deleted(NamedTuple):
    """A run that was deleted.

    Attributes:
        was: path that it had.
        now: path in the trash.
    """

    was: Path
    now: Path


def trash_folder() -> Path:
    """The folder of deleted runs."""
    return autosave_folder().parent / "trash"


def delete_run(path: Path) -> Deleted:
    """Moves a file to the trash.

    Raises:
        RunFileError: a process writes it, or it cannot be moved; it stays where it is.
    """
    if is_locked(path):
        raise RunFileError(tr("cannot delete {path}: it is being trained; stop that first", path=path))
    # A folder of its own, as names recur; its time is that of the deletion.
    place = trash_folder() / secrets.token_hex(8)
    make_folder(place)
    try:
        remove_leftovers(path)
        shutil.move(path, place / path.name)
    except OSError as error:
        with suppress(OSError):
            place.rmdir()
        raise RunFileError(
            tr("cannot delete {path}: {reason}", path=path, reason=reason_of(error))
        ) from error
    return Deleted(path, place / path.name)


def bring_back(deleted: Deleted) -> None:
    """Moves a deleted run back to where it was.

    Raises:
        RunFileError: there is another file now, or it cannot be moved; it stays in the trash.
    """
    if deleted.was.exists():
        raise RunFileError(
            tr("cannot bring {path} back: there is another file now; rename that first", path=deleted.was)
        )
    make_folder(deleted.was.parent)
    try:
        shutil.move(deleted.now, deleted.was)
    except OSError as error:
        raise RunFileError(
            tr("cannot bring {path} back: {reason}", path=deleted.was, reason=reason_of(error))
        ) from error
    with suppress(OSError):
        deleted.now.parent.rmdir()


def empty_trash() -> None:
    """Deletes for good what has been in the trash for `KEPT_SECONDS`; what cannot be deleted stays."""
    for place in trash_folder().glob("*"):
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(place)
