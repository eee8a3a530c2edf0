"""An energy by pixel, as a picture with its scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from landscape_app.gui.image_landscape.scales import (
    colour_numbers,
    ink_colours,
    signed_colours,
    signed_range,
)
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.plot_menu import PlotMenu
from landscape_app.gui.widgets.plot_series import Series

BAR = 8
"""Width of the scale."""

GAP = 5

STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}

PIXEL_KEYS = KeyTable("In a map of energies", (("Left, Right, Up, Down", "Read the pixel beside"),))


class EnergyMapView(QWidget):
    """One map: its name, its pixels, a scale in nats, and its sum; what the pointer or the arrow keys are at is told.

    Args:
        name: object name.
        title: what is mapped.
        tooltip: what it means, in words.
        theme: colours.
    """

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip(tooltip)
        self._tooltip = tooltip
        self._title, self._note = title, ""
        self._values = np.zeros((0, 0))
        self._image = np.zeros((0, 0), np.uint8)
        self._theme = theme
        self._at = (0, 0)
        self.menu = PlotMenu(self, self.series)
        self._small = QFont(self.font())
        self._small.setPointSizeF(7.5)

    @property
    def values(self) -> np.ndarray:
        """The map on view, nats."""
        return self._values

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_map(self, title: str, values: np.ndarray, image: np.ndarray, note: str) -> None:
        """Shows a map.

        Args:
            title: what is mapped.
            values: nats, shape (height, width).
            image: the image's levels, shape (height, width).
            note: below the map.
        """
        self._title, self._values, self._image, self._note = title, values, image, note
        self.setAccessibleName(title)
        self.setAccessibleDescription(note)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if values.size else Qt.FocusPolicy.NoFocus)
        self._at = (0, 0)
        self.update()

    def series(self) -> list[Series]:
        """The energy of every pixel, and the image's level there."""
        rows, columns = (index.ravel() for index in np.indices(self._values.shape))
        energies = (f"{self._title} (nats)", self._values.ravel())
        return [Series(("row", rows), (("column", columns), ("level", self._image.ravel()), energies))]

    def explain(self, tooltip: str) -> None:
        """Says what the map means, in words."""
        self._tooltip = tooltip
        self.setToolTip(tooltip)

    def sizeHint(self) -> QSize:
        """A map of fair size."""
        return QSize(150, 170)

    def minimumSizeHint(self) -> QSize:
        """A map that can still be read."""
        return QSize(96, 112)

    def map_rect(self) -> QRect:
        """Where the map lies."""
        line = QFontMetrics(self._small).height()
        metrics = QFontMetrics(self._small)
        room = self.width() - BAR - 2 * GAP - metrics.horizontalAdvance("−0.88")
        height, width = self._values.shape if self._values.size else (1, 1)
        scale = max(1.0, min(room / width, (self.height() - 2 * line - GAP) / height))
        scale = float(int(scale))
        return QRect(1, line + 2, int(scale * width), int(scale * height))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws name, map, scale and note."""
        painter = QPainter(self)
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        line = metrics.height()
        area = self.map_rect()
        painter.setPen(QColor(self._theme.text))
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, title)
        if not self._values.size:
            return
        limit, colours, signed = self._scale()
        low = -limit if signed else 0.0
        pixels = np.ascontiguousarray(colours[colour_numbers(self._values, low, limit, len(colours))])
        height, width = self._values.shape
        painter.drawImage(area, QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888))
        bar = QRect(area.right() + GAP, area.top(), BAR, area.height())
        ramp = np.ascontiguousarray(colours[::-1])
        painter.drawImage(bar, QImage(ramp.data, 1, len(ramp), 3, QImage.Format.Format_RGB888))
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
        painter.drawRect(bar.adjusted(0, -1, 0, 0))
        painter.setPen(QColor(self._theme.muted))
        left = bar.right() + 4
        top = QRect(left, bar.top() - 1, self.width() - left, line)
        bottom = QRect(left, bar.bottom() - line + 1, self.width() - left, line)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, f"{limit:.2g}")
        painter.drawText(bottom, Qt.AlignmentFlag.AlignLeft, f"{low:.2g}".replace("-", "−"))
        note = metrics.elidedText(self._note, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, area.bottom() + 3, self.width(), line), Qt.AlignmentFlag.AlignLeft, note)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.pixel_rect(*self._at))

    def pixel_rect(self, row: int, column: int) -> QRect:
        """Where a pixel lies in the widget."""
        area = self.map_rect()
        height, width = self._values.shape
        side = area.height() // height, area.width() // width
        return QRect(area.x() + column * side[1], area.y() + row * side[0], side[1], side[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from pixel to pixel, and tell its value."""
        step = STEPS.get(Qt.Key(event.key()))
        if step is None or not self._values.size:
            super().keyPressEvent(event)
            return
        sides = self._values.shape
        row, column = (min(max(a + b, 0), side - 1) for a, b, side in zip(self._at, step, sides, strict=True))
        self._at = row, column
        place = self.pixel_rect(row, column)
        text = self.describe(place.center())
        self.setAccessibleDescription(text.partition("<br>")[0])
        QToolTip.showText(self.mapToGlobal(place.bottomRight()), text, self)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tells the note again."""
        super().focusOutEvent(event)
        self.setAccessibleDescription(self._note)

    def event(self, event: QEvent) -> bool:
        """Tells the value under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.describe(event.pos()), self)
            return True
        return super().event(event)

    def describe(self, position: QPoint) -> str:
        """What is at a position of the widget, in words."""
        area = self.map_rect()
        if not self._values.size or not area.contains(position):
            return self._tooltip
        height, width = self._values.shape
        row = min((position.y() - area.top()) * height // area.height(), height - 1)
        column = min((position.x() - area.left()) * width // area.width(), width - 1)
        value = f"{self._values[row, column]:+.2f}".replace("-", "−")
        where = f"Row {row + 1}, column {column + 1}, level {self._image[row, column]}"
        return f"{where}: {value} nats<br>{self._tooltip}"

    def _scale(self) -> tuple[float, np.ndarray, bool]:
        """The scale's end, its colours, and whether it goes below zero."""
        signed = bool((self._values < 0).any())
        colours = signed_colours(self._theme) if signed else ink_colours(self._theme)
        return signed_range(self._values), colours, signed
