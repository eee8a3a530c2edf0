"""Tables: of records, sorted by any column, searched and edited; and of figures, whose heads explain themselves."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QTableWidget, QTableWidgetItem

from landscape_app.gui.menus import MenuEntry
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import say_in_the_middle
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr

Index = QModelIndex | QPersistentModelIndex

AROUND_PICTURE = 6
"""Pixels of a row beyond its picture."""


@dataclass(frozen=True)
class RecordColumn:
    """A column.

    Attributes:
        title: at its head.
        tip: explains it.
        text: of a record in it.
        key: by which records are sorted, all of one type; None comes last in either order.
        width: usual, in pixels.
        number: True if it holds numbers, which are set to the right.
        picture: of a record in it; None for none now.
        edited: text of a record to be edited; None for a record, or a column, that cannot be.
    """

    title: str
    tip: str
    text: Callable[[Any], str]
    key: Callable[[Any], Any]
    width: int
    number: bool = False
    picture: Callable[[Any], QPixmap | None] | None = None
    edited: Callable[[Any], str | None] | None = None


class RecordModel(QAbstractTableModel):
    """Records as rows.

    Args:
        columns: from left to right.
        identity: by which a record is known again when it changes.
        describe: tooltip of a record, plain text.
        is_faulty: True for a record that is shown as faulty.

    Signals:
        edited: record, number of the column, and text.
    """

    edited = Signal(object, int, str)

    def __init__(
        self,
        columns: Sequence[RecordColumn],
        identity: Callable[[Any], Hashable],
        describe: Callable[[Any], str],
        is_faulty: Callable[[Any], bool] = lambda _: False,
    ) -> None:
        super().__init__()
        self.columns, self.records = tuple(columns), list[Any]()
        self._identity, self._describe, self._is_faulty = identity, describe, is_faulty
        self.danger = QColor()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of records."""
        return 0 if parent.isValid() else len(self.records)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def show_records(self, records: Sequence[Any]) -> None:
        """Takes records in place of those that there were; what is selected stays so."""
        new = {self._identity(record): record for record in records}
        for row in range(len(self.records) - 1, -1, -1):
            if self._identity(self.records[row]) not in new:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self.records[row]
                self.endRemoveRows()
        for row, before in enumerate(self.records):
            record = new.pop(self._identity(before))
            if record is not before:
                self.records[row] = record
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))
        if new:
            first = len(self.records)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self.records += new.values()
            self.endInsertRows()

    def show_pictures(self) -> None:
        """Asks for the pictures anew."""
        for number, column in enumerate(self.columns):
            if column.picture is not None and self.records:
                ends = self.index(0, number), self.index(len(self.records) - 1, number)
                self.dataChanged.emit(*ends, [Qt.ItemDataRole.DecorationRole])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Title and explanation of a column."""
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return wrapped(column.tip)
        return column.title if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = 0) -> Any:
        """Text, picture and looks of a cell."""
        record, column, roles = self.records[index.row()], self.columns[index.column()], Qt.ItemDataRole
        if role == roles.DisplayRole:
            return column.text(record)
        if role == roles.DecorationRole:
            return None if column.picture is None else column.picture(record)
        if role == roles.EditRole:
            return None if column.edited is None else column.edited(record)
        if role == roles.ToolTipRole:
            return html.escape(self._describe(record)).replace("\n", "<br>")
        if role == roles.AccessibleTextRole:
            return f"{column.title}: {column.text(record)}"
        if role == roles.TextAlignmentRole:
            return _alignment(column)
        if role == roles.ForegroundRole and self._is_faulty(record):
            return self.danger
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Selectable, and editable where there is a text to edit."""
        edited = self.columns[index.column()].edited
        editable = edited is not None and edited(self.records[index.row()]) is not None
        flag = Qt.ItemFlag.ItemIsEditable if editable else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | flag

    def setData(self, index: Index, value: Any, role: int = 0) -> bool:
        """Tells of a text that was edited; the record changes when it is shown anew."""
        record, edited = self.records[index.row()], self.columns[index.column()].edited
        if role != Qt.ItemDataRole.EditRole or edited is None or str(value) == edited(record):
            return False
        self.edited.emit(record, index.column(), str(value))
        return True


def _alignment(column: RecordColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class _Order(QSortFilterProxyModel):
    """Records in order, those that are wanted."""

    def __init__(self, model: RecordModel) -> None:
        super().__init__()
        self._model = model
        self.wanted: Callable[[Any], bool] = lambda _: True
        self.setSourceModel(model)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Order of two cells by their column's key."""
        key = self._model.columns[left.column()].key
        a, b = (key(self._model.records[index.row()]) for index in (left, right))
        if a is None or b is None:
            # Qt turns the order round where it descends.
            first, last = (a, b) if self.sortOrder() == Qt.SortOrder.AscendingOrder else (b, a)
            return first is not None and last is None
        return bool(a < b)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """True of a record that is wanted."""
        return self.wanted(self._model.records[row])


class RecordTable(QTableView):
    """A row for each record.

    Args:
        name: object name.
        title: for screen readers.
        tooltip: of the table.
        model: the records.
        theme: colours.
        side: of pictures, in pixels.

    Signals:
        opened: record that was double clicked, or on which Return was pressed.
        chosen: other records are selected.
    """

    opened = Signal(object)
    chosen = Signal()

    def __init__(
        self, name: str, title: str, tooltip: str, model: RecordModel, theme: Theme, side: int
    ) -> None:
        super().__init__()
        set_name(self, name).setAccessibleName(title)
        self.setProperty("records", True)
        self.setToolTip(wrapped(tooltip))
        self.records, self._order = model, _Order(model)
        self.empty = ""
        self.setModel(self._order)
        self.setSortingEnabled(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setIconSize(QSize(side, side))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(side + AROUND_PICTURE)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        # Columns can be made narrower than their heads.
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        head.setStretchLastSection(not model.columns[-1].number)
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width)
        self.activated.connect(lambda index: self.opened.emit(self._record(index)))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.records.danger = QColor(theme.danger)
        self.records.show_pictures()

    @property
    def selected(self) -> list[Any]:
        """Records that are selected, from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self._record(index) for index in rows]

    @property
    def shown(self) -> list[Any]:
        """Records in the order in which they stand, those that are found."""
        return [self._record(self._order.index(row, 0)) for row in range(self._order.rowCount())]

    @property
    def in_sight(self) -> list[Any]:
        """Records that are not scrolled out of sight."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        rows = self._order.rowCount()
        if first < 0 or not rows:
            return []
        return [
            self._record(self._order.index(row, 0))
            for row in range(first, 1 + (last if last >= 0 else rows - 1))
        ]

    def show_wanted(self, wanted: Callable[[Any], bool]) -> None:
        """Shows records of which something holds."""
        self._order.wanted = wanted
        self._order.invalidate()

    def sort_by(self, column: int) -> None:
        """Puts the records in the order of a column; the other way round where they are in it."""
        head, ascending = self.horizontalHeader(), Qt.SortOrder.AscendingOrder
        again = head.sortIndicatorSection() == column and head.sortIndicatorOrder() == ascending
        self.sortByColumn(column, Qt.SortOrder.DescendingOrder if again else ascending)

    def sort_menu(self) -> list[MenuEntry]:
        """An entry for each column, which sorts by it."""
        return [
            MenuEntry(
                column.title,
                "",
                f"sort-{number}",
                lambda number=number: self.sort_by(number),  # type: ignore[misc]
                f"{tr('Sort by this column; once more turns the order round.')} {column.tip}",
            )
            for number, column in enumerate(self.records.columns)
        ]

    def choose(self, record: Any) -> None:
        """Selects one record, and scrolls to it."""
        row = self.records.records.index(record)
        index = self._order.mapFromSource(self.records.index(row, 0))
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def edit_current(self, column: int) -> None:
        """Lets the text of a column be edited, of the record at which the keys are."""
        index = self.currentIndex()
        if index.isValid():
            place = index.siblingAtColumn(column)
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(place, flags.ClearAndSelect | flags.Rows)
            if place.flags() & Qt.ItemFlag.ItemIsEditable:
                self.edit(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the table, or says that it is empty."""
        super().paintEvent(event)
        if not self._order.rowCount():
            say_in_the_middle(self, self.empty, self._theme)

    def _record(self, index: Index) -> Any:
        return self.records.records[self._order.mapToSource(index).row()]


class WholeFigures(QObject):
    """Keeps the figures of a table whole: where columns that share its width lack room for them, it scrolls sideways.

    Args:
        table: whose columns these are; how wide each is, is chosen before it is first shown.
    """

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table, self._shared = table, list[int]()
        self._timer = QTimer(self, interval=0, singleShot=True)
        self._timer.timeout.connect(self.fit)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Else a head that is too long is cut without a sign.
        table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        table.viewport().installEventFilter(self)
        for changed in (table.model().dataChanged, table.model().rowsInserted, table.model().modelReset):
            changed.connect(self._timer.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Looks anew where there is more room, or less."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._timer.start()
        return False

    def fit(self) -> None:
        """Gives columns that share the width what they need, where the equal parts are too narrow for one of them."""
        head, modes = self._table.horizontalHeader(), QHeaderView.ResizeMode
        columns = [column for column in range(head.count()) if not head.isSectionHidden(column)]
        if not self._shared:
            self._shared = [column for column in columns if head.sectionResizeMode(column) == modes.Stretch]
        shared = [column for column in columns if column in self._shared]
        if not shared:
            return
        needed = {c: max(self._table.sizeHintForColumn(c), head.sectionSizeHint(c)) for c in shared}
        others = sum(head.sectionSize(column) for column in columns if column not in self._shared)
        each = (self._table.viewport().width() - others) // len(shared)
        mode = modes.Stretch if all(width <= each for width in needed.values()) else modes.ResizeToContents
        for column in shared:
            if head.sectionResizeMode(column) != mode:
                head.setSectionResizeMode(column, mode)


class HeadedTable(QTableWidget):
    """Figures in columns; the Tab key goes past it, and the arrow keys into it. It scrolls where it is too narrow.

    Args:
        name: object name.
        label: for screen readers.
        heads: what each column is called, and what it is.
        tooltip: what else can be done with it.
        selects_rows: whether a row can be selected.
    """

    def __init__(
        self,
        name: str,
        label: str,
        heads: Sequence[tuple[str, str]],
        tooltip: str = "",
        selects_rows: bool = False,
    ) -> None:
        super().__init__(0, len(heads))
        set_name(self, name).setAccessibleName(label)
        self.setToolTip(tr("Rest the pointer on the head of a column to read what it is") + tooltip)
        for column, (head, meaning) in enumerate(heads):
            item = QTableWidgetItem(head)
            item.setToolTip(meaning)
            self.setHorizontalHeaderItem(column, item)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if selects_rows else modes.NoSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._whole = WholeFigures(self)
