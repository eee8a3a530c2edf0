"""Runs that were opened or saved last: their list, its menu, and the last one to go on with."""

from __future__ import annotations

import datetime
import json
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QWidget

from landscape_app.counting import counted
from landscape_app.language import tr
from landscape_app.problems import problem_title
from landscape_app.runs import RunFileError
from landscape_app.runs.autosave import autosaves
from landscape_app.runs.catalogue import read_summary

MOST_RECENT = 10
KEY = "recent/runs"
"""Name of the list among the settings."""


def remembered(settings: QSettings, key: str) -> list[str]:
    """Texts that the settings remember by a name, the latest first; none where what is there is no list."""
    try:
        known = json.loads(str(settings.value(key, "[]")))
    except ValueError:
        return []
    return [str(text) for text in known][:MOST_RECENT] if isinstance(known, list) else []


def remember(settings: QSettings, key: str, text: str) -> None:
    """Puts a text at the head of those that the settings remember by a name."""
    texts = [text, *(other for other in remembered(settings, key) if other != text)]
    settings.setValue(key, json.dumps(texts[:MOST_RECENT]))


class RecentRuns:
    """Paths of the run files that were opened or saved last, the latest first.

    Args:
        settings: where they are remembered.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def paths(self) -> list[Path]:
        """Those that are remembered, whether they are still there or not."""
        return [Path(name) for name in remembered(self._settings, KEY)]

    def note(self, path: Path) -> None:
        """Puts a run at the head of the list."""
        remember(self._settings, KEY, str(path.absolute()))


class RecentMenu(QMenu):
    """Menu of the recent runs; those that are gone are greyed.

    Args:
        recent: their list.
        parent: the window.

    Signals:
        chosen: path of a run.
    """

    chosen = Signal(object)

    def __init__(self, recent: RecentRuns, parent: QWidget) -> None:
        super().__init__(tr("Open recent"), parent)
        self.setObjectName("open-recent")
        self.setToolTipsVisible(True)
        self.menuAction().setToolTip(tr("The runs that were opened or saved last"))
        self._recent = recent
        self.aboutToShow.connect(self.list_runs)
        self.list_runs()

    def list_runs(self) -> None:
        """Lists the runs as they are now."""
        self.clear()
        for number, path in enumerate(self._recent.paths):
            is_there = path.is_file()
            action = self.addAction(
                tr("{name} in {folder}", name=path.name, folder=_folder(path))
                if is_there
                else tr("{name}, which is gone", name=path.name)
            )
            action.setObjectName(f"recent-{number}")
            action.setToolTip(
                tr("Open {path}", path=path) if is_there else tr("{path} is not there any longer", path=path)
            )
            action.setEnabled(is_there)
            action.triggered.connect(lambda _=False, path=path: self.chosen.emit(path))
        if self.isEmpty():
            action = self.addAction(tr("No run yet"))
            action.setToolTip(tr("Runs that are opened or saved will be listed here"))
            action.setEnabled(False)


def _folder(path: Path) -> str:
    home = Path.home()
    return f"~/{path.parent.relative_to(home)}" if path.is_relative_to(home) else str(path.parent)


class LastRun(NamedTuple):
    """The run that was worked on last.

    Attributes:
        path: of its file.
        words: what it is, such as "Handwritten digits, 412 epochs, yesterday".
    """

    path: Path
    words: str


def last_run(recent: RecentRuns, today: datetime.date | None = None) -> LastRun | None:
    """The latest of the last recent run and the last autosaved one that was trained; None without one.

    Args:
        recent: runs that were opened or saved.
        today: for the words; None for the clock's.
    """
    there = [*islice((path for path in recent.paths if path.is_file()), 1), *autosaves()[:1]]
    for path in sorted(there, key=lambda one: one.stat().st_mtime, reverse=True):
        try:
            run = read_summary(path)
        except RunFileError:
            continue
        if run.epochs:
            day = datetime.datetime.fromtimestamp(run.changed).date()
            title = problem_title(run.data)
            return LastRun(
                path, f"{title}, {counted(run.epochs, 'epoch')}, {_day(day, today or datetime.date.today())}"
            )
    return None


def _day(day: datetime.date, today: datetime.date) -> str:
    passed = (today - day).days
    return {0: tr("today"), 1: tr("yesterday")}.get(passed, f"{day:%Y-%m-%d}")
