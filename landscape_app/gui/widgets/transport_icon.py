"""The signs for moving and held, in a theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

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
