"""The state of an experiment and its figure; its verdicts and results, folded away."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from landscape_app.experiments.figure import Figure, Panel
from landscape_app.gui.experiments.figure_view import FigureView
from landscape_app.gui.experiments.findings_table import FindingsTable, Rows, rows_of
from landscape_app.gui.experiments.thumbnail import LARGE, thumbnail
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import FoldButton
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.gui.widgets.panel_canvas import Drawer, Task, style_of
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.language import tr

LONG_STANDING = tr("Running · {share:.0%}", share=1.0)
"""Longest text of the strip: with room for it the rest stays where it is."""

FIGURE_SHARE, TABLE_SHARE = 640, 200
"""Shares of figure and table in the height, at first."""

RESULTS_WIDTH = 288
"""Of the list of results beside the table, at first."""


class Standing(NamedTuple):
    """Progress and end of what is on view.

    Attributes:
        text: in a few words, with a sign.
        detail: the rest of the sentence.
        kind: "good", "bad", "stopped", or "" for none of these.
        share: that is done, of what runs; None where nothing does, negative where it is not known.
        technical: for a bug report; empty for nothing.
    """

    text: str
    detail: str = ""
    kind: str = ""
    share: float | None = None
    technical: str = ""


class ResultView(QWidget):
    """A strip that says how it stands, above the figure; below, on demand, the results and the table of verdicts.

    Args:
        name: object name; those of its plots begin with it.
        theme: colours.
        face: the panel that is shown, without numbers, while there is no figure.
        results: beside the table.

    Signals:
        save: what is on view shall be saved.

    Attributes:
        fold: button that shows results and table, or folds them away.
    """

    save = Signal()

    def __init__(self, name: str, theme: Theme, face: Panel, results: QWidget) -> None:
        super().__init__()
        self.setObjectName(name)
        self._face = face
        self._technical = ""
        self._drawer = Drawer(self._tasks, self)
        self.verdict = set_name(QLabel(), "verdict")
        self.verdict.setAccessibleName(tr("How it stands"))
        self.verdict.ensurePolished()
        self.verdict.setMinimumWidth(self.verdict.fontMetrics().horizontalAdvance(LONG_STANDING))
        self.detail = set_name(ShortenedLabel(), "muted")
        self.progress = set_name(QProgressBar(), "progress")
        self.progress.setAccessibleName(tr("Share that is done"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.copy_button = set_name(QPushButton(tr("Copy details")), "copy-details")
        self.copy_button.setToolTip(tr("Copy the technical details to the clipboard, for a bug report"))
        self.copy_button.clicked.connect(lambda: QApplication.clipboard().setText(self._technical))
        self.save_button = set_name(QPushButton(tr("Save…")), "save")
        self.save_button.setToolTip(tr("Write figure (PNG, SVG) and numbers (HDF5) into a folder (Ctrl+S)"))
        self.save_button.clicked.connect(self.save)
        self.figure = FigureView(f"{name}-figure", theme)
        self.picture = QLabel()
        self.picture.setMinimumSize(LARGE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty = set_name(QLabel(), "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.table = FindingsTable(theme)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._empty_page())
        self.pages.addWidget(self.figure)
        details = QSplitter(Qt.Orientation.Horizontal)
        details.setChildrenCollapsible(False)
        details.setHandleWidth(8)
        details.addWidget(results)
        details.addWidget(self.table)
        details.setStretchFactor(1, 1)
        details.setSizes([RESULTS_WIDTH, 3 * RESULTS_WIDTH])
        self.fold = FoldButton(
            "results-fold",
            tr("Verdicts and results"),
            tr("What was expected and what was measured, and the results to choose from and to compare"),
            details,
        )
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("figure-and-results")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(8)
        self.splitter.addWidget(self.pages)
        self.splitter.addWidget(details)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([FIGURE_SHARE, TABLE_SHARE])
        self.table.setMinimumHeight(84)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._strip())
        layout.addWidget(self.splitter, 1)
        self.show_nothing("")
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self._drawer.ask()
        self.figure.set_theme(theme)
        self.table.set_theme(theme)

    def show_standing(self, standing: Standing) -> None:
        """Says how it stands."""
        self._technical = standing.technical
        if self.verdict.text() != standing.text:
            self.verdict.setText(standing.text)
        restyle(self.verdict, "kind", standing.kind)
        if self.detail.text() != standing.detail:
            self.detail.setText(standing.detail)
        self.copy_button.setVisible(bool(standing.technical))
        share = standing.share
        self.progress.setVisible(share is not None)
        if share is not None:
            self.progress.setRange(0, 1000 if share >= 0 else 0)
            self.progress.setValue(round(1000 * max(share, 0.0)))

    def show_figure(self, figure: Figure, rows: Rows, fresh: bool) -> None:
        """Shows a figure and a table; where `fresh`, they have nothing to do with those before."""
        self.figure.show_figure(figure, fresh)
        self.table.show_rows(rows)
        self.pages.setCurrentWidget(self.figure)
        self.save_button.setEnabled(True)

    def show_nothing(self, text: str) -> None:
        """Says in words why there is no figure."""
        self.empty.setText(text)
        self.table.show_rows(rows_of(()))
        self.pages.setCurrentIndex(0)
        self.save_button.setEnabled(False)

    def _tasks(self) -> list[Task]:
        style, ratio = style_of(self._theme), self.devicePixelRatioF()
        return [(partial(thumbnail, self._face, style, ratio, LARGE), self._show_face)]

    def _show_face(self, picture: QImage) -> None:
        self.picture.setPixmap(QPixmap.fromImage(picture))

    def _strip(self) -> QFrame:
        strip = set_name(QFrame(), "card")
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.verdict)
        row.addWidget(self.detail, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.fold)
        row.addWidget(self.save_button)
        layout = QVBoxLayout(strip)
        layout.setContentsMargins(12, 7, 8, 5)
        layout.setSpacing(5)
        layout.addLayout(row)
        layout.addWidget(self.progress)
        return strip

    def _empty_page(self) -> QFrame:
        page = set_name(QFrame(), "card")
        layout = QVBoxLayout(page)
        layout.setSpacing(18)
        layout.addStretch(1)
        layout.addWidget(self.picture)
        layout.addWidget(self.empty)
        layout.addStretch(1)
        return page
