"""The table that an experiment ends with, and the one that compares several results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from landscape_app.experiments import Finding
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.paragraph import say_in_the_middle
from landscape_app.language import tr


class Cell(NamedTuple):
    """One place of the table.

    Attributes:
        text: what stands there.
        passed: the verdict that it tells, None where it tells none.
    """

    text: str
    passed: bool | None = None


class Rows(NamedTuple):
    """A whole table.

    Attributes:
        heads: of the columns.
        narrow: how many columns, from the left and from the right, are as wide as their text.
        cells: row after row.
    """

    heads: tuple[str, ...]
    narrow: tuple[int, int]
    cells: tuple[tuple[Cell, ...], ...]


ROOM = 10
"""Pixels above and below the text of a row, together."""

HEADS = (tr("Figure"), tr("Quantity"), tr("Expected"), tr("Measured"), tr("Verdict"))


def verdict_of(findings: Sequence[Finding]) -> str:
    """The verdicts together."""
    bad = sum(not finding.passed for finding in findings)
    if not findings:
        return tr("No verdict")
    if bad:
        return tr("✗ {bad} of {count} bad", bad=bad, count=len(findings))
    return tr("✓ All {count} good", count=len(findings)) if len(findings) > 1 else tr("✓ Good")


def _verdict(finding: Finding) -> str:
    return tr("✓ good") if finding.passed else tr("✗ bad")


def rows_of(findings: Sequence[Finding]) -> Rows:
    """The table of one result."""
    cells = tuple(
        (*(Cell(text) for text in finding[:4]), Cell(_verdict(finding), finding.passed))
        for finding in findings
    )
    return Rows(HEADS, (1, 1), cells)


def rows_of_all(labels: Sequence[str], findings: Sequence[Sequence[Finding]]) -> Rows:
    """The table of several results: what each measured, beside one another; expectations that differ are all said."""
    known = [{(one.figure, one.quantity): one for one in some} for some in findings]
    expected: dict[tuple[str, str], dict[str, None]] = {}
    for some in known:
        for key, finding in some.items():
            expected.setdefault(key, {})[finding.expected] = None
    cells = []
    for key, texts in expected.items():
        row = [*map(Cell, key), Cell(" / ".join(texts))]
        for some in known:
            one = some.get(key)
            row.append(Cell("–") if one is None else Cell(f"{_verdict(one)}: {one.measured}", one.passed))
        cells.append(tuple(row))
    return Rows((*HEADS[:3], *labels), (1, 0), tuple(cells))


class RoomyDelegate(QStyledItemDelegate):
    """Leaves some room above and below the text of a row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The text's, and the room."""
        return super().sizeHint(option, index) + QSize(0, ROOM)


class FindingsTable(QTableWidget):
    """Shows rows; verdicts have a sign, a word and a colour.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(0, len(HEADS))
        self.setObjectName("findings")
        self.setAccessibleName(tr("What was expected, what was measured, and the verdicts"))
        self.setToolTip(tr("What the figure shows, judged: each quantity against what is expected of it"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(RoomyDelegate(self))
        self.setWordWrap(True)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self._theme = theme
        self._rows: Rows | None = None
        self.show_rows(rows_of(()))

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        rows, self._rows = self._rows, None
        if rows is not None:
            self.show_rows(rows)

    def show_rows(self, rows: Rows) -> None:
        """Shows a table, and leaves alone what is there already."""
        if rows == self._rows:
            return
        if self._rows is None or rows.heads != self._rows.heads:
            self._set_heads(rows)
        self.setRowCount(len(rows.cells))
        for i, row in enumerate(rows.cells):
            for j, cell in enumerate(row):
                self.setItem(i, j, self._item(cell))
        self._rows = rows

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the table, or says why it is empty."""
        super().paintEvent(event)
        if not self.rowCount():
            say_in_the_middle(self, tr("Verdicts come with what they judge"), self._theme)

    def _set_heads(self, rows: Rows) -> None:
        self.setColumnCount(len(rows.heads))
        for j, head in enumerate(rows.heads):
            item = QTableWidgetItem(head)
            item.setToolTip(head)
            self.setHorizontalHeaderItem(j, item)
        left, right = rows.narrow
        modes = QHeaderView.ResizeMode
        for j in range(len(rows.heads)):
            narrow = j < left or j >= len(rows.heads) - right
            mode = modes.ResizeToContents if narrow else modes.Stretch
            self.horizontalHeader().setSectionResizeMode(j, mode)

    def _item(self, cell: Cell) -> QTableWidgetItem:
        item = QTableWidgetItem(cell.text)
        item.setToolTip(cell.text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if cell.passed is not None:
            item.setForeground(QBrush(QColor(self._theme.model if cell.passed else self._theme.danger)))
            font = QFont(self.font())
            font.setBold(True)
            item.setFont(font)
        return item
