"""A landscape over a plane: shades and contours, data, chains and their steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from landscape_app.gui.landscape.axes import LandscapeAxes, are_alike
from landscape_app.gui.landscape.marks import marks_of
from landscape_app.gui.landscape.shades import SPAN, Quantity, contour_lines, ramp
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plot_series import Series
from landscape_app.session import EnsembleSnapshot, Landscape

BAR_COLUMN = 4
TOOLTIP = (
    "<b>The landscape</b>: each shade is a value of the energy H(x) in nats, of −log p(x), or of the density p(x); "
    "deep is probable.<br>Chains move so that each place is visited as often as p says."
)


class ShadesItem(pg.ImageItem):
    """An image that is smooth between its pixels, and drawn anew only where it or the view has changed."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def paint(self, painter: QPainter, *arguments: QStyleOptionGraphicsItem | QWidget | None) -> None:
        """Draws the image."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *arguments)


class PlaneAxes(LandscapeAxes):
    """Shows a landscape of two coordinates; a unit is as long along both where their ranges are alike.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        self._landscape: Landscape | None = None
        self._quantity = Quantity.ENERGY
        self._picture: ShadesItem | None = None
        super().__init__("landscape-plane", "", TOOLTIP, theme)
        self.setAccessibleName("Landscape of two coordinates")
        self.setAspectLocked(True)
        self.label_axis("bottom", "x")
        self.label_axis("left", "y")
        self._picture = ShadesItem()
        self.contours = pg.PlotCurveItem(connect="finite")
        self.contours.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.data = pg.ScatterPlotItem(size=5, pen=None)
        for depth, item in enumerate((self._picture, self.contours, self.data)):
            item.setZValue(depth)
            self.addItem(item, ignoreBounds=True)
        self.bar = pg.ColorBarItem(width=11, interactive=False)
        self.bar.axis.enableAutoSIPrefix(False)
        self.bar.axis.setTickFont(self.getAxis("left").style["tickFont"])
        self.bar.axis.setWidth(46)
        layout = self.getPlotItem().layout
        layout.setContentsMargins(1, 8, 16, 4)
        layout.addItem(self.bar, 2, BAR_COLUMN)
        layout.setColumnFixedWidth(BAR_COLUMN - 1, 6)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        # What lies beyond a box's walls is told from what is improbable.
        self.getViewBox().setBackgroundColor(QColor(theme.window))
        if self._picture is None:
            return
        line = QColor(theme.text)
        line.setAlphaF(0.35)
        self.contours.setPen(pg.mkPen(line, width=1.0))
        dots = QColor(theme.training)
        dots.setAlphaF(0.75)
        self.data.setBrush(dots)
        self.bar.axis.setPen(pg.mkPen(theme.border))
        self.bar.axis.setTextPen(pg.mkPen(theme.muted))
        if self._landscape is not None:
            self._draw(self._landscape)

    def name_coordinates(self, names: Sequence[str]) -> None:
        """Says what the coordinates are called."""
        for side, name in zip(("bottom", "left"), names, strict=True):
            self.label_axis(side, name)

    def show_landscape(self, landscape: Landscape, quantity: Quantity) -> None:
        """Draws a landscape; its bounds are taken over where they are others than before."""
        before, self._landscape, self._quantity = self._landscape, landscape, quantity
        self._draw(landscape)
        if before is None or before.bounds != landscape.bounds:
            self.setAspectLocked(are_alike(landscape.bounds))
            self.set_bounds(landscape.bounds)

    def show_data(self, data: np.ndarray) -> None:
        """Draws data, shape (n, 2)."""
        self.data.setData(pos=data)

    def series(self) -> list[Series]:
        """The landscape node by node, the data, and the chains."""
        landscape = self._landscape
        if landscape is None:
            return []
        x, y = np.meshgrid(*landscape.axes)
        values = self._quantity.values(landscape)
        found = [
            Series(("x", x.ravel()), (("y", y.ravel()), (self._quantity.unit(2), values.ravel()))),
            *self.chains_series(),
        ]
        across, up = self.data.getData()
        if len(across):
            found.insert(1, Series(("data: x", across), (("data: y", up),)))
        return found

    def show_chains(self, view: EnsembleSnapshot) -> None:
        """Draws chains of two coordinates."""
        assert self.overlay is not None
        self.overlay.show_marks(marks_of(view, lambda places: places))

    def _draw(self, landscape: Landscape) -> None:
        assert self._picture is not None
        values = self._quantity.values(landscape)
        low, high = self._quantity.levels(values)
        shades = ramp(self._theme, self._quantity)
        shown = np.nan_to_num(values, nan=high, posinf=high, neginf=low)
        self._picture.setImage(
            shown.astype(np.float32), levels=(low, high), lut=shades.getLookupTable(nPts=256)
        )
        (left, right), (bottom, top) = landscape.bounds
        across, up = (
            (b - a) / (len(axis) - 1) for (a, b), axis in zip(landscape.bounds, landscape.axes, strict=True)
        )
        # A pixel is centred on its node, so the picture is a cell larger than the bounds.
        self._picture.setRect(
            QRectF(left - across / 2, bottom - up / 2, right - left + across, top - bottom + up)
        )
        self.bar.setColorMap(shades)
        self.bar.setLevels((low, high))
        cut = f", up to {SPAN:g} above the lowest" if high == low + SPAN else ""
        text = self._quantity.unit(2) + cut
        self.bar.axis.setLabel(f'<span style="font-size:7.5pt">{text}</span>')
        lines = contour_lines(landscape, self._quantity)
        self.contours.setData(lines[:, 0], lines[:, 1])
