"""A table that is read, not written, and whose heads explain themselves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from landscape_app.gui.widgets.containers import set_name


class HeadedTable(QTableWidget):
    """Figures in columns; the Tab key goes past it, and the arrow keys into it.

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
        self.setToolTip("Rest the pointer on the head of a column to read what it is" + tooltip)
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
