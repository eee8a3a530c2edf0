"""What a person chooses of a table: what its rows are, and which columns make them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem

from landscape_app.data import Kind
from landscape_app.data.importing import Column, ImportFailure, Table, TableOptions
from landscape_app.gui.importing.choices import DataForm
from landscape_app.gui.importing.fields import ChoiceField, NumberField, whole
from landscape_app.gui.importing.material import TableChoices, TableMaterial
from landscape_app.gui.widgets.naming import named

KIND_NAMES = {
    Kind.POINTS: "points: numbers",
    Kind.SPINS: "spins: two values",
    Kind.LEVELS: "categories",
}
MOST_LISTED, ROW_HEIGHT = 8, 19
"""Columns that are listed without scrolling, and the height of each in pixels."""

MOST_VALUES = 4
"""Of a column, that are named."""


class TableForm(DataForm):
    """Of a table: kind, columns and components.

    Args:
        material: the table.
    """

    def __init__(self, material: TableMaterial) -> None:
        super().__init__(material)
        self._table = table = material.table
        proposed = material.proposed
        self.kind = ChoiceField(
            "import-kind",
            "Rows are",
            "Points of real numbers; spins, of columns with two values; or categories, of columns with a few",
        )
        self.kind.offer(
            {kind.value: KIND_NAMES[kind] for kind in Kind if _fits(table, kind)}, proposed.kind.value
        )
        self.columns = named(QListWidget(), "import-columns")
        self.columns.setAccessibleName("Columns")
        self.columns.setToolTip("Columns that are taken (Space switches one on or off)")
        self.columns.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.columns.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.columns.setFixedHeight(8 + ROW_HEIGHT * min(MOST_LISTED, max(3, len(table.columns))))
        self.missing = named(QLabel("⚠ Needs one column at least"), "complaint-columns")
        self.missing.setProperty("kind", "complaint")
        self.missing.hide()
        self.components = NumberField(
            whole(
                "components",
                "Principal components",
                proposed.components,
                1,
                max(2, len(table.columns)),
                "To which more columns of numbers are brought, scaled alike; one or two are drawn as what they are.",
            )
        )
        title = QLabel("Columns")
        title.setBuddy(self.columns)
        for widget in (self.kind, title, self.columns, self.missing, self.components):
            self._add(widget)
        self._list(proposed)
        self.kind.changed.connect(self._on_kind)
        self.columns.itemChanged.connect(lambda _: self._on_columns())

    @property
    def options(self) -> TableOptions | None:
        """Kind and columns; None while they cannot stand."""
        columns, components = self._chosen, self.components.value
        if not columns or components is None:
            return None
        return TableOptions(Kind(self.kind.value), columns, components)

    @property
    def choices(self) -> TableChoices | None:
        """What is chosen; None while something cannot stand."""
        name, split, options = self.name.value, self.split, self.options
        if name is None or split is None or options is None:
            return None
        return TableChoices(name, split, options)

    @property
    def _chosen(self) -> tuple[str, ...]:
        items = (self.columns.item(i) for i in range(self.columns.count()))
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )

    def _list(self, options: TableOptions) -> None:
        """Lists every column, those checked that are taken, those that do not fit with the reason."""
        with QSignalBlocker(self.columns):
            self.columns.clear()
            for column in self._table.columns:
                item = QListWidgetItem(f"{column.name}: {_values(column)}", self.columns)
                item.setData(Qt.ItemDataRole.UserRole, column.name)
                fault = _fault(self._table, column, options.kind)
                item.setToolTip(fault or item.text())
                if fault:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                taken = column.name in options.columns
                item.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
            self.columns.setCurrentRow(0)
        self._show_components()

    def _on_kind(self) -> None:
        self._list(TableOptions.proposed(self._table, Kind(self.kind.value)))
        self._on_columns()

    def _on_columns(self) -> None:
        self.missing.setVisible(not self._chosen)
        self._show_components()
        self._on_change()

    def _show_components(self) -> None:
        points = self.kind.value == Kind.POINTS.value
        self.components.setVisible(points and len(self._chosen) > 1)


def _fits(table: Table, kind: Kind) -> bool:
    try:
        TableOptions.proposed(table, kind)
    except ImportFailure:
        return False
    return True


def _fault(table: Table, column: Column, kind: Kind) -> str:
    """Why a column cannot be taken; empty where it can."""
    try:
        TableOptions.proposed(table, kind, [column.name])
    except ImportFailure as error:
        return str(error)
    return ""


def _values(column: Column) -> str:
    values = column.values()
    if len(values) <= MOST_VALUES:
        return ", ".join(values)
    if column.is_numeric:
        known = column.numbers[column.numbers == column.numbers]
        return f"{known.min():.4g} to {known.max():.4g}"
    return f"{len(values):,} values"
