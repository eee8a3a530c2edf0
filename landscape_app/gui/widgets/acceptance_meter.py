"""How often a kernel is accepted, beside how often it should be."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

TRACK = 4
NOTCH = 10
"""Height in pixels of the bar, and of the mark on it where the target is."""


class AcceptanceMeter(QWidget):
    """A bar filled to the acceptance rate, notched at its target, with both in words above it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("acceptance")
        self.setAccessibleName("Acceptance rate")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rate: float | None = None
        self._target = 0.5

    @property
    def text(self) -> str:
        """What the bar says, in words."""
        return f"{self._rate_text} accepted, best {self._target:.0%}"

    def show_rate(self, rate: float | None, target: float) -> None:
        """Shows a rate, None where it is not known yet, and its target."""
        before = self.text
        self._rate, self._target = rate, target
        if self.text != before:
            self.setAccessibleDescription(self.text)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the words and the bar."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance("100% accepted, best 100%") + 8, metrics.height() + NOTCH)

    def minimumSizeHint(self) -> QSize:
        """Room for the two numbers and the bar."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance("100%, best 100%") + 4, metrics.height() + NOTCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws words, bar and notch."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        ink = self.palette().color(group, QPalette.ColorRole.WindowText)
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        bar = QRectF(0, self.height() - (NOTCH + TRACK) / 2, self.width(), TRACK)
        area = self.rect().adjusted(0, 0, 0, -NOTCH)
        painter.setPen(ink)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._left_text())
        painter.setPen(muted)
        best = f"best {self._target:.0%}"
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, best)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(bar, TRACK / 2, TRACK / 2)
        if self._rate is not None:
            painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
            filled = QRectF(bar.topLeft(), QSizeF(self._rate * self.width(), TRACK))
            painter.drawRoundedRect(filled, TRACK / 2, TRACK / 2)
        painter.setBrush(QColor(ink))
        at = min(self._target * self.width(), self.width() - 2.0)
        painter.drawRect(QRectF(at - 1, bar.center().y() - NOTCH / 2, 2, NOTCH))

    @property
    def _rate_text(self) -> str:
        return "–" if self._rate is None else f"{self._rate:.0%}"

    def _left_text(self) -> str:
        """The rate, with what it is where there is room."""
        long = f"{self._rate_text} accepted"
        taken = self.fontMetrics().horizontalAdvance(f"{long} best {self._target:.0%}") + 4
        return long if taken <= self.width() else self._rate_text
