"""Runs that were opened or saved last: their list, its menu, and the last one to go on with."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QMenu, QWidget

from landscape_app.counting import counted
from landscape_app.gui.state import Facts
from landscape_app.language import tr
from landscape_app.problems import problem_title
from landscape_app.runs import RunFileError
from landscape_app.runs.autosave import autosaves
from landscape_app.runs.catalogue import RunSummary, read_summary
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition, write_composition

MOST_RECENT = 10
KEY = "recent/runs"
"""Name of the list among the settings."""

NOTED = "recent/noted"
"""Name of the moment when its head was opened or saved."""

MOST_COMPOSITIONS = 20
COMPOSITIONS = "recent/compositions"
"""Name of the last compositions among the settings."""


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
        self._settings.setValue(NOTED, time.time())

    @property
    def noted(self) -> float:
        """Seconds since the epoch at which the head of the list was opened or saved; 0 where that is not known."""
        try:
            return float(str(self._settings.value(NOTED, 0.0)))
        except ValueError:
            return 0.0


class LastCompositions:
    """The composition that each run had when it left the view, so that it need not be made again.

    Args:
        settings: where they are remembered.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def note(self, runs: Sequence[str], composition: Composition) -> None:
        """Remembers a composition; that of the model alone is none.

        Args:
            runs: names of the run (`Facts.runs`).
            composition: of its chains.
        """
        others = [known for known in self._known if known[0] not in runs]
        text = write_composition(composition)
        new = [] if composition == Composition() else [[name, text] for name in runs]
        if new or len(others) < len(self._known):
            self._settings.setValue(COMPOSITIONS, json.dumps([*new, *others][:MOST_COMPOSITIONS]))

    def of(self, facts: Facts) -> Composition | None:
        """The last composition of a run; None where it had none."""
        texts = dict(reversed(self._known))
        for name in facts.runs:
            try:
                found = read_composition(texts[name], facts.space, facts.classes).composition
            except (KeyError, ValueError):
                continue
            return None if found == Composition() else found
        return None

    @property
    def _known(self) -> list[tuple[str, str]]:
        """Names of runs and texts of compositions, the latest first."""
        try:
            known = json.loads(str(self._settings.value(COMPOSITIONS, "[]")))
            return [(str(name), str(text)) for name, text in known]
        except (TypeError, ValueError):
            return []


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
    """The later of the run opened or saved last and the last autosaved one that was trained; None without one.

    Of an autosaved run that was saved, too, and not trained since, the file that the person saved.

    Args:
        recent: runs that were opened or saved.
        today: for the words; None for the clock's.
    """
    paths = recent.paths
    saved = [path for path in paths if path.is_file()]

    def worked_on(path: Path) -> float:
        # A run that was opened has been worked on since its file was written.
        return max(path.stat().st_mtime, recent.noted if paths[:1] == [path] else 0.0)

    for path in sorted((*saved[:1], *autosaves()[:1]), key=worked_on, reverse=True):
        try:
            run = read_summary(path)
        except RunFileError:
            continue
        if run.epochs:
            run = _saved_as(run, saved)
            path = run.path
            day = datetime.datetime.fromtimestamp(run.changed).date()
            title = problem_title(run.data)
            return LastRun(
                path, f"{title}, {counted(run.epochs, 'epoch')}, {_day(day, today or datetime.date.today())}"
            )
    return None


def _saved_as(run: RunSummary, saved: Sequence[Path]) -> RunSummary:
    """The file to which a person saved an autosaved run as far as it was trained; else the run itself."""
    name = run.provenance.get("run")
    if run.path in saved or name is None:
        return run
    for path in saved:
        try:
            other = read_summary(path)
        except RunFileError:
            continue
        if other.provenance.get("run") == name and other.epochs >= run.epochs:
            return other
    return run


def _day(day: datetime.date, today: datetime.date) -> str:
    passed = (today - day).days
    return {0: tr("today"), 1: tr("yesterday")}.get(passed, f"{day:%Y-%m-%d}")
