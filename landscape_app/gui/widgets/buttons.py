"""A toggle switch, named buttons, and the icons of play and pause."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QCheckBox, QPushButton

TRACK = QSize(32, 18)
GAP = 8


class ToggleSwitch(QCheckBox):
    """On: accent track, knob to the right. Off: empty track, knob to the left."""

    def sizeHint(self) -> QSize:
        """Track, gap and text."""
        text = self.fontMetrics().size(0, self.text())
        return QSize(TRACK.width() + GAP + text.width() + 4, max(TRACK.height(), text.height()) + 6)

    def minimumSizeHint(self) -> QSize:
        """The same: the text is never cut."""
        return self.sizeHint()

    def hitButton(self, position: object) -> bool:
        """The whole widget switches."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws track, knob and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        palette = self.palette()
        accent = palette.color(group, QPalette.ColorRole.Highlight)
        line = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(group, QPalette.ColorRole.WindowText)
        top = (self.height() - TRACK.height()) / 2
        track = QRectF(1, top, TRACK.width(), TRACK.height())
        on = self.isChecked()
        painter.setPen(QPen(accent if on else line, 1.5 if not self.hasFocus() else 2.5))
        painter.setBrush(accent if on else QColor(Qt.GlobalColor.transparent))
        radius = TRACK.height() / 2
        painter.drawRoundedRect(track, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.HighlightedText) if on else line)
        x = track.right() - radius if on else track.left() + radius
        painter.drawEllipse(QPointF(x, track.center().y()), radius - 4, radius - 4)
        painter.setPen(text)
        area = self.rect().adjusted(TRACK.width() + GAP, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())


def named_button(name: str, text: str, tooltip: str) -> QPushButton:
    """A button with its object name, its name for screen readers and its explanation."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    button.setToolTip(tooltip)
    return button


SIDE = 32


def transport_icon(pause: bool, colour: str) -> QIcon:
    """Two bars, or a triangle that points to the right.

    Args:
        pause: the bars.
        colour: as #rrggbb.
    """
    picture = QPixmap(SIDE, SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    if pause:
        for left in (8, 19):
            painter.drawRect(QRectF(left, 6, 5, 20))
    else:
        painter.drawPolygon(QPolygonF([QPointF(9, 5), QPointF(9, 27), QPointF(26, 16)]))
    painter.end()
    return QIcon(picture)
