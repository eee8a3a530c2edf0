"""A brush that paints the pixels of an image of levels, with the pointer or the keys."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.keys import ARROW_STEPS, KeyTable
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.language import tr

Pixels = tuple[tuple[int, int, int], ...]
"""(row, column, level) of each fixed pixel."""

FREE = -1
"""In place of the level of a free pixel."""

SIDE = 216
"""Height of the widget, and its width at least."""


BRUSH_KEYS = KeyTable(
    tr("In an image that is painted"),
    (
        ("Left, Right, Up, Down", tr("Move the cursor")),
        ("Space", tr("Paint")),
        ("Del", tr("Erase")),
    ),
)


class PixelBrush(PixelWidget):
    """Paints with the left button, erases with the right one; arrows move a cursor, Space paints, Delete erases.

    Signals:
        painted: the fixed pixels, after every change of a stroke.
        lifted: the stroke has ended.

    Args:
        theme: colours.
        name: object name.
        accessible_name: for screen readers.
        blank: that is left where a pixel is erased: `FREE`, or a level.

    Attributes:
        level: that is painted.
        size_of_brush: side of the square that is painted at once, in pixels.
    """

    painted = Signal(object)
    lifted = Signal()

    def __init__(
        self,
        theme: Theme,
        name: str = "pixel-brush",
        accessible_name: str = tr("Fixed pixels"),
        blank: int = FREE,
    ) -> None:
        super().__init__(name, accessible_name, 17)
        self._blank = blank
        self.setFixedHeight(SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.level = 16
        self.size_of_brush = 1
        self._table = np.full((8, 8), blank)
        self._cursor = (0, 0)
        self._last: tuple[int, int] | None = None
        self._erasing = False
        self.set_theme(theme)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(SIDE, SIDE)

    @property
    def pixels(self) -> Pixels:
        """The pixels that are painted: all, unless some are free."""
        return tuple((int(i), int(j), int(self._table[i, j])) for i, j in np.argwhere(self._table != FREE))

    @property
    def image(self) -> np.ndarray:
        """The levels, 0 where pixels are free, uint8, shape (height, width)."""
        return np.maximum(self._table, 0).astype(np.uint8)

    @property
    def cursor_at(self) -> tuple[int, int]:
        """Row and column of the keyboard's cursor."""
        return self._cursor

    def show_pixels(self, pixels: Iterable[tuple[int, int, int]]) -> None:
        """Shows fixed pixels; those outside the image are left out."""
        table = np.full(self._table.shape, self._blank)
        for row, column, level in pixels:
            if 0 <= row < table.shape[0] and 0 <= column < table.shape[1]:
                table[row, column] = level
        if not np.array_equal(table, self._table):
            self._table = table
            self._compose()

    def show_space(self, shape: tuple[int, int], levels: int) -> None:
        """Takes the size and the number of levels of the images; pixels inside stay fixed."""
        if (shape, levels) != (self._table.shape, self._levels):
            pixels = self.pixels
            self._table, self._levels = np.full(shape, self._blank), levels
            self.level = min(self.level, levels - 1)
            self._cursor = (0, 0)
            self.show_pixels(pixels)
            self._compose()

    def pixel_rect(self, row: int, column: int) -> QRect:
        """Rectangle of a pixel in the widget."""
        area, side = self._area()
        return QRect(area.x() + column * side, area.y() + row * side, side, side)

    def paint(self, row: int, column: int, level: int) -> None:
        """Sets the pixels under a brush in the middle of a pixel to a level, or to `FREE`."""
        first = [max(0, at - (self.size_of_brush - 1) // 2) for at in (row, column)]
        last = [at + self.size_of_brush // 2 + 1 for at in (row, column)]
        before = self._table.copy()
        self._table[first[0] : last[0], first[1] : last[1]] = level
        if not np.array_equal(before, self._table):
            self._compose()
            self.painted.emit(self.pixels)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a stroke: the left button paints, the right one erases."""
        at = self._pixel_at(event.position())
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) or at is None:
            return
        self._erasing = event.button() == Qt.MouseButton.RightButton
        self._last = self._cursor = at
        self.paint(*at, self._tool)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with the stroke, without a gap where the pointer was fast."""
        at = self._pixel_at(event.position())
        if self._last is None or at is None:
            return
        steps = max(abs(at[0] - self._last[0]), abs(at[1] - self._last[1]))
        for step in range(1, steps + 1):
            row, column = (round(a + (b - a) * step / steps) for a, b in zip(self._last, at, strict=True))
            self.paint(row, column, self._tool)
        self._last = self._cursor = at
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the stroke."""
        if self._last is not None:
            self._last = None
            self.lifted.emit()

    def event(self, event: QEvent) -> bool:
        """Keeps its keys from being taken for those of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the cursor, Space paints, Delete erases."""
        key = Qt.Key(event.key())
        if not _is_ours(event):
            super().keyPressEvent(event)
        elif key in ARROW_STEPS:
            height, width = self._table.shape
            row, column = (at + step for at, step in zip(self._cursor, ARROW_STEPS[key], strict=True))
            self._cursor = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
            self.update()
        else:
            self.paint(*self._cursor, self.level if key == Qt.Key.Key_Space else self._blank)
            self.lifted.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the cursor."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the cursor."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the painted pixels in ink, the free ones as paper with a dot, a grid, and the cursor."""
        painter = QPainter(self)
        area, side = self._area()
        if self._picture is not None:
            painter.drawImage(area, self._picture)
        height, width = self._table.shape
        painter.setPen(QPen(QColor(self._theme.border), 1))
        for row in range(height + 1):
            painter.drawLine(area.x(), area.y() + row * side, area.x() + width * side, area.y() + row * side)
        for column in range(width + 1):
            x = area.x() + column * side
            painter.drawLine(x, area.y(), x, area.y() + height * side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.muted))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, column in np.argwhere(self._table == FREE):
            painter.drawEllipse(QPointF(self.pixel_rect(row, column).center()), 1.5, 1.5)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.pixel_rect(*self._cursor).adjusted(1, 1, -1, -1))

    @property
    def _tool(self) -> int:
        return self._blank if self._erasing else self.level

    def _compose(self) -> None:
        colours = self._inked(np.maximum(self._table, 0))
        colours[self._table == FREE] = rgb(self._theme.raised)
        self._show_pixels(colours)

    def _area(self) -> tuple[QRect, int]:
        height, width = self._table.shape
        side = max(1, math.floor(min((self.width() - 1) / width, (self.height() - 1) / height)))
        corner = QPoint((self.width() - side * width) // 2, (self.height() - side * height) // 2)
        return QRect(corner, QSize(side * width, side * height)), side

    def _pixel_at(self, position: QPointF) -> tuple[int, int] | None:
        area, side = self._area()
        row, column = (
            math.floor((position.y() - area.y()) / side),
            math.floor((position.x() - area.x()) / side),
        )
        height, width = self._table.shape
        return (row, column) if 0 <= row < height and 0 <= column < width else None


def _is_ours(event: QKeyEvent) -> bool:
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
    return plain and (event.key() in ARROW_STEPS or event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete))
