"""The folder of runs that the application saves by itself, where nobody has given them a place yet."""

from __future__ import annotations

import datetime
from pathlib import Path

import platformdirs

from landscape_app.runs.atomic import make_folder
from landscape_app.runs.run_file import is_unfinished
from landscape_app.runs.writer import is_locked, remove_leftovers

KEPT = 5
"""Autosaved runs that stay when a new one begins."""

OLDER, KEPT_OLDER = "older", 50
"""Name of the folder, in that of the autosaved runs, to which the others are moved, and how many stay there."""


def autosave_folder() -> Path:
    """The folder of runs that the application has saved by itself."""
    return platformdirs.user_data_path("landscape", appauthor=False) / "runs"


def new_autosave(problem: str) -> Path:
    """A path for a new run.

    Args:
        problem: name of the data.

    Raises:
        RunFileError: the folder cannot be made.
    """
    folder = autosave_folder()
    make_folder(folder)
    word = "".join(c if c.isalnum() or c in "-_" else "-" for c in problem)[:40]
    moment = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
    return folder / f"{word}-{moment}.h5"


def set_aside() -> list[Path]:
    """Makes room for a new run: moves all but the last few to the folder of the older ones.

    Returns:
        Those of the older ones that were deleted, as there were too many.

    Raises:
        RunFileError: the folder cannot be made.
    """
    older = autosave_folder() / OLDER
    for path in autosaves()[KEPT - 1 :]:
        if not is_locked(path):
            make_folder(older)
            remove_leftovers(path)
            path.replace(older / path.name)
    deleted = _by_age(older)[KEPT_OLDER:]
    for path in deleted:
        path.unlink(missing_ok=True)
    return deleted


def autosaves() -> list[Path]:
    """The autosaved runs, the latest first."""
    return _by_age(autosave_folder())


def _by_age(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    for path in folder.glob("[!.]*.h5"):
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:
            continue
    return [path for _, path in sorted(found, reverse=True)]


def interrupted() -> list[Path]:
    """The autosaved runs that their writer has left without coming to an end, the latest first."""
    return [path for path in autosaves() if not is_locked(path) and is_unfinished(path)]
