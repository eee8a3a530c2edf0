"""What colours mean: a bar with its ends, or a list of names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

BAR = 9
"""Height of the bar."""

LEAST_BAR = 70


class ColourKey(QWidget):
    """One line: a title, and a bar of colours between two numbers, or names in their colours."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Colour key")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = ""
        self._ends = ("", "")
        self._colours = np.zeros((0, 3), np.uint8)
        self._names: list[tuple[str, QColor]] = []
        self._small = QFont(self.font())
        self._small.setPointSizeF(8)

    @property
    def text(self) -> str:
        """What it says, in words."""
        if self._names:
            return f"{self._title} {' '.join(name for name, _ in self._names)}"
        return f"{self._title} {self._ends[0]} … {self._ends[1]}"

    def show_scale(self, title: str, low: str, high: str, colours: np.ndarray) -> None:
        """Shows a scale; colours from low to high, uint8, shape (n, 3)."""
        self._title, self._ends, self._names = title, (low, high), []
        self._colours = np.ascontiguousarray(colours)
        self.setAccessibleDescription(self.text)
        self.update()

    def show_names(self, title: str, names: Sequence[tuple[str, QColor]]) -> None:
        """Shows names in their colours."""
        self._title, self._names = title, list(names)
        self.setAccessibleDescription(self.text)
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(180, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """One line, and a short bar."""
        return QSize(LEAST_BAR, self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        painter = QPainter(self)
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        x = 0

        def write(text: str, colour: QColor, gap: int = 6) -> None:
            nonlocal x
            painter.setPen(colour)
            area = QRect(x, 0, metrics.horizontalAdvance(text) + 2, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            x = area.right() + gap

        if self._title:
            write(self._title, muted)
        for name, colour in self._names:
            write(name, colour, 4)
        if self._names or not len(self._colours):
            return
        write(self._ends[0], muted)
        width = self.width() - x - metrics.horizontalAdvance(self._ends[1]) - 8
        if width > 8:
            image = QImage(
                self._colours.data, len(self._colours), 1, 3 * len(self._colours), QImage.Format.Format_RGB888
            )
            painter.drawImage(QRect(x, (self.height() - BAR) // 2, width, BAR), image)
            x += width + 6
        write(self._ends[1], muted)
