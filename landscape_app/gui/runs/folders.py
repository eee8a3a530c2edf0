"""Folders whose runs are listed, as the settings remember them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings

from landscape_app.runs.autosave import autosave_folder

ADDED, OPENED = "runs/folders", "runs/opened"
MOST_OPENED = 20
"""Folders from which runs were opened that are remembered."""


class Folders:
    """Folders that were added, of which all is listed, and those that runs were opened from, without those below.

    Args:
        settings: where they are remembered.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def whole(self) -> list[Path]:
        """Folders that are listed at any depth, that of the autosaved runs first."""
        return [autosave_folder(), *self._read(ADDED)]

    @property
    def shallow(self) -> list[Path]:
        """Folders of which only the files in them are listed."""
        return [folder for folder in self._read(OPENED) if not self._is_listed(folder)]

    def add(self, folder: Path) -> None:
        """Lists a folder with all below it."""
        folder = folder.absolute()
        if not self._is_listed(folder):
            kept = [one for one in self._read(ADDED) if folder not in one.parents]
            self._write(ADDED, [*kept, folder])

    def note_opened(self, folder: Path) -> None:
        """Lists the runs in a folder, as one was opened from it."""
        folder = folder.absolute()
        rest = [one for one in self._read(OPENED) if one != folder]
        if not self._is_listed(folder):
            self._write(OPENED, [folder, *rest][:MOST_OPENED])

    def leave_out(self, folder: Path) -> None:
        """Lists a folder no more."""
        for key in (ADDED, OPENED):
            self._write(key, [one for one in self._read(key) if one != folder])

    def _is_listed(self, folder: Path) -> bool:
        return any(folder == one or one in folder.parents for one in self.whole)

    def _read(self, key: str) -> list[Path]:
        # A list of one is read as a text.
        found = self._settings.value(key)
        names = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return [Path(str(name)) for name in names if name]

    def _write(self, key: str, folders: Sequence[Path]) -> None:
        self._settings.setValue(key, [str(folder) for folder in folders])
