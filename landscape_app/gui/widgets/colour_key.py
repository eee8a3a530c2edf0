"""The key to the colours of a mosaic: a strip of them with numbers beneath, and what they are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.arrangement import ColourScale
from landscape_app.gui.theme import Theme

STRIP = 8
"""Height of the strip."""

WIDTH = 170
"""Width that is asked for the strip."""

GAP = 8


class ColourKey(QWidget):
    """Shows a scale of colours, or nothing in the same place.

    Args:
        theme: colours of the text.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("colour-key")
        self.setAccessibleName("Key to the colours")
        self._theme = theme
        self._scale: ColourScale | None = None
        font = QFont(self.font())
        font.setPointSizeF(7.5)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def scale(self) -> ColourScale | None:
        """What it shows."""
        return self._scale

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def show_scale(self, scale: ColourScale | None) -> None:
        """Shows a scale, or none."""
        if scale != self._scale:
            self._scale = scale
            names = "" if scale is None else ", ".join(text for _, text in scale.labels)
            self.setAccessibleDescription("" if scale is None else f"{scale.title}: {names}")
            self.setToolTip("" if scale is None else f"Colour of the ink: {scale.title}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """A strip, the title beside it, and a line of numbers."""
        title = self.fontMetrics().horizontalAdvance(self._scale.title) + GAP if self._scale else 0
        return QSize(WIDTH + title, STRIP + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """As high, but of any width."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws title, strip and numbers."""
        if self._scale is None:
            return
        painter, metrics = QPainter(self), self.fontMetrics()
        title = metrics.horizontalAdvance(self._scale.title) + GAP
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(
            QRectF(0, 0, title, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self._scale.title,
        )
        strip = QRectF(title + GAP, 1, self.width() - title - 2 * GAP, STRIP)
        step = strip.width() / len(self._scale.colours)
        for i, colour in enumerate(self._scale.colours):
            painter.fillRect(QRectF(strip.x() + i * step, strip.y(), step + 0.5, STRIP), colour)
        for share, text in self._scale.labels:
            middle = strip.x() + share * strip.width()
            place = QRectF(middle - 40, STRIP, 80, self.height() - STRIP)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
