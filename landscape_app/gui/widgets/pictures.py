"""Small pictures of ink and of colours, for tables."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from landscape_app.gui.theme import Theme


def pixmap_of_ink(ink: np.ndarray, theme: Theme, side: int, ratio: float = 1.0) -> QPixmap:
    """A picture in the middle of a square, its pixels sharp.

    Args:
        ink: from 0 to 1, shape (height, width); or light of three colours, shape (height, width, 3).
        theme: colours of paper and ink.
        side: of the square, in logical pixels.
        ratio: device pixels for each of these.
    """
    steps = np.rint(255 * np.clip(ink, 0, 1)).astype(np.uint8)
    pixels = np.ascontiguousarray(steps if ink.ndim == 3 else theme.ink_table[steps])
    height, width = ink.shape[:2]
    drawn = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    wanted = max(1, round(side * ratio))
    shrinks = max(height, width) > wanted
    mode = Qt.TransformationMode.SmoothTransformation if shrinks else Qt.TransformationMode.FastTransformation
    scaled = drawn.scaled(wanted, wanted, Qt.AspectRatioMode.KeepAspectRatio, mode)
    picture = QPixmap(wanted, wanted)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.drawImage((wanted - scaled.width()) // 2, (wanted - scaled.height()) // 2, scaled)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def swatch(colour: QColor, side: int) -> QPixmap:
    """A square of one colour."""
    picture = QPixmap(side, side)
    picture.fill(colour)
    return picture
