"""Table of what the chains say of a surface, beside what is exactly known, and of whether they have mixed."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.surface_run import Mixing, QuantityMixing

ROW = 28
"""Height of a row in pixels."""

COLUMNS = {
    "": tr("The quantity: a coordinate, or the energy H in nats"),
    tr("Chains"): tr(
        "Mean over the chains and the steps judged, with the standard error from the effective sample size"
    ),
    tr("Exact"): tr(
        "The mean by quadrature over the grid.<br>Good: within about two standard errors of the chains'"
    ),
    "R-hat": tr("Whether the chains agree with each other (Vehtari et al. 2021).<br>Good: at most 1.01"),
    "ESS": tr(
        "Effective sample size: how many independent draws all of theirs are worth.<br>Good: 400 or more"
    ),
    "τ": tr("Autocorrelation time, in steps: how long a chain remembers where it was"),
}
SIGNS = {
    "mixed": tr("✓ Mixed"),
    "still drifting": tr("… Still drifting"),
    "stuck": tr("✗ Stuck"),
    "frozen": tr("✗ Frozen"),
}
MOST_DECIMALS = 5
KINDS = {"mixed": "good", "still drifting": "stopped", "stuck": "bad", "frozen": "bad"}
WAITING = tr("The last half of the steps is judged, once there are enough; of two chains at least.")
TUNING = tr("The kernel is tuning itself, in at most 300 steps; the chains are judged when it stands still.")


class MixingTable(QWidget):
    """A row for each quantity, and the verdict above."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Mixing | None = None
        self.verdict = set_name(QLabel(), "verdict")
        self.reason = set_name(QLabel(), "muted")
        self.reason.setWordWrap(True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.reason.setMinimumHeight(5 * self.fontMetrics().lineSpacing())
        self.table = HeadedTable(
            "mixing", tr("Means of the chains, exact means and diagnostics"), list(COLUMNS.items())
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.horizontalHeader().setFixedHeight(ROW)
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.horizontalScrollBar().rangeChanged.connect(self._keep_rows_in_sight)
        self._keep_rows_in_sight()
        self.worth = set_name(QLabel(), "muted")
        self.worth.setWordWrap(True)
        self.worth.setToolTip(
            tr(
                "Effective draws of the worst quantity, of all chains, for a thousand evaluations of H by each: "
                "by this kernels can be compared, however many evaluations a step takes"
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.verdict, self.table, self.worth, self.reason):
            layout.addWidget(widget)
        self._show_waiting(tuning=True)

    def _keep_rows_in_sight(self) -> None:
        """As high as head and rows, and as a bar where the figures are wider than the table."""
        bar = self.table.horizontalScrollBar()
        room = bar.sizeHint().height() if bar.maximum() > bar.minimum() else 0
        self.table.setFixedHeight(4 * ROW + 2 * self.table.frameWidth() + 2 + room)

    def show_mixing(self, mixing: Mixing | None, tuning: bool) -> None:
        """Shows a judgement.

        Args:
            mixing: None where there is none yet.
            tuning: whether the kernel is tuning itself.
        """
        if mixing is None:
            self._show_waiting(tuning)
        elif mixing is not self._shown:
            self._show_judgement(mixing)
        self._shown = mixing

    def _show_judgement(self, mixing: Mixing) -> None:
        self._show_verdict(SIGNS[mixing.verdict], KINDS[mixing.verdict])
        _, _, reason = mixing.sentence.partition(": ")
        self.reason.setText(capitalised(reason) + ".")
        self.worth.setText(
            tr(
                "{steps:,} steps of each judged · {draws:,.3g} effective draws per 1,000 evaluations of H",
                steps=mixing.steps,
                draws=mixing.effective_per_thousand,
            )
        )
        self.table.setRowCount(len(mixing.quantities))
        for row, quantity in enumerate(mixing.quantities):
            for column, text in enumerate(_cells(quantity)):
                item = QTableWidgetItem(text)
                alignment = Qt.AlignmentFlag.AlignVCenter
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(alignment | side)
                self.table.setItem(row, column, item)

    def _show_waiting(self, tuning: bool) -> None:
        text = TUNING if tuning else WAITING
        if self.table.rowCount() == 0 and self.reason.text() == text:
            return
        self.table.setRowCount(0)
        self.worth.setText("")
        self.reason.setText(text)
        self._show_verdict(tr("Not judged yet"), "")

    def _show_verdict(self, text: str, kind: str) -> None:
        self.verdict.setText(text)
        restyle(self.verdict, "kind", kind)


def _cells(quantity: QuantityMixing) -> tuple[str, ...]:
    time, error = quantity.autocorrelation_time, quantity.error
    # Two digits of the error, and as many decimals of what it is the error of.
    decimals = 1 - math.floor(math.log10(error)) if error > 0 else 3
    decimals = min(max(decimals, 0), MOST_DECIMALS)
    return (
        quantity.name,
        f"{_number(quantity.mean, decimals)} ± {error:.{decimals}f}",
        _number(quantity.exact, decimals),
        shown(quantity.r_hat, ".3f"),
        f"{quantity.effective_sample_size:,.0f}",
        shown(time, ".1f" if time < 99.5 else ",.0f"),
    )


def _number(value: float, decimals: int) -> str:
    """A number with a true minus sign, and none before a zero."""
    return shown(round(value, decimals) + 0.0, f".{decimals}f")
