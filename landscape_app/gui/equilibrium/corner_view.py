"""Corner plot: densities of coordinates one by one and in pairs, of chains and of data."""

from __future__ import annotations

import html
import math

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import show_description
from landscape_app.gui.widgets.plots import PlotMenu, Series
from landscape_app.physics.estimate import shown
from landscape_app.session.chain_plots import Contours, Corner

PAD, GAP = 6, 5
FILL = 0.16
SMALL_POINTS = 7.5

EXPLANATION = (
    "<b>Corner plot</b>: on the diagonal the density of each coordinate, per unit of it, from zero at the base; "
    "below it the densities of each pair, by contours around half and nine tenths of the probability.<br>Filled: the "
    "draws of the chains; lines: the training data, where they are known.<br>Good: both have the same modes, widths "
    "and correlations."
)
NOTHING = (
    "A corner plot takes two coordinates or quantities at least, which change. It is drawn for points and tables of "
    "up to eight columns, and for files of draws"
)


class CornerView(QWidget):
    """Draws a corner plot."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("plot-corner")
        self.setAccessibleName("Corner plot")
        self.setToolTip(EXPLANATION)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(184, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.menu = PlotMenu(self, self.series)
        self._corner: Corner | None = None
        self._small = QFont(self.font())
        self._small.setPointSizeF(SMALL_POINTS)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_corner(self, corner: Corner | None) -> None:
        """Draws these densities, or says why there are none."""
        if corner is not self._corner:
            self._corner = corner
            self.update()

    def series(self) -> list[Series]:
        """Densities of each coordinate."""
        corner = self._corner
        if corner is None:
            return []
        found = []
        for k, name in enumerate(corner.names):
            edges = np.linspace(corner.low[k], corner.high[k], corner.densities.shape[1] + 1)
            values = [("density of the chains, per unit", corner.densities[k])]
            if corner.data_densities is not None:
                values.append(("density of the data, per unit", corner.data_densities[k]))
            found.append(Series((name, (edges[1:] + edges[:-1]) / 2), tuple(values)))
        return found

    def cell(self, across: int, up: int) -> QRectF:
        """Rectangle of a pair's density, or of a coordinate's where both are one."""
        assert self._corner is not None
        metrics = QFontMetrics(self._small)
        count, line = len(self._corner.names), metrics.height()
        left, below = metrics.horizontalAdvance("−0.0000") + line + PAD, 2 * line + PAD + 4
        width = (self.width() - left - PAD) / count
        height = (self.height() - below - PAD) / count
        return QRectF(left + across * width, PAD + up * height, width - GAP, height - GAP)

    def event(self, event: QEvent) -> bool:
        """Describes what is under the pointer."""
        return show_description(self, event, self.describe) or super().event(event)

    def describe(self, position: QPoint) -> str:
        """Description of the density at a position."""
        corner = self._corner
        if corner is not None:
            for up, upper in enumerate(corner.names):
                for across in range(up + 1):
                    if self.cell(across, up).contains(QPointF(position)):
                        name, other = html.escape(upper), html.escape(corner.names[across])
                        if across == up:
                            return f"<b>Density of {name}</b>, per unit of it, from zero at the base"
                        what = "contours around 50 % and 90 % of the probability"
                        return f"<b>{name}</b> against <b>{other}</b>: {what}"
        return EXPLANATION

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the densities."""
        painter = QPainter(self)
        corner = self._corner
        if corner is None:
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, NOTHING)
            return
        painter.setFont(self._small)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = len(corner.names)
        for up in range(count):
            for across in range(up + 1):
                cell = self.cell(across, up)
                painter.setPen(QPen(QColor(self._theme.border), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(cell)
                if across == up:
                    self._paint_density(painter, corner, up, cell)
                else:
                    self._paint_pair(painter, corner.pairs[across, up], cell, self._theme.model, True)
                    if corner.data_pairs:
                        self._paint_pair(
                            painter, corner.data_pairs[across, up], cell, self._theme.training, False
                        )
                if up == count - 1:
                    self._paint_axis(painter, corner, across, cell, below=True)
                if across == 0 and up > 0:
                    self._paint_axis(painter, corner, up, cell, below=False)
        self._paint_legend(painter, corner)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_density(self, painter: QPainter, corner: Corner, k: int, cell: QRectF) -> None:
        """A coordinate's density as steps, filled for the chains."""
        both = [corner.densities[k]]
        if corner.data_densities is not None:
            both.append(corner.data_densities[k])
        top = 1.1 * max(float(values.max()) for values in both)
        colours = (self._theme.model, self._theme.training)
        for number, values in enumerate(both):
            colour = colours[number]
            edges = np.linspace(cell.left(), cell.right(), len(values) + 1)
            heights = cell.bottom() - cell.height() * values / top
            x, y = np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)
            if number == 0:
                shade = QColor(colour)
                shade.setAlphaF(2 * FILL)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(shade)
                ends = np.r_[x[0], x, x[-1]], np.r_[cell.bottom(), y, cell.bottom()]
                painter.drawPolygon(arrayToQPolygonF(*ends))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colour), 1))
            painter.drawPolyline(arrayToQPolygonF(x, y))

    def _paint_pair(
        self, painter: QPainter, contours: Contours, cell: QRectF, colour: str, filled: bool
    ) -> None:
        """Contours of a pair, filled or not."""
        painter.save()
        painter.setClipRect(cell)
        painter.setPen(QPen(QColor(colour), 1))
        shade = QColor(colour)
        shade.setAlphaF(FILL)
        painter.setBrush(shade if filled else Qt.BrushStyle.NoBrush)
        for curves in contours:
            for curve in curves:
                x = cell.left() + cell.width() * curve[:, 0]
                y = cell.bottom() - cell.height() * curve[:, 1]
                painter.drawPolygon(arrayToQPolygonF(x, y))
        painter.restore()

    def _paint_axis(self, painter: QPainter, corner: Corner, k: int, cell: QRectF, below: bool) -> None:
        """Numbers and name of a coordinate's axis, below a cell or left of it."""
        low, high = float(corner.low[k]), float(corner.high[k])
        metrics = QFontMetrics(self._small)
        line = metrics.height()
        painter.setPen(QColor(self._theme.muted))
        centre = Qt.AlignmentFlag.AlignCenter
        room = cell.width() if below else cell.height()
        for value, text in self._ticks_that_fit(low, high, room, below):
            share = (value - low) / (high - low)
            if below:
                x, wide = cell.left() + share * cell.width(), metrics.horizontalAdvance(text)
                painter.drawLine(QPointF(x, cell.bottom()), QPointF(x, cell.bottom() + 3))
                # Within the cell: beside it stand the numbers of the next.
                start = min(max(x - wide / 2, cell.left()), cell.right() - wide)
                painter.drawText(QRectF(start, cell.bottom() + 3, wide + 1, line), centre, text)
            else:
                y = cell.bottom() - share * cell.height()
                painter.drawLine(QPointF(cell.left() - 3, y), QPointF(cell.left(), y))
                area = QRectF(0, y - line / 2, cell.left() - 5, line)
                painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(QColor(self._theme.text))
        name = metrics.elidedText(corner.names[k], Qt.TextElideMode.ElideRight, int(room))
        if below:
            painter.drawText(QRectF(cell.left(), cell.bottom() + line + 4, cell.width(), line), centre, name)
            return
        painter.save()
        painter.translate(line / 2 + 2, cell.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-cell.height() / 2, -line / 2, cell.height(), line), centre, name)
        painter.restore()

    def _ticks_that_fit(self, low: float, high: float, room: float, below: bool) -> list[tuple[float, str]]:
        """As many round numbers as have room beside or above one another, one at least."""
        metrics = QFontMetrics(self._small)
        found: list[tuple[float, str]] = []
        for most in (6, 4, 3, 2, 1):
            found = _ticks(low, high, most)
            sizes = [metrics.horizontalAdvance(text) if below else metrics.height() for _, text in found]
            if sum(sizes) + 8 * len(sizes) <= room:
                break
        return found[:1] if sum(sizes) > room else found

    def _paint_legend(self, painter: QPainter, corner: Corner) -> None:
        """Names of what is drawn, in the empty half."""
        line = QFontMetrics(self._small).height()
        lines = [("chains", self._theme.model)]
        if corner.data_densities is not None:
            lines.append(("training data", self._theme.training))
        lines.append(("contours: 50 %, 90 %", self._theme.muted))
        area = QRectF(0, PAD, self.width() - 2 * PAD, line)
        for text, colour in lines:
            painter.setPen(QColor(colour))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            area.translate(0, line)


def _ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers between two ends, with their texts."""
    width = (high - low) / most
    power = 10.0 ** math.floor(math.log10(width))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    form = f".{decimals}f" if decimals <= 4 and abs(high) < 1e5 and abs(low) < 1e5 else ".1e"
    first = math.ceil(low / step)
    return [(n * step, shown(n * step, form)) for n in range(first, math.floor(high / step) + 1)]
