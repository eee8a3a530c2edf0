"""Miniatures of panels in rounded frames."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, Qt

from landscape_app.experiments.figure import Panel, Style

SIZE, LARGE = QSize(84, 60), QSize(210, 150)
"""Sizes of a thumbnail in a list, and of one in a place of its own."""

DPI = 96
ROUNDING = 5.0


def thumbnail(panel: Panel, style: Style, ratio: float = 1.0, size: QSize = SIZE) -> QImage:
    """A miniature of a panel with so many device pixels for each of its own; drawn in any thread."""
    from landscape_app.experiments.render import miniature

    pixels = miniature(panel, style, size.width() / DPI, size.height() / DPI, DPI * ratio)
    height, width = pixels.shape[:2]
    drawn = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    picture = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QPainterPath()
    frame.addRoundedRect(QRectF(0.5, 0.5, size.width() - 1, size.height() - 1), ROUNDING, ROUNDING)
    painter.setClipPath(frame)
    painter.drawImage(QRectF(0, 0, size.width(), size.height()), drawn)
    painter.setClipping(False)
    painter.setPen(QPen(QColor(style.border), 1))
    painter.drawPath(frame)
    painter.end()
    return picture
