"""Where runs are recorded that nobody has given a place yet."""

from __future__ import annotations

import datetime
from pathlib import Path

import platformdirs

from landscape_app.runs.live_file import FINISHED, ending, is_being_written, is_live
from landscape_app.runs.whole_file import UNREADABLE, RunFileError

KEPT = 5
"""Recorded runs that stay when a new one begins."""


def recorded_folder() -> Path:
    """The folder of runs that the application has recorded by itself."""
    return platformdirs.user_data_path("landscape", appauthor=False) / "runs"


def new_recording(problem: str) -> Path:
    """A name for a new recording; of the older ones only the last few are kept.

    Args:
        problem: what is learned.

    Raises:
        RunFileError: the folder cannot be made.
    """
    folder = recorded_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFileError(f"cannot make {folder}: {error.strerror or error}") from error
    for path in recordings()[KEPT - 1 :]:
        if not is_being_written(path):
            path.unlink(missing_ok=True)
    word = "".join(c if c.isalnum() or c in "-_" else "-" for c in problem)[:40]
    moment = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
    return folder / f"{word}-{moment}.h5"


def recordings() -> list[Path]:
    """The recorded runs, the latest first."""
    found: list[tuple[float, Path]] = []
    for path in recorded_folder().glob("*.h5"):
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:
            continue
    return [path for _, path in sorted(found, reverse=True)]


def interrupted() -> list[Path]:
    """The recorded runs whose writer has gone without saying that this was the end, the latest first."""
    return [path for path in recordings() if _was_lost(path) and not is_being_written(path)]


def _was_lost(path: Path) -> bool:
    try:
        image = path.read_bytes()
        return is_live(image) and ending(image) != FINISHED
    except UNREADABLE:
        return False
