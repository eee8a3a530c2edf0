"""Small pictures: of data, of ink from 0 to 1, and of a colour."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic import MosaicPicture
from landscape_app.physics.space import Space

BINS, MARGIN = 40, 0.08
"""Bars of a histogram, and the share of a picture's side that stays free around points and bars."""

MOST_POINTS = 600
"""Points that are drawn, evenly from the first to the last."""

MOST_ROWS = 24
"""Rows of a table that are drawn, each a row of squares."""


def item_picture(
    items: np.ndarray, space: Space, theme: Theme, side: int, across: int = 3, ratio: float = 1.0
) -> QPixmap:
    """A square picture of some items of a data set.

    Args:
        items: in few bytes (`Space.compact`), shape (n, *shape).
        space: where they live.
        theme: colours.
        side: of the picture, in logical pixels.
        across: images in a row, and rows.
        ratio: pixels of the screen for a logical one.
    """
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.fill(QColor(theme.paper))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = QRectF(0, 0, picture.width(), picture.height())
    if space.is_discrete:
        if len(space.shape) == 1:
            images, across = space.as_levels(items[:MOST_ROWS])[None], 1
        else:
            images = space.as_images(items[: across**2])
        _draw_images(painter, area, images, space.levels, across, theme)
    else:
        numbers = items.reshape(len(items), -1).astype(np.float64)
        inside = area.adjusted(*(sign * MARGIN * area.width() for sign in (1, 1, -1, -1)))
        if numbers.shape[1] == 1:
            _draw_bars(painter, inside, numbers[:, 0], theme)
        else:
            _draw_points(painter, inside, numbers[:, :2], theme)
    painter.setPen(QPen(QColor(theme.border), ratio))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0, 0, -1, -1))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def _draw_images(
    painter: QPainter, area: QRectF, images: np.ndarray, levels: int, across: int, theme: Theme
) -> None:
    mosaic = MosaicPicture(images, levels, in_row=across)
    colours = np.ascontiguousarray(mosaic.table(theme)[mosaic.indices()])
    height, width = colours.shape[:2]
    image = QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    scale = min(area.width() / width, area.height() / height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 3)
    size = QRectF(0, 0, width * scale, height * scale)
    size.moveCenter(area.center())
    painter.drawImage(size, image)


def _draw_bars(painter: QPainter, area: QRectF, numbers: np.ndarray, theme: Theme) -> None:
    heights, _ = np.histogram(numbers, BINS)
    width = area.width() / BINS
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.training))
    for i, height in enumerate(heights / max(1, heights.max())):
        bar = QRectF(
            area.left() + i * width, area.bottom() - height * area.height(), width, height * area.height()
        )
        painter.drawRect(bar)


def _draw_points(painter: QPainter, area: QRectF, points: np.ndarray, theme: Theme) -> None:
    chosen = points[np.linspace(0, len(points) - 1, min(MOST_POINTS, len(points))).astype(int)]
    low, high = chosen.min(0), chosen.max(0)
    places = (chosen - low) / np.maximum(high - low, 1e-12)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.training))
    radius = max(0.8, area.width() / 110)
    for x, y in places:
        painter.drawEllipse(
            QPointF(area.left() + x * area.width(), area.bottom() - y * area.height()), radius, radius
        )


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
