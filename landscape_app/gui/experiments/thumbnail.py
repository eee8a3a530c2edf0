"""A panel as a miniature: its marks in the theme's colours, and nothing to read."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from landscape_app.experiments.figure import (
    Bars,
    Curve,
    Figure,
    Heatmap,
    Images,
    Mark,
    Marker,
    Panel,
    Points,
    mosaic_of,
)
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mark_items import BAND, COLOUR_MAP, FAINT, FILL, colour_of, stroke_of
from landscape_app.gui.widgets.panel_bounds import Bounds, bounds_of, scales_of

SIZE, LARGE = QSize(84, 60), QSize(210, 150)
"""Of a thumbnail, and of one that has a place of its own."""

MARGIN = 4.0
MOST_POINTS = 300
"""Points that are drawn of one mark."""

MOST_IMAGES = 5
"""Images in a row and in a column."""


def thumbnail(panel: Panel, theme: Theme, ratio: float = 1.0, size: QSize = SIZE) -> QPixmap:
    """A miniature of a panel, with so many device pixels for each of its own."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(0.5, 0.5, size.width() - 1, size.height() - 1)
    path = QPainterPath()
    path.addRoundedRect(frame, 5, 5)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(QColor(theme.paper if panel.is_of_images else theme.surface))
    painter.drawPath(path)
    painter.setClipPath(path)
    area = frame.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    for mark in panel.marks:
        _Miniature(painter, area, theme, panel).draw(mark)
    painter.end()
    return picture


def face_of(figure: Figure) -> Panel:
    """The panel that stands for a figure: the first that shows something."""
    return next((panel for panel in figure.panels if panel.marks), Panel("", ()))


class _Miniature:
    """Draws marks into an area."""

    def __init__(self, painter: QPainter, area: QRectF, theme: Theme, panel: Panel) -> None:
        self._painter, self._area, self._theme = painter, area, theme
        self._bounds: Bounds = bounds_of(panel)
        self._scales = scales_of(panel)

    def draw(self, mark: Mark) -> None:
        """Draws one mark."""
        match mark:
            case Curve():
                self._curve(mark)
            case Points():
                self._points(mark)
            case Bars():
                self._bars(mark)
            case Heatmap():
                self._heatmap(mark)
            case Images():
                self._images(mark)
            case Marker():
                self._marker(mark)

    def _places(self, x: np.ndarray, y: np.ndarray) -> list[QPointF]:
        """Where finite points lie, at most `MOST_POINTS` of them."""
        (left, right), (bottom, top) = self._bounds
        u = (self._scales.x(x) - left) / (right - left)
        v = (self._scales.y(y) - bottom) / (top - bottom)
        known = np.flatnonzero(np.isfinite(u) & np.isfinite(v))
        known = known[:: max(1, len(known) // MOST_POINTS)]
        area = self._area
        across = area.x() + np.clip(u[known], -1, 2) * area.width()
        down = area.bottom() - np.clip(v[known], -1, 2) * area.height()
        return [QPointF(a, b) for a, b in zip(across.tolist(), down.tolist(), strict=True)]

    def _curve(self, mark: Curve) -> None:
        painter = self._painter
        if mark.low is not None and mark.high is not None:
            outline = self._places(mark.x, mark.high) + self._places(mark.x, mark.low)[::-1]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour_of(mark.role, self._theme, BAND))
            painter.drawPolygon(QPolygonF(outline))
        colour = colour_of(mark.role, self._theme, FAINT if mark.faint else 1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 0.8 if mark.faint else 1.4, stroke_of(mark)))
        painter.drawPolyline(QPolygonF(self._places(mark.x, mark.y)))

    def _points(self, mark: Points) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour_of(mark.role, self._theme, 0.8 if mark.size >= 4 else 0.5))
        radius = 1.9 if mark.size >= 4 else 1.1
        for place in self._places(mark.x, mark.y):
            self._painter.drawEllipse(place, radius, radius)

    def _bars(self, mark: Bars) -> None:
        x = np.repeat(mark.edges, 2)[1:-1] if len(mark.edges) else mark.edges
        top = self._places(x, np.repeat(mark.heights, 2))
        if not top:
            return
        foot = self._area.bottom()
        outline = [QPointF(top[0].x(), foot), *top, QPointF(top[-1].x(), foot)]
        self._painter.setPen(QPen(colour_of(mark.role, self._theme), 0.8))
        self._painter.setBrush(colour_of(mark.role, self._theme, FILL))
        self._painter.drawPolygon(QPolygonF(outline))

    def _heatmap(self, mark: Heatmap) -> None:
        values = np.asarray(mark.values, float)[::-1]
        finite = values[np.isfinite(values)]
        if not len(finite):
            return
        share = (values - finite.min()) / ((finite.max() - finite.min()) or 1.0)
        table = pg.colormap.get(COLOUR_MAP).getLookupTable(nPts=256, alpha=False)
        colours = table[(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(int)]
        self._draw_pixels(colours, self._area, smooth=True)

    def _images(self, mark: Images) -> None:
        if not len(mark.images):
            return
        columns = min(mark.columns, MOST_IMAGES)
        rows = min(-(-len(mark.images) // mark.columns), MOST_IMAGES - 1)
        chosen = [i for i in range(len(mark.images)) if i % mark.columns < columns]
        few = Images(mark.images[chosen[: rows * columns]], columns, mark.top)
        share = np.clip(np.nan_to_num(mosaic_of(few) / few.top), 0, 1)
        height, width = share.shape
        scale = min(self._area.width() / width, self._area.height() / height)
        place = QRectF(0, 0, width * scale, height * scale)
        place.moveCenter(self._area.center())
        self._draw_pixels(self._theme.ink_table[(255 * share).astype(int)], place, smooth=False)

    def _marker(self, mark: Marker) -> None:
        (left, right), (bottom, top) = self._bounds
        at = float(self._scales.x(mark.at) if mark.upright else self._scales.y(mark.at))
        if not np.isfinite(at):
            return
        area = self._area
        self._painter.setPen(QPen(colour_of(mark.role, self._theme), 1.0, Qt.PenStyle.DotLine))
        if mark.upright:
            x = area.x() + (at - left) / (right - left) * area.width()
            self._painter.drawLine(QPointF(x, area.y()), QPointF(x, area.bottom()))
        else:
            y = area.bottom() - (at - bottom) / (top - bottom) * area.height()
            self._painter.drawLine(QPointF(area.x(), y), QPointF(area.right(), y))

    def _draw_pixels(self, colours: np.ndarray, place: QRectF, smooth: bool) -> None:
        pixels = np.ascontiguousarray(colours[..., :3], dtype=np.uint8)
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self._painter.drawImage(place, image)
