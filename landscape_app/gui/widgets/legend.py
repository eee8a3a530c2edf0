"""What the marks of a panel are, beside samples of them, in as many lines as the width needs."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.experiments.figure import Bars, Curve, Heatmap, Images, Mark, Marker, Panel, Points
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mark_items import FILL, colour_of, stroke_of

SAMPLE, GAP, BETWEEN = 18, 5, 12
"""Widths of a sample, of the gap behind it, and between two entries."""


class Legend(QWidget):
    """Names marks.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._marks: tuple[Mark, ...] = ()
        font = QFont(self.font())
        font.setPointSizeF(7.5)
        self.setFont(font)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def names(self) -> tuple[str, ...]:
        """What it names."""
        return tuple(_name(mark) for mark in self._marks)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_panel(self, panel: Panel) -> None:
        """Names the marks of a panel that have a name, each name once."""
        before = self.names
        first: dict[str, Mark] = {}
        for mark in panel.marks:
            if _name(mark):
                first.setdefault(_name(mark), mark)
        self._marks = tuple(first.values())
        if self.names != before:
            self.updateGeometry()
            self.setAccessibleName(", ".join(self.names))
            self.setToolTip("\n".join(self.names))
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Narrower is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines; of one where there is nothing, so that plots side by side are level."""
        places = [place for _, place in self._places(width)]
        return int(max((place.bottom() for place in places), default=float(self._line)))

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(120, self._line)

    def minimumSizeHint(self) -> QSize:
        """One line of any width."""
        return QSize(0, self._line)

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def _places(self, width: float) -> Iterator[tuple[Mark, QRectF]]:
        x = y = 0.0
        for mark in self._marks:
            text = self.fontMetrics().horizontalAdvance(_name(mark))
            wide = min(SAMPLE + GAP + text, width)
            if x > 0 and x + wide > width:
                x, y = 0.0, y + self._line
            yield mark, QRectF(x, y, wide, self._line)
            x += wide + BETWEEN

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws samples and names; a name that is too long ends with dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark, place in self._places(self.width()):
            self._paint_sample(painter, mark, QRectF(place.x(), place.y(), SAMPLE, place.height()))
            painter.setPen(colour_of_text(self._theme))
            area = place.adjusted(SAMPLE + GAP, 0, 1, 0)
            text = self.fontMetrics().elidedText(
                _name(mark), Qt.TextElideMode.ElideRight, int(area.width()) + 1
            )
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_sample(self, painter: QPainter, mark: Mark, area: QRectF) -> None:
        if isinstance(mark, Heatmap | Images):
            return
        colour, middle = colour_of(mark.role, self._theme), area.center().y()
        match mark:
            case Points():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawEllipse(area.center(), 2.6, 2.6)
            case Bars():
                painter.setPen(QPen(colour, 1))
                painter.setBrush(colour_of(mark.role, self._theme, FILL))
                painter.drawRect(QRectF(area.x() + 3, middle - 4, SAMPLE - 6, 8))
            case Curve() | Marker():
                style = stroke_of(mark) if isinstance(mark, Curve) else Qt.PenStyle.DotLine
                painter.setPen(QPen(colour, 1.8, style))
                painter.drawLine(QPointF(area.x(), middle), QPointF(area.right(), middle))


def colour_of_text(theme: Theme) -> str:
    """The colour of names."""
    return theme.muted


def _name(mark: Mark) -> str:
    """What stands in the legend; a heat map is named by its colour bar."""
    return "" if isinstance(mark, Heatmap | Images) else mark.name
