"""The marks of a figure as things on a plot, each changed in place when its numbers change."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import Any

import contourpy
import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics

from landscape_app.experiments.figure import (
    RESULTS,
    Bars,
    Curve,
    Heatmap,
    Images,
    Mark,
    Marker,
    Points,
    Role,
    mosaic_of,
)
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.panel_bounds import Scales
from landscape_app.gui.widgets.plots import LABELLED_AXIS

COLOUR_MAP = "viridis"
LINE, FAINT_LINE = 1.6, 0.8
FAINT, BAND, FILL = 0.35, 0.18, 0.30
"""Opacities of one curve of many, of the band about a curve, and of a histogram."""

BAR_PLACE = (2, 5)
"""Row and column of the colour bar in a plot's layout; a plot has one, of its first heat map."""

DECADES_BELOW = 30.0
"""How far below anything on view the foot of a bar lies on a logarithmic axis."""


def colour_of(role: Role, theme: Theme, opacity: float = 1.0) -> QColor:
    """The colour of a role."""
    names = {
        Role.MODEL: theme.model,
        Role.DATA: theme.training,
        Role.TRUTH: theme.text,
        Role.RIVAL: theme.held_out,
        Role.OTHER: theme.other,
        Role.ANY: theme.muted,
        **dict(zip(RESULTS, theme.results, strict=True)),
    }
    colour = QColor(names[role])
    colour.setAlphaF(opacity)
    return colour


def stroke_of(curve: Curve) -> Qt.PenStyle:
    """How a curve is drawn."""
    styles = Qt.PenStyle
    if curve.dotted:
        return styles.DashDotLine if curve.dashed else styles.DotLine
    return styles.DashLine if curve.dashed else styles.SolidLine


class MarkItem(ABC):
    """One mark on a plot.

    Args:
        plot: where it is drawn.
        depth: its place in the stack; 0 is the lowest.
    """

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        self._plot, self._depth = plot, depth
        self._height = 0
        self._items: list[Any] = []

    @abstractmethod
    def show(self, mark: Any, scales: Scales, theme: Theme) -> None:
        """Draws a mark of its kind."""

    def fit(self, height: int) -> None:
        """Takes the height of the plot in pixels, for names that have to be shortened to it."""
        self._height = height

    def remove(self) -> None:
        """Takes it off the plot."""
        for item in self._items:
            self._plot.removeItem(item)

    def _add(self, item: Any) -> Any:
        item.setZValue(self._depth)
        self._items.append(item)
        self._plot.addItem(item, ignoreBounds=True)
        return item


class CurveItem(MarkItem):
    """A line and its band."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._band = self._add(pg.PlotCurveItem(pen=None, fillLevel="enclosed"))
        self._line = self._add(pg.PlotCurveItem())

    def show(self, mark: Curve, scales: Scales, theme: Theme) -> None:
        """Draws the curve; numbers that are not finite leave gaps."""
        colour = colour_of(mark.role, theme, FAINT if mark.faint else 1.0)
        width = FAINT_LINE if mark.faint else LINE
        self._line.setPen(pg.mkPen(colour, width=width, style=stroke_of(mark)))
        x, y = scales.x(mark.x), scales.y(mark.y)
        _draw_line(self._line, x, y)
        if mark.low is None or mark.high is None:
            self._band.setData([], [])
            return
        low, high = scales.y(mark.low), scales.y(mark.high)
        known = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        self._band.setBrush(pg.mkBrush(colour_of(mark.role, theme, BAND)))
        self._band.setData(
            np.concatenate([x[known], x[known][::-1]]), np.concatenate([low[known], high[known][::-1]])
        )


class PointsItem(MarkItem):
    """Dots and their error bars."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._bars = self._add(pg.PlotCurveItem(connect="pairs"))
        self._dots = self._add(pg.ScatterPlotItem(pen=None))

    def show(self, mark: Points, scales: Scales, theme: Theme) -> None:
        """Draws the points that have a place."""
        x, y = scales.x(mark.x), scales.y(mark.y)
        known = np.isfinite(x) & np.isfinite(y)
        opacity = 0.85 if mark.size >= 4 else 0.45
        brush = pg.mkBrush(colour_of(mark.role, theme, opacity))
        self._dots.setData(x[known], y[known], size=mark.size * 1.2, brush=brush, pen=pg.mkPen(None))
        if mark.error is None:
            self._bars.setData([], [])
            return
        low, high = scales.y(mark.y - mark.error)[known], scales.y(mark.y + mark.error)[known]
        # On a logarithmic axis a bar that reaches zero has no end there.
        low = np.where(np.isfinite(low), low, y[known] - DECADES_BELOW)
        high = np.where(np.isfinite(high), high, y[known])
        self._bars.setPen(pg.mkPen(colour_of(mark.role, theme), width=1.0))
        self._bars.setData(np.repeat(x[known], 2), np.stack([low, high], axis=1).ravel(), connect="pairs")


class BarsItem(MarkItem):
    """A histogram as one outline, filled."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._outline = self._add(pg.PlotCurveItem())

    def show(self, mark: Bars, scales: Scales, theme: Theme) -> None:
        """Draws the bars that have a place."""
        self._outline.setPen(pg.mkPen(colour_of(mark.role, theme), width=1.0))
        self._outline.setBrush(pg.mkBrush(colour_of(mark.role, theme, FILL)))
        edges, heights = scales.x(mark.edges), scales.y(mark.heights)
        tops = heights[np.isfinite(heights)]
        foot = (float(tops.min()) if len(tops) else 0.0) - DECADES_BELOW if scales.y_log else 0.0
        left, right = edges[:-1], edges[1:]
        known = np.isfinite(left) & np.isfinite(right)
        tops = np.where(np.isfinite(heights), heights, foot)[known]
        x = np.stack([left[known], left[known], right[known], right[known]], axis=1).ravel()
        y = np.stack([np.full_like(tops, foot), tops, tops, np.full_like(tops, foot)], axis=1).ravel()
        self._outline.setFillLevel(foot)
        self._outline.setData(x, y)


class HeatmapItem(MarkItem):
    """A picture of numbers over a plane, its contours, and a bar that says what the colours are."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._picture = self._add(pg.ImageItem(axisOrder="row-major"))
        self._contours = self._add(pg.PlotCurveItem(connect="finite"))
        self._map = pg.colormap.get(COLOUR_MAP)
        self._bar = None if _has_bar(plot) else self._add_bar()
        self._name = ""

    def fit(self, height: int) -> None:
        """Shortens the name of the colour bar."""
        super().fit(height)
        if self._bar is not None:
            self._name_bar(self._bar)

    def remove(self) -> None:
        """Takes the bar off as well."""
        super().remove()
        if self._bar is not None:
            self._plot.layout.removeItem(self._bar)
            self._plot.layout.setColumnFixedWidth(BAR_PLACE[1] - 1, 0)
            self._plot.scene().removeItem(self._bar)

    def show(self, mark: Heatmap, scales: Scales, theme: Theme) -> None:
        """Draws the values; those that are not finite are left out."""
        rows, bottom, top = _even_cells(mark.y, scales.y_log)
        columns, left, right = _even_cells(mark.x, scales.x_log)
        if not len(rows) or not len(columns):
            self._picture.clear()
            self._contours.setData([], [])
            return
        values = np.asarray(mark.values, float)[np.ix_(rows, columns)]
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        span = (high - low) or 1.0
        share = np.nan_to_num((values - low) / span, nan=0.0, posinf=1.0, neginf=0.0)
        colours = self._map.getLookupTable(nPts=256, alpha=True)[(255 * share).astype(int)]
        colours[~np.isfinite(values), 3] = 0
        self._picture.setImage(colours.astype(np.uint8), levels=(0, 255))
        self._picture.setRect(QRectF(left, bottom, right - left, top - bottom))
        if self._bar is not None:
            self._bar.setLevels((low, low + span))
            self._name = mark.name
            self._bar.axis.setPen(pg.mkPen(theme.border))
            self._bar.axis.setTextPen(pg.mkPen(theme.muted))
            self._name_bar(self._bar)
        self._draw_contours(mark, scales)

    def _add_bar(self) -> pg.ColorBarItem:
        bar = pg.ColorBarItem(colorMap=self._map, width=9, interactive=False)
        bar.axis.enableAutoSIPrefix(False)
        bar.axis.setTickFont(self._plot.getAxis("left").style["tickFont"])
        bar.axis.setWidth(46)
        self._plot.layout.addItem(bar, *BAR_PLACE)
        self._plot.layout.setColumnFixedWidth(BAR_PLACE[1] - 1, 6)
        return bar

    def _name_bar(self, bar: pg.ColorBarItem) -> None:
        font = QFont()
        font.setPointSizeF(7.5)
        room = max(self._height - LABELLED_AXIS, 12)
        shown = QFontMetrics(font).elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        text = f'<span style="font-size:7.5pt">{html.escape(shown)}</span>'
        if bar.axis.labelText != text:
            bar.axis.setLabel(text)

    def _draw_contours(self, mark: Heatmap, scales: Scales) -> None:
        self._contours.setPen(pg.mkPen((255, 255, 255, 180), width=1.0))
        if not mark.contours or min(np.shape(mark.values)) < 2:
            self._contours.setData([], [])
            return
        masked = np.ma.masked_invalid(np.asarray(mark.values, float))
        found = contourpy.contour_generator(mark.x, mark.y, masked)
        pieces = [line for level in mark.contours for line in found.lines(level)]
        gap = np.full((1, 2), np.nan)
        points = np.concatenate([part for line in pieces for part in (line, gap)] or [gap])
        _draw_line(self._contours, scales.x(points[:, 0]), scales.y(points[:, 1]))


class MarkerItem(MarkItem):
    """A dotted line across the plot."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._line = self._add(pg.InfiniteLine())

    def show(self, mark: Marker, scales: Scales, theme: Theme) -> None:
        """Draws the line where it has a place."""
        at = float(scales.x(mark.at) if mark.upright else scales.y(mark.at))
        self._line.setVisible(bool(np.isfinite(at)))
        self._line.setPen(pg.mkPen(colour_of(mark.role, theme), width=1.2, style=Qt.PenStyle.DotLine))
        self._line.setAngle(90 if mark.upright else 0)
        if np.isfinite(at):
            self._line.setValue(at)


class ImagesItem(MarkItem):
    """Images among other marks: one mosaic, a unit of the axes per pixel, the first row on top."""

    def __init__(self, plot: pg.PlotItem, depth: int) -> None:
        super().__init__(plot, depth)
        self._picture = self._add(pg.ImageItem(axisOrder="row-major"))

    def show(self, mark: Images, scales: Scales, theme: Theme) -> None:
        """Draws the mosaic."""
        if not len(mark.images):
            self._picture.clear()
            return
        share = np.clip(np.nan_to_num(mosaic_of(mark)[::-1] / mark.top), 0.0, 1.0)
        self._picture.setImage(theme.ink_table[(255 * share).astype(int)], levels=(0, 255))


KINDS: dict[type, type[MarkItem]] = {
    Curve: CurveItem,
    Points: PointsItem,
    Bars: BarsItem,
    Heatmap: HeatmapItem,
    Marker: MarkerItem,
    Images: ImagesItem,
}


def item_for(mark: Mark) -> type[MarkItem]:
    """What draws marks of this kind."""
    return KINDS[type(mark)]


def _has_bar(plot: pg.PlotItem) -> bool:
    return plot.layout.columnCount() > BAR_PLACE[1] and plot.layout.itemAt(*BAR_PLACE) is not None


def _draw_line(item: pg.PlotCurveItem, x: np.ndarray, y: np.ndarray) -> None:
    if not (np.isfinite(x) & np.isfinite(y)).any():
        item.setData([], [])
    else:
        item.setData(x, y, connect="finite")


def _even_cells(centres: np.ndarray, logarithmic: bool) -> tuple[np.ndarray, float, float]:
    """Which cell stands at each of evenly spaced positions, and the positions of the outer edges."""
    n = len(centres)
    step = (centres[-1] - centres[0]) / (n - 1) if n > 1 else 1.0
    if n == 0 or not logarithmic:
        first, last = (float(centres[0]), float(centres[-1])) if n else (0.0, 0.0)
        return np.arange(n), first - step / 2, last + step / 2
    edges = centres[0] + step * (np.arange(n + 1) - 0.5)
    positive = centres[centres > 0]
    if not len(positive):
        return np.zeros(0, int), 0.0, 0.0
    low = np.log10(edges[edges > 0][0] if (edges > 0).any() else positive[0])
    high = np.log10(edges[-1])
    middles = 10 ** (low + (high - low) * (np.arange(2 * n) + 0.5) / (2 * n))
    return np.clip(np.searchsorted(edges, middles) - 1, 0, n - 1), float(low), float(high)
