"""A table as it lies in its file, above what the model will see of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout

from landscape_app.data import Dataset
from landscape_app.data.importing import Column
from landscape_app.gui.importing.choices import DataForm
from landscape_app.gui.importing.dataset_plot import DatasetPlot
from landscape_app.gui.importing.material import TableMaterial
from landscape_app.gui.importing.preview import Preview
from landscape_app.gui.importing.table_form import TableForm
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named

ROWS, COLUMNS = 100, 60
"""That are shown of a table."""

ROW_HEIGHT = 24
WIDEST = 190
"""Pixels that a column may take, at first as wide as what stands in it."""


class TablePreview(Preview):
    """The first rows, those columns faint that are not taken, and a plot.

    Args:
        material: the table.
        theme: colours.
    """

    def __init__(self, material: TableMaterial, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._names = [column.name for column in material.table.columns[:COLUMNS]]
        self._taken: tuple[str, ...] = ()
        columns, lines = material.table.columns[:COLUMNS], material.table.lines[:ROWS]
        self.rows = named(QTableWidget(len(lines), len(columns)), "import-rows")
        self.rows.setAccessibleName("The first rows of the table")
        self.rows.setToolTip(
            f"The first {ROWS} rows at most, as they are; columns that are not taken are faint"
        )
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setTabKeyNavigation(False)
        self.rows.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        for j, name in enumerate(self._names):
            head = QTableWidgetItem(name)
            head.setToolTip(name)
            self.rows.setHorizontalHeaderItem(j, head)
        header = self.rows.horizontalHeader()
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMaximumSectionSize(WIDEST)
        self.rows.setVerticalHeaderLabels([str(line) for line in lines])
        self._cells = [[_cell(column, row) for row in range(len(lines))] for column in columns]
        for j, cells in enumerate(self._cells):
            for i, cell in enumerate(cells):
                self.rows.setItem(i, j, cell)
        self.rows.resizeColumnsToContents()
        self.plot = DatasetPlot(theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(named(QLabel("As it is"), "title"))
        layout.addWidget(self.rows, 4)
        layout.addWidget(named(QLabel("As the model will see it"), "title"))
        layout.addWidget(self.plot, 6)

    def show_choices(self, form: DataForm) -> None:
        """Makes columns faint that are not taken."""
        assert isinstance(form, TableForm)
        self._taken = () if form.options is None else form.options.columns
        self._shade()

    def show_prepared(self, dataset: Dataset) -> None:
        """Shows the data set that was made of the columns."""
        self.plot.show_dataset(dataset)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._shade()

    def _shade(self) -> None:
        faint = QColor(self._theme.muted)
        faint.setAlphaF(0.55)
        for name, cells in zip(self._names, self._cells, strict=True):
            shade = QColor(self._theme.text) if name in self._taken else faint
            for cell in cells:
                cell.setForeground(shade)


def _cell(column: Column, row: int) -> QTableWidgetItem:
    """A cell as it lies in the file."""
    code = int(column.codes[row])
    return QTableWidgetItem(column.words[code] if code >= 0 else "")
