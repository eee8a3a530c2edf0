"""The table of runs: a row for every file, with samples of its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap

from landscape_app.counting import byte_size, capitalised
from landscape_app.gui.runs.worker import NO_PICTURE, RunRow
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.pictures import pixmap_of_ink
from landscape_app.gui.widgets.tables import RecordColumn, RecordModel, RecordTable
from landscape_app.language import plural_form, tr
from landscape_app.runs.catalogue import NotListed, RunSummary
from landscape_app.session.run_list import matches, titles
from landscape_app.session.vocabulary import duration, printable

SIDE = 44
"""Of a thumbnail, in pixels."""

TITLE, NOTE = 0, 10
"""Numbers of the columns that can be edited."""


class RunTable(RecordTable):
    """A row for every run; those that cannot be listed with the reason.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        self._thumbnails: Mapping[Path, np.ndarray] = {}
        self._pixmaps: dict[Path, tuple[np.ndarray, QPixmap]] = {}
        self._words: list[str] = []
        model = RecordModel(
            self._columns(), lambda row: row.path, describe, lambda row: isinstance(row.entry, NotListed)
        )
        super().__init__(
            "runs",
            tr("Runs"),
            tr(
                "Every run file of the folders that are listed; Return or a double click opens one. Select "
                "several to compare them. A click on the head of a column sorts by it"
            ),
            model,
            theme,
            SIDE,
        )
        self.sortByColumn(SAVED, Qt.SortOrder.DescendingOrder)
        # The ends of names tell runs of one series apart.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._pixmaps.clear()
        super().set_theme(theme)

    def show_thumbnails(self, thumbnails: Mapping[Path, np.ndarray]) -> None:
        """Takes pictures of samples, by path."""
        if thumbnails is not self._thumbnails:
            self._thumbnails = thumbnails
            self.records.show_pictures()

    @property
    def waiting(self) -> list[Path]:
        """Files in sight without a thumbnail."""
        return [row.path for row in self.in_sight if row.run is not None and row.path not in self._thumbnails]

    def search(self, text: str) -> None:
        """Shows the runs in which every word of a text is."""
        self._words = text.casefold().split()
        self.show_wanted(self._is_found)

    def _is_found(self, row: RunRow) -> bool:
        if row.run is None:
            text = f"{row.path}\n{fault_of(row)}".casefold()
            return all(word in text for word in self._words)
        note = (row.note.title, row.note.note) if row.note is not None else ()
        return matches(row.run, self._words, row.settings, *note)

    def _picture(self, row: RunRow) -> QPixmap | None:
        ink = self._thumbnails.get(row.path)
        if ink is None or ink is NO_PICTURE:
            return None
        known = self._pixmaps.get(row.path)
        if known is None or known[0] is not ink:
            known = ink, pixmap_of_ink(ink, self._theme, SIDE, self.devicePixelRatioF())
            self._pixmaps[row.path] = known
        return known[1]

    def _columns(self) -> list[RecordColumn]:
        return [
            RecordColumn(
                # The noun; the same word on a button is a command.
                capitalised(plural_form("run", "runs", 1)),
                tr("Title, else the name of the file, beside samples of the model. F2 gives a title"),
                lambda row: f"⚠ {printable(row.title)}" if row.run is None else printable(row.title),
                lambda row: row.title.casefold(),
                250,
                picture=self._picture,
                edited=lambda row: None if row.run is None else row.title,
            ),
            _column(tr("Data"), tr("Data set that the model learns"), lambda run: printable(run.data), 100),
            _column(tr("Model"), tr("Kind of model"), lambda run: printable(titles(run)[0]), 130),
            _column(tr("Fitting"), tr("Way of fitting"), lambda run: printable(titles(run)[1]), 100),
            RecordColumn(
                tr("Settings"),
                tr("Seed, and settings that are not usual for such a run; or why the file cannot be listed"),
                lambda row: fault_of(row) if row.run is None else printable(row.settings),
                lambda row: None if row.run is None else row.settings.casefold(),
                150,
            ),
            RecordColumn(
                tr("Epochs"),
                tr(
                    "Epochs of training; ▶ while a window or a training on this machine has it open, ‖ where it has "
                    "not come to its end"
                ),
                _epochs,
                lambda row: None if row.run is None else row.run.epochs,
                62,
                number=True,
            ),
            RecordColumn(
                tr("Held-out nats"),
                tr(
                    "−⟨log P⟩ of the test set, or where there is none of the validation set, with its standard "
                    "error; fewer are better, between models of the same data"
                ),
                lambda row: row.held_out,
                lambda row: row.held_out_value,
                200,
            ),
            RecordColumn(
                tr("Training"),
                tr("Time of training"),
                lambda row: "" if row.run is None else duration(row.run.seconds),
                lambda row: None if row.run is None else row.run.seconds,
                70,
                number=True,
            ),
            RecordColumn(
                tr("Saved"),
                tr("Time at which the run was written"),
                lambda row: "" if row.run is None else f"{row.run.saved.astimezone():%Y-%m-%d %H:%M}",
                lambda row: None if row.run is None else row.run.saved.timestamp(),
                126,
            ),
            RecordColumn(
                tr("Size"),
                tr("Size of the file"),
                lambda row: "" if row.run is None else byte_size(row.run.size),
                lambda row: None if row.run is None else row.run.size,
                70,
                number=True,
            ),
            RecordColumn(
                tr("Note"),
                tr("Note on the run. Ctrl+E edits it"),
                lambda row: "" if row.note is None else " ".join(row.note.note.split()),
                lambda row: (row.note.note.casefold() or None) if row.note is not None else None,
                180,
                edited=lambda row: None if row.note is None else row.note.note,
            ),
            RecordColumn(
                tr("Folder"),
                tr("Folder in which the file lies"),
                lambda row: str(row.path.parent),
                lambda row: str(row.path.parent).casefold(),
                200,
            ),
        ]


SAVED = 8
"""Number of the column of times."""


def _column(title: str, tip: str, text: Callable[[RunSummary], str], width: int) -> RecordColumn:
    """A column of a text of a run, in its order from A to Z."""

    def of_row(row: RunRow) -> str:
        return "" if row.run is None else text(row.run)

    return RecordColumn(title, tip, of_row, lambda row: of_row(row).casefold() or None, width)


def _epochs(row: RunRow) -> str:
    if row.run is None:
        return ""
    sign = "▶ " if row.is_training else "‖ " if row.run.is_unfinished else ""
    return f"{sign}{row.run.epochs:,}"


def fault_of(row: RunRow) -> str:
    """Reason why a file cannot be listed; empty where it can."""
    return "" if row.run is not None else printable(getattr(row.entry, "reason", ""))


def describe(row: RunRow) -> str:
    """All that is known of a file, in lines of plain text."""
    if row.run is None:
        return f"{row.path}\n{tr('Not listed: {reason}', reason=fault_of(row))}"
    run, note = row.run, row.note
    state = (
        tr("▶ is open in a window, or trains now")
        if row.is_training
        else tr("‖ has not come to its end")
        if run.is_unfinished
        else ""
    )
    lines = (
        row.title if row.title != row.path.stem else "",
        str(row.path),
        f"{run.data}: {', '.join(titles(run))}",
        row.settings,
        row.held_out,
        state,
        note.note if note is not None else "",
    )
    return "\n".join(printable(part) for line in lines if line for part in line.split("\n"))
