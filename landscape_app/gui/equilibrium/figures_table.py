"""Table of the figures of every quantity of chains."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QTableWidgetItem

from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.language import tr
from landscape_app.physics.chain_statistics import ChainsDiagnosis, QuantityStatistics
from landscape_app.physics.diagnostics import LEAST_EFFECTIVE, R_HAT_LIMIT
from landscape_app.physics.estimate import shown
from landscape_app.physics.space import QUANTITIES

MOST_ROWS = 200

COLUMNS = {
    tr("Quantity"): tr("Click a row to see its plots"),
    tr("Mean ± MCSE"): tr("Mean over all chains, ± its Monte Carlo standard error, sd / √ESS"),
    tr("sd"): tr("Standard deviation over all draws of all chains"),
    tr("Bulk ESS"): tr(
        "Independent draws that the bulk is worth, over all chains.<br>Good: {least} or more",
        least=LEAST_EFFECTIVE,
    ),
    tr("Tail ESS"): tr(
        "Independent draws that the 5% and 95% quantiles are worth, the smaller of the two.<br>"
        "Good: {least} or more",
        least=LEAST_EFFECTIVE,
    ),
    "R-hat": tr(
        "Rank-normalised split R-hat: spread over all chains by that within them, the larger of bulk and tail."
        "<br>Good: {most} or less",
        most=R_HAT_LIMIT,
    ),
    tr("τ (steps)"): tr(
        "Autocorrelation time within a chain, in steps: so many are worth one independent draw"
    ),
}


class FiguresTable(HeadedTable):
    """A row for each quantity, the largest R-hat first where there are many; bold where a figure is not good.

    Signals:
        chosen: name of the quantity whose row was clicked.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(
            "chain-figures",
            tr("Figures of every quantity of the chains"),
            list(COLUMNS.items()),
            tr("; click a row to see its plots"),
            selects_rows=True,
        )
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._names: list[str] = []
        self._diagnosis: ChainsDiagnosis | None = None
        self._is_stale = False
        self.cellActivated.connect(lambda row, _: self.chosen.emit(self._names[row]))
        self.cellClicked.connect(lambda row, _: self.chosen.emit(self._names[row]))

    def show_diagnosis(self, diagnosis: ChainsDiagnosis | None) -> None:
        """Shows the figures of these, or nothing; while nobody sees the table, only once it is shown."""
        self._diagnosis, self._is_stale = diagnosis, not self.isVisible()
        if self._is_stale:
            return
        rows = [] if diagnosis is None else list(diagnosis.quantities)
        if len(rows) > MOST_ROWS:
            rows = sorted(rows, key=lambda row: -row.r_hat)[:MOST_ROWS]
        self._names = [row.name for row in rows]
        if self.rowCount() != len(rows):
            self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, (text, is_poor) in enumerate(_cells(row)):
                item = self.item(number, column)
                if item is None:
                    item = QTableWidgetItem()
                    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                    item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
                    self.setItem(number, column, item)
                if item.text() != text:
                    item.setText(text)
                font = item.font()
                if font.bold() != is_poor:
                    font.setBold(is_poor)
                    item.setFont(font)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Has the names take the room that is left; where there is none, the table scrolls sideways."""
        super().resizeEvent(event)
        header, modes = self.horizontalHeader(), QHeaderView.ResizeMode
        needed = sum(
            max(header.sectionSizeHint(column), self.sizeHintForColumn(column))
            for column in range(header.count())
        )
        mode = modes.Stretch if needed <= self.viewport().width() else modes.ResizeToContents
        if header.sectionResizeMode(0) is not mode:
            header.setSectionResizeMode(0, mode)

    def showEvent(self, event: QShowEvent) -> None:
        """Shows what came while nobody saw it."""
        super().showEvent(event)
        if self._is_stale:
            self.show_diagnosis(self._diagnosis)


def _cells(row: QuantityStatistics) -> tuple[tuple[str, bool], ...]:
    """Texts of a row, and whether each is of a figure that is not good."""
    mean, error = row.rounded
    return (
        (QUANTITIES.get(row.name, row.name), False),
        (f"{mean} ± {error}", False),
        (shown(row.deviation, ".3g"), False),
        (shown(row.bulk, ",.0f"), not row.bulk >= LEAST_EFFECTIVE),
        (shown(row.tail, ",.0f"), not row.tail >= LEAST_EFFECTIVE),
        (shown(row.r_hat, ".3f"), not row.r_hat <= R_HAT_LIMIT),
        (shown(row.autocorrelation_time, ",.1f"), False),
    )
