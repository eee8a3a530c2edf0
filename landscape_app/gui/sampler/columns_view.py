"""Columns of a table in chains and in data: figures side by side, and correlations."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHeaderView,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.data import ColumnMeaning
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.corner import PairsPlot
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import Series
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.language import tr
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.session.columns import ColumnComparison, ColumnFigure

OFF = 3.0
"""Joint standard errors from which on a difference is marked."""

HEADS = {
    tr("Column"): tr("Column of the table. What is fixed by a condition is left out"),
    tr("Statistic"): tr(
        "Mean, standard deviation and skewness of numbers; on a log scale geometric mean and factor, "
        "and the skewness of its logarithm; share of each word of a category"
    ),
    tr("Chains"): tr(
        "Over the chains as they are now, ± standard error of as many independent ones; of steered chains, of "
        "as many as they are worth: those of one ancestor count as one until they differ as others do"
    ),
    tr("Data"): tr("Over the training rows, or those near the condition, ± standard error"),
    tr("Errors"): tr(
        "Chains less data, in joint standard errors.<br>Good: within ±2 nearly everywhere; bold beyond "
        "±{errors:g}. With few chains all is within errors: take more, with the list of numbers of chains",
        errors=OFF,
    ),
}

WHAT = {"mean": tr("mean"), "deviation": tr("deviation"), "skewness": tr("skewness")}

NAME_WIDTH = 80
LONGEST_NAME = 90
"""Pixels of a name beside the correlations."""

LEAST_WRITTEN = 27
"""Pixels of a cell that has room for its number."""


class ColumnTable(HeadedTable):
    """A row for each figure of each column; bold where chains and data are apart."""

    def __init__(self) -> None:
        super().__init__(
            "columns-table", tr("Figures of the columns, of chains and of data"), list(HEADS.items())
        )
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.setShowGrid(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().resizeSection(0, NAME_WIDTH)
        for narrow in (1, 4):
            self.horizontalHeader().setSectionResizeMode(narrow, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setMinimumSectionSize(40)

    def show_figures(self, figures: Sequence[ColumnFigure], columns: Sequence[ColumnMeaning]) -> None:
        """Shows these figures of a table's columns."""
        self.setRowCount(len(figures))
        before = -1
        for row, figure in enumerate(figures):
            for place, text in enumerate(_cells(figure, columns[figure.column], figure.column != before)):
                item = self.item(row, place)
                if item is None:
                    item = QTableWidgetItem()
                    side = Qt.AlignmentFlag.AlignLeft if place < 2 else Qt.AlignmentFlag.AlignRight
                    item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
                    self.setItem(row, place, item)
                item.setText(text)
                item.setToolTip(columns[figure.column].name if place == 0 else text)
                font = item.font()
                font.setBold(abs(figure.errors) > OFF and place > 0)
                item.setFont(font)
            before = figure.column


def _cells(figure: ColumnFigure, column: ColumnMeaning, first: bool) -> tuple[str, ...]:
    what = f"= {column.values[figure.value]}" if column.values else WHAT.get(figure.what, figure.what)
    if column.is_log and figure.what != "skewness":
        what = {"mean": tr("geometric mean"), "deviation": tr("geometric factor")}[figure.what]
    texts = (_text(estimate, figure, column) for estimate in (figure.chains, figure.data))
    return (column.name if first else "", what, *texts, shown(figure.errors, "+.1f"))


def _text(estimate: Estimate, figure: ColumnFigure, column: ColumnMeaning) -> str:
    """A figure with its error, in the unit of the file."""
    value, error = estimate.value, estimate.error
    if not math.isfinite(value):
        return "–"
    if figure.what == "share":
        return f"{100 * value:.0f} ± {100 * error:.0f}%"
    if figure.what == "mean" and column.is_date:
        return f"{column.text_in_unit(value)} ± {shown(error, '.2g')} d"
    if figure.what != "skewness" and column.is_log:
        value, error = math.exp(value), math.exp(value) * error
    decimals = 3
    if error > 0 and math.isfinite(error):
        # Two digits of an error that begins with 1 or 2, one of others.
        power = math.floor(math.log10(error))
        decimals = max(0, (1 if error < 3 * 10.0**power else 0) - power)
    unit = " d" if figure.what == "deviation" and column.is_date else ""
    if not math.isfinite(error):
        return f"{shown(value, f',.{decimals}f')}{unit}"
    return f"{shown(value, f',.{decimals}f')} ± {error:,.{decimals}f}{unit}"


CORRELATIONS = tr(
    "<b>Correlations</b> (Pearson's r) of every pair of columns: below the diagonal those of the data, above it "
    "those of the chains; of a column on a log scale those of its logarithm, of a category those of each word "
    "against the others.<br>A ring marks pairs that differ by more than {errors:g} joint standard errors; of a "
    "hundred pairs that agree, less than one has such a difference.<br>Good: the picture is its own mirror image. "
    "Click a pair to see it large.",
    errors=OFF,
)


class CorrelationMatrix(PairsPlot):
    """Correlations of the data below the diagonal, and of the chains above it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "plot-correlations", tr("Correlations of the columns"), CORRELATIONS)
        self._found: ColumnComparison | None = None

    def show_comparison(self, found: ColumnComparison | None) -> None:
        """Draws these correlations."""
        self._found = found
        self.update()

    def series(self) -> list[Series]:
        """Correlations of every pair, of data and of chains, with their errors."""
        found = self._found
        if found is None:
            return []
        first, second = np.tril_indices(len(found.names), -1)
        pairs = np.array([f"{found.names[a]} × {found.names[b]}" for a, b in zip(first, second, strict=True)])
        values = (
            ("r of the chains", found.chains),
            ("error of that", found.chain_errors),
            ("r of the data", found.data),
            ("error of that", found.data_errors),
            ("chains less data, joint errors", found.differences),
        )
        return [Series(("pair", pairs), tuple((name, x[first, second]) for name, x in values))]

    def cell(self, row: int, column: int) -> QRectF:
        """Rectangle of a pair."""
        assert self._found is not None
        metrics, count = QFontMetrics(self._small), max(len(self._found.names), 1)
        longest = max((metrics.horizontalAdvance(name) for name in self._found.names), default=0)
        left = min(longest, LONGEST_NAME, self.width() // 4) + 8
        below = min(longest, LONGEST_NAME, self.height() // 4) + 8
        side = max(min((self.width() - left - 4) / count, (self.height() - below - 4) / count), 1.0)
        return QRectF(left + column * side, 4 + row * side, side, side)

    def describe(self, position: QPoint) -> str:
        """Description of the pair at a position."""
        found, place = self._found, self._place(QPointF(position))
        if found is None or place is None or place[0] == place[1]:
            return CORRELATIONS
        row, column = place
        names = tr(" and ").join(html.escape(found.names[k]) for k in place)
        r = [
            f"{who} {Estimate(float(values[place]), float(errors[place])):.2f}"
            for who, values, errors in (
                (tr("chains"), found.chains, found.chain_errors),
                (tr("data"), found.data, found.data_errors),
            )
        ]
        apart = shown(float(found.differences[row, column]), "+.1f")
        return f"<b>{names}</b><br>{r[0]}, {r[1]}: " + tr("{errors} joint errors", errors=apart)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the pair under the pointer."""
        place = self._place(event.position())
        if place is not None and self._found is not None:
            up, across = (self._found.columns[k] for k in place)
            if up != across:
                self.pair_chosen.emit(across, up)
        super().mousePressEvent(event)

    def _place(self, position: QPointF) -> tuple[int, int] | None:
        if self._found is None:
            return None
        first, count = self.cell(0, 0), len(self._found.names)
        column = math.floor((position.x() - first.left()) / first.width())
        row = math.floor((position.y() - first.top()) / first.height())
        return (row, column) if 0 <= row < count and 0 <= column < count else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the correlations."""
        found = self._found
        if found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._small)
        metrics, differences = QFontMetrics(self._small), found.differences
        for row in range(len(found.names)):
            for column in range(len(found.names)):
                cell = self.cell(row, column).adjusted(0.5, 0.5, -0.5, -0.5)
                r = float((found.data if row > column else found.chains)[row, column])
                self._paint_cell(painter, cell, r if row != column else math.nan)
                if column > row and abs(differences[row, column]) > OFF:
                    painter.setPen(QPen(QColor(self._theme.danger), 1.6))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    margin = 0.1 * cell.width()
                    painter.drawEllipse(cell.adjusted(margin, margin, -margin, -margin))
        painter.setPen(QColor(self._theme.text))
        last = len(found.names) - 1
        for k, name in enumerate(found.names):
            cell, bottom = self.cell(k, 0), self.cell(last, k)
            if metrics.height() > cell.height() + 4:
                continue
            room = cell.left() - 6
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(
                QRectF(2, cell.top(), room, cell.height()),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
            painter.save()
            painter.translate(bottom.center().x(), bottom.bottom() + 4)
            painter.rotate(-90)
            room = self.height() - bottom.bottom() - 6
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room))
            area = QRectF(-room, -cell.height() / 2, room, cell.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
        self._paint_focus(painter)

    def _paint_cell(self, painter: QPainter, cell: QRectF, r: float) -> None:
        if not math.isfinite(r):
            painter.fillRect(cell, QColor(self._theme.raised))
            return
        shade = QColor(self._theme.training if r >= 0 else self._theme.held_out)
        shade.setAlphaF(min(1.0, 0.04 + 0.86 * abs(r)))
        painter.fillRect(cell, QColor(self._theme.surface))
        painter.fillRect(cell, shade)
        if cell.width() >= LEAST_WRITTEN:
            bright = QColor(self._theme.on_accent if abs(r) > 0.6 else self._theme.text)
            painter.setPen(bright)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, shown(r, ".2f").replace("0.", ".", 1))


class CorrelationPage(QWidget):
    """The matrix of correlations, and its largest difference in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.matrix = CorrelationMatrix(theme)
        self.summary = set_name(ShortenedLabel(), "muted")
        self.key = set_name(ShortenedLabel(), "muted")
        self.key.setText(
            tr("Below the diagonal: data. Above: chains. Ring: over {errors:g} errors apart", errors=OFF)
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.key)
        layout.addWidget(self.summary)
        layout.addWidget(plot_card(self.matrix), 1)

    def show_comparison(self, found: ColumnComparison | None) -> None:
        """Shows these correlations."""
        self.matrix.show_comparison(found)
        self.summary.setText("" if found is None else _largest(found))


def _largest(found: ColumnComparison) -> str:
    """The largest difference of two correlations in words, and how many are as large."""
    apart = np.tril(np.nan_to_num(np.abs(found.differences)), -1)
    pairs = len(found.names) * (len(found.names) - 1) // 2
    if not pairs or not apart.any():
        return tr("No correlations to compare")
    place = np.unravel_index(int(apart.argmax()), apart.shape)
    a, b = (found.names[int(k)] for k in place)
    text = tr(
        "{apart} of {pairs} pairs ringed. Furthest apart: {first} and {second}, "
        "{chains:.2f}, data {data:.2f}, {errors:.1f} errors",
        apart=int((apart > OFF).sum()),
        pairs=pairs,
        first=a,
        second=b,
        chains=found.chains[place],
        data=found.data[place],
        errors=apart[place],
    )
    return text.replace("-", "−")
