"""Table of a model's means over chains in equilibrium, beside those of its training data."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidgetItem

from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.language import tr
from landscape_app.physics.estimate import TOLERANCE, Estimate, shown
from landscape_app.physics.matching import MeanMatch
from landscape_app.physics.space import QUANTITIES, UNITS

COLUMNS = {
    "": tr("The quantity: the energy in nats, an observable, or the share of a class by the classifier"),
    tr("Chains"): tr(
        "Mean over the chains at β = 1, ± standard error from the spread of independent ladders.<br>Of chains that "
        "have not mixed, the lowest and the highest mean of a start: none of them is the model's"
    ),
    tr("Data"): tr("Mean over the training data; of a share, ± the error of that many items"),
    tr("Errors"): tr("Difference in standard errors"),
    tr("Deviations"): tr(
        "Difference in standard deviations of the data.<br>Good: at most {most}, or within errors",
        most=TOLERANCE,
    ),
}


class MeansTable(HeadedTable):
    """A row for each mean; bold where it is off."""

    def __init__(self) -> None:
        super().__init__("means", tr("Means of the chains and of the training data"), list(COLUMNS.items()))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def show_means(self, means: Sequence[MeanMatch]) -> None:
        """Shows these, or nothing."""
        self.setRowCount(len(means))
        for row, mean in enumerate(means):
            for column, text in enumerate(_cells(mean)):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
                font = item.font()
                font.setBold(mean.mixed and mean.is_off)
                item.setFont(font)
                self.setItem(row, column, item)


def _cells(mean: MeanMatch) -> tuple[str, ...]:
    of_value = UNITS.get(mean.unit, mean.unit)
    unit = "%" if mean.is_share else f" {of_value}" if of_value else ""
    scale, decimals = (100, max(mean.decimals - 2, 0)) if mean.is_share else (1, mean.decimals)

    def cell(estimate: Estimate) -> str:
        text = shown(scale * estimate.value, f".{decimals}f")
        if estimate.error:
            text += f" ± {scale * estimate.error:.{decimals}f}"
        return text + unit

    if not mean.mixed:
        low, high = (shown(scale * bound, f".{decimals}f") for bound in (mean.lowest, mean.highest))
        chains = tr("{low} to {high}", low=low, high=high) + unit
        return QUANTITIES.get(mean.name, mean.name), chains, cell(mean.data), "–", "–"

    return (
        QUANTITIES.get(mean.name, mean.name),
        cell(mean.chains),
        cell(mean.data),
        shown(mean.errors, ".1f"),
        shown(mean.deviations, ".2f"),
    )
