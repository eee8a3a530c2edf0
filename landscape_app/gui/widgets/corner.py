"""Corner plot: densities of coordinates one by one and in pairs, of chains and of data."""

from __future__ import annotations

import html
import math
from abc import abstractmethod
from datetime import datetime

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.counting import in_signs
from landscape_app.data import ColumnMeaning
from landscape_app.data.columns import WHOLE_DAYS
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import show_description
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.gui.widgets.plots import PlotMenu, Series
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.chain_plots import Contours, Corner

PAD, GAP = 6, 5
FILL = 0.16
SMALL_POINTS = 7.5

DOT, FEW = 2.6, 100
"""Diameter of a dot in pixels, and number of rows below which they lie over the chains."""

LONGEST_WORD = 10
"""Letters of a word beside a vertical axis."""

TICK_GAP = 4
"""Pixels between two numbers of an axis, at least."""

LONG = 1e7
"""Numbers from which on an axis has powers of ten."""

FAR_DIGITS = 3
"""Digits that tell numbers of an axis apart from which on all of them are written: 100000050, not 1.0e+08."""

YEAR, MONTH, DAYS_OF_YEARS = 365.25, 365.25 / 12, 300.0
"""Days of a year and of a month, and the spread from which on an axis of dates has years."""

EXPLANATION = tr(
    "<b>Corner plot</b>: on the diagonal the density of each coordinate, per unit of it, from zero at the base; "
    "below it the densities of each pair, by contours around half and nine tenths of the probability, or each draw "
    "as a dot where there are few.<br>Filled and large: the chains; lines and small: the training data, where they "
    "are known. Categories have bars side by side, and dots in a band for each word.<br>Good: both have the same "
    "modes, widths and correlations."
)
NOTHING = tr(
    "A corner plot takes two coordinates or quantities at least, which change. It is drawn for points and tables of "
    "up to eight columns, and for files of draws"
)


class PairsPlot(QWidget):
    """A plot with a cell for each pair of coordinates; it describes what is under the pointer.

    Args:
        theme: colours.
        name: of the widget.
        title: of the plot, for screen readers.
        explanation: what it shows.

    Signals:
        pair_chosen: numbers of the coordinates across and up of a cell that was clicked.
    """

    accessible_role = QAccessible.Role.Chart

    pair_chosen = Signal(int, int)

    def __init__(self, theme: Theme, name: str, title: str, explanation: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(explanation)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(184, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.menu = PlotMenu(self, self.series)
        self._small = QFont(self.font())
        self._small.setPointSizeF(SMALL_POINTS)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    @abstractmethod
    def series(self) -> list[Series]:
        """The numbers that are shown."""

    @abstractmethod
    def describe(self, position: QPoint) -> str:
        """Description of the pair at a position."""

    def event(self, event: QEvent) -> bool:
        """Describes what is under the pointer."""
        return show_description(self, event, self.describe) or super().event(event)

    def _paint_focus(self, painter: QPainter) -> None:
        """A frame where the keys are heard."""
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class CornerView(PairsPlot):
    """Draws a corner plot.

    Args:
        theme: colours.
        advice: what a click on a pair does, in words.
    """

    def __init__(self, theme: Theme, advice: str = "") -> None:
        super().__init__(theme, "plot-corner", tr("Corner plot"), EXPLANATION)
        self._advice = f"<br>{advice}" if advice else ""
        self._corner: Corner | None = None
        self._names = (tr("chains"), tr("training data"))
        self._left = 0

    def show_corner(
        self, corner: Corner | None, chains: str = tr("chains"), data: str = tr("training data")
    ) -> None:
        """Draws these densities, or says why there are none.

        Args:
            corner: to draw.
            chains: what the legend calls the chains.
            data: what it calls the data.
        """
        if corner is not self._corner:
            self._corner, self._names = corner, (chains, data)
            self._left = self._widest_tick()
            self.update()

    def _widest_tick(self) -> int:
        """Pixels of the longest number of the vertical axes."""
        metrics, corner = QFontMetrics(self._small), self._corner
        texts = ["−0.0000"]
        if corner is not None:
            for k, column in enumerate(corner.columns):
                if column.values:
                    texts += [shortened(word, LONGEST_WORD) for word in column.values]
                elif k:
                    texts += [text for _, text in column_ticks(column, corner.low[k], corner.high[k], 4)]
        return max(metrics.horizontalAdvance(text) for text in texts)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the pair under the pointer."""
        pair = self._pair_at(event.position())
        if pair is not None and pair[0] != pair[1] and event.button() == Qt.MouseButton.LeftButton:
            self.pair_chosen.emit(*pair)
        super().mousePressEvent(event)

    def _pair_at(self, position: QPointF) -> tuple[int, int] | None:
        count = 0 if self._corner is None else len(self._corner.names)
        pairs = ((across, up) for up in range(count) for across in range(up + 1))
        return next((pair for pair in pairs if self.cell(*pair).contains(position)), None)

    def series(self) -> list[Series]:
        """Densities of each coordinate."""
        corner = self._corner
        if corner is None:
            return []
        found = []
        for k, name in enumerate(corner.names):
            both = [("chains", corner.densities[k])]
            if corner.data_densities is not None:
                both.append(("data", corner.data_densities[k]))
            both = [(who, values) for who, values in both if len(values)]
            column = corner.columns[k] if corner.columns else None
            what, middles = "density", _middles(corner, k, len(both[-1][1]))
            if column is not None and column.values:
                what = "share"
            elif column is not None and column.is_log:
                middles = np.exp(middles)
                what = "density by its natural logarithm"
            per = "" if what == "share" else ", per unit"
            values = tuple((f"{what} of the {who}{per}", heights) for who, heights in both)
            found.append(Series((name, middles), values))
        return found

    def cell(self, across: int, up: int) -> QRectF:
        """Rectangle of a pair's density, or of a coordinate's where both are one."""
        assert self._corner is not None
        metrics = QFontMetrics(self._small)
        count, line = len(self._corner.names), metrics.height()
        left, below = self._left + line + PAD + 3, 2 * line + PAD + 4
        width = (self.width() - left - PAD) / count
        height = (self.height() - below - PAD) / count
        return QRectF(left + across * width, PAD + up * height, width - GAP, height - GAP)

    def describe(self, position: QPoint) -> str:
        """Description of the density at a position."""
        corner, pair = self._corner, self._pair_at(QPointF(position))
        if corner is None or pair is None:
            return EXPLANATION
        across, up = pair
        name, other = html.escape(corner.names[up]), html.escape(corner.names[across])
        column = corner.columns[up] if corner.columns else None
        if across == up:
            if column is not None and column.values:
                return tr("<b>Shares of {name}</b>, from zero at the base", name=name)
            if column is not None and column.is_date:
                return tr("<b>Density of {name}</b>, per day, from zero at the base", name=name)
            if column is not None and column.is_log:
                return tr(
                    "<b>Density of {name}</b>, per unit of its natural logarithm, from zero at the base",
                    name=name,
                )
            return tr("<b>Density of {name}</b>, per unit of it, from zero at the base", name=name)
        contoured = (pair in corner.pairs, pair in corner.data_pairs)
        parts = [
            f"{who}: {tr('contours around 50% and 90% of the probability') if by_contours else tr('a dot each')}"
            for who, by_contours in zip(
                self._names[: 1 + (corner.data_densities is not None)], contoured, strict=False
            )
            if who
        ]
        both = tr("<b>{name}</b> against <b>{other}</b>", name=name, other=other)
        return f"{both}: {html.escape('; '.join(parts))}{self._advice}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the densities."""
        painter = QPainter(self)
        corner = self._corner
        if corner is None:
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, NOTHING)
            self._paint_focus(painter)
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
                    self._paint_both(painter, corner, (across, up), cell)
                self._paint_fixed(painter, corner, (across, up), cell)
                if up == count - 1:
                    self._paint_axis(painter, corner, across, cell, below=True)
                if across == 0 and up > 0:
                    self._paint_axis(painter, corner, up, cell, below=False)
        self._paint_legend(painter, corner)
        self._paint_focus(painter)

    def _paint_both(self, painter: QPainter, corner: Corner, pair: tuple[int, int], cell: QRectF) -> None:
        """A pair of coordinates, of data and of chains."""
        colour, dots = self._theme.training, corner.data_dots
        by_dots = pair not in corner.data_pairs and len(dots) > 0
        if by_dots and len(dots) >= FEW:
            self._paint_dots(painter, dots[:, pair], cell, colour, 0.5)
        if pair in corner.pairs:
            self._paint_pair(painter, corner.pairs[pair], cell, self._theme.model, True)
        elif len(corner.dots):
            self._paint_dots(painter, corner.dots[:, pair], cell, self._theme.model, 0.8)
        if pair in corner.data_pairs:
            self._paint_pair(painter, corner.data_pairs[pair], cell, colour, False)
        elif by_dots and len(dots) < FEW:
            self._paint_dots(painter, dots[:, pair], cell, colour, 1.0)

    def _paint_dots(
        self, painter: QPainter, places: np.ndarray, cell: QRectF, colour: str, opacity: float
    ) -> None:
        """Dots at places, in shares of the axes, shape (n, 2)."""
        x = cell.left() + cell.width() * places[:, 0]
        y = cell.bottom() - cell.height() * places[:, 1]
        shade = QColor(colour)
        shade.setAlphaF(opacity)
        painter.save()
        painter.setClipRect(cell)
        painter.setPen(QPen(shade, DOT, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(arrayToQPolygonF(x, y))
        painter.restore()

    def _paint_fixed(self, painter: QPainter, corner: Corner, pair: tuple[int, int], cell: QRectF) -> None:
        """Lines at the values that a condition gives to a cell's coordinates."""
        painter.setPen(QPen(QColor(self._theme.accent), 1.4, Qt.PenStyle.DashLine))
        across, up = pair
        if across in corner.fixed:
            x = cell.left() + cell.width() * corner.fixed[across]
            painter.drawLine(QPointF(x, cell.top()), QPointF(x, cell.bottom()))
        if up in corner.fixed and up != across:
            y = cell.bottom() - cell.height() * corner.fixed[up]
            painter.drawLine(QPointF(cell.left(), y), QPointF(cell.right(), y))

    def _paint_density(self, painter: QPainter, corner: Corner, k: int, cell: QRectF) -> None:
        """A coordinate's density as steps, filled for the chains; of a category bars side by side."""
        both = [(corner.densities[k], self._theme.model)]
        if corner.data_densities is not None:
            both.append((corner.data_densities[k], self._theme.training))
        both = [(values, colour) for values, colour in both if len(values) and values.any()]
        if not both:
            return
        top = 1.1 * max(float(values.max()) for values, _ in both)
        if corner.columns and corner.columns[k].values:
            for values, colour in both:
                left = 0.5 if len(both) > 1 and colour != self._theme.model else 0.1
                share_of_place = 0.8 / len(both)
                width = cell.width() / len(values)
                for word, share in enumerate(values):
                    height = cell.height() * share / top
                    shade = QColor(colour)
                    shade.setAlphaF(4 * FILL if colour == self._theme.model else 2 * FILL)
                    bar = QRectF(
                        cell.left() + (word + left) * width,
                        cell.bottom() - height,
                        share_of_place * width,
                        height,
                    )
                    painter.fillRect(bar, shade)
                    painter.setPen(QPen(QColor(colour), 1))
                    painter.drawRect(bar)
            return
        for values, colour in both:
            edges = np.linspace(cell.left(), cell.right(), len(values) + 1)
            heights = cell.bottom() - cell.height() * values / top
            x, y = np.repeat(edges, 2)[1:-1], np.repeat(heights, 2)
            if colour == self._theme.model:
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
        column = corner.columns[k] if corner.columns else None
        for value, text in self._ticks_that_fit(column, low, high, room, below):
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
                # Within the cell, as above and below it stand the numbers of others.
                start = min(max(y - line / 2, cell.top()), cell.bottom() - line)
                area = QRectF(0, start, cell.left() - 5, line)
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

    def _ticks_that_fit(
        self, column: ColumnMeaning | None, low: float, high: float, room: float, below: bool
    ) -> list[tuple[float, str]]:
        """As many round numbers as have room beside or above one another, one at least; of a category all words."""
        metrics = QFontMetrics(self._small)
        found: list[tuple[float, str]] = []
        if column is not None and column.values:
            each = int(room / len(column.values)) if below else self._left
            if not below and metrics.height() > room / len(column.values):
                return []
            return [
                (float(i), metrics.elidedText(word, Qt.TextElideMode.ElideRight, max(each - 2, 8)))
                for i, word in enumerate(column.values)
            ]
        for most in (6, 4, 3, 2, 1):
            found = column_ticks(column, low, high, most)
            sizes = np.array(
                [metrics.horizontalAdvance(text) if below else metrics.height() for _, text in found]
            )
            places = (np.array([place for place, _ in found]) - low) / (high - low) * room
            # Numbers stay within their cell, as beside it stand those of the next.
            places = np.clip(places, sizes / 2, np.maximum(room - sizes / 2, sizes / 2))
            if (np.diff(places) >= (sizes[1:] + sizes[:-1]) / 2 + TICK_GAP).all():
                return found
        return found[:1]

    def _paint_legend(self, painter: QPainter, corner: Corner) -> None:
        """Names of what is drawn, in the empty half."""
        metrics = QFontMetrics(self._small)
        line = metrics.height()
        lines = [(self._names[0], self._theme.model)] if self._names[0] else []
        if corner.data_densities is not None:
            lines.append((self._names[1], self._theme.training))
        if corner.pairs or corner.data_pairs:
            lines.append((tr("contours: 50%, 90%"), self._theme.muted))
        if corner.fixed:
            lines.append((tr("dashed: fixed"), self._theme.accent))
        room = self.width() - 2 * PAD - self.cell(0, 0).right() - PAD
        area = QRectF(self.width() - 2 * PAD - room, PAD, room, line)
        for text, colour in lines:
            painter.setPen(QColor(colour))
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            area.translate(0, line)


def _middles(corner: Corner, k: int, bins: int) -> np.ndarray:
    edges = np.linspace(corner.low[k], corner.high[k], bins + 1)
    return (edges[1:] + edges[:-1]) / 2


def column_ticks(column: ColumnMeaning | None, low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers between two ends of an axis, with their texts in the unit of the file.

    Args:
        column: on a log scale the ends are natural logarithms; None for plain numbers.
        low: lower end.
        high: upper end.
        most: ticks wanted, about.
    """
    if column is None or not (column.is_log or column.is_date):
        return _ticks(low, high, most)
    if column.is_date:
        if column.scale >= DAYS_OF_YEARS:
            years = _ticks(1970 + low / YEAR, 1970 + high / YEAR, most)
            return [
                ((datetime(round(y), 1, 1) - datetime(1970, 1, 1)).days, f"{y:.0f}")
                for y, _ in years
                if y % 1 == 0
            ]
        if column.scale >= WHOLE_DAYS and high - low > 2 * MONTH:
            return _months(low, high, most)
        return [(place, column.text_in_unit(place)) for place, _ in _ticks(low, high, most)]
    decades = (high - low) / math.log(10)
    if decades < 0.5:
        inside = _ticks(math.exp(low), math.exp(high), most)
        return [(math.log(value), text) for value, text in inside if value > 0]
    factors = (1, 2, 5) if decades < most / 3 else (1, 3) if decades < most / 2 else (1,)
    step = max(1, math.ceil(decades / most))
    powers = range(math.floor(low / math.log(10)), math.ceil(high / math.log(10)) + 1)
    values = [factor * 10.0**power for power in powers if power % step == 0 for factor in factors]
    return [(math.log(v), f"{v:g}") for v in values if low <= math.log(v) <= high]


def _months(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """First days of every so many-th month between two days since 1970, with year and month."""
    wanted = (high - low) / MONTH / most
    step = next((months for months in (1, 2, 3, 4, 6) if 4 * months >= 3 * wanted), 12)
    first = datetime(1970, 1, 1)
    found = []
    for month in range(math.floor(low / MONTH) // step * step, math.ceil(high / MONTH) + 1, step):
        year, of_year = divmod(month, 12)
        place = (datetime(1970 + year, 1 + of_year, 1) - first).days
        if low <= place <= high:
            found.append((float(place), f"{1970 + year}-{1 + of_year:02}"))
    return found


def _ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers between two ends, with their texts."""
    width = (high - low) / most
    power = 10.0 ** math.floor(math.log10(width))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    most_digits = math.ceil(math.log10(max(abs(low), abs(high), step) / step))
    is_plain = decimals <= 4 and (max(abs(low), abs(high)) < LONG or most_digits > FAR_DIGITS)
    form = f".{decimals}f" if is_plain else f".{max(1, most_digits - 1)}e"
    first = math.ceil(low / step)
    found = [(n * step, shown(n * step, form)) for n in range(first, math.floor(high / step) + 1)]
    return found if is_plain else [(place, in_signs(text) if place else "0") for place, text in found]
