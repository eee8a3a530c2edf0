"""Plots of one observable: its values over one or two coordinates, with the data and what it responds to most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.gui.widgets.surface.shades import Quantity, ramp
from landscape_app.language import tr

MOST_POINTS = 1_000
"""Training items that are drawn."""

TOOLTIP = tr(
    "<b>Observable</b> fᵢ(x) over the range of data and chains: a curve, or from pale, low, to dark, high.<br>Small "
    "points: training data. Triangles: training items, in the colour of the points, and chains; of most fᵢ, pointing "
    "up, and of least, pointing down.<br>λᵢ fᵢ is its share of the energy: where λᵢ is positive, the model is less "
    "probable where fᵢ is high."
)


class Ends(NamedTuple):
    """Items, or chains, of most and of least f.

    Attributes:
        x: where they are, shape (m, coordinates).
        values: f, shape (m,).
        most: mask of those of most f, bool, shape (m,).
    """

    x: np.ndarray
    values: np.ndarray
    most: np.ndarray

    @property
    def symbols(self) -> list[str]:
        """A triangle that points up, or down, for each."""
        return ["t1" if most else "t" for most in self.most]


class Drawn(NamedTuple):
    """An observable over one or two coordinates.

    Attributes:
        name: of the observable.
        axes: places along each coordinate, shape (nodes,).
        values: f, shape (nodes,), or (nodes of the second, nodes of the first).
        names: of the coordinates.
        data: training items, shape (n, coordinates).
        of_data: those of most and least f.
        of_chains: chains of most and least f.
    """

    name: str
    axes: tuple[np.ndarray, ...]
    values: np.ndarray
    names: tuple[str, ...]
    data: np.ndarray
    of_data: Ends
    of_chains: Ends


class ObservablePlot(Plot):
    """An observable as a curve over a line, or as shades over a plane."""

    def __init__(self, theme: Theme) -> None:
        self._drawn: Drawn | None = None
        self._image: pg.ImageItem | None = None
        super().__init__("plot-observable", tr("Observable fᵢ(x)"), TOOLTIP, theme)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._curve = pg.PlotDataItem()
        self._data = pg.ScatterPlotItem(size=3, pxMode=True, pen=pg.mkPen(None))
        self._marks = [pg.ScatterPlotItem(size=10, pxMode=True) for _ in range(2)]
        for item in (self._image, self._curve, self._data, *self._marks):
            self.addItem(item)
        self._bar = pg.ColorBarItem(width=10, interactive=False)
        self._bar.axis.enableAutoSIPrefix(False)
        self._bar.axis.setTickFont(self.getAxis("left").style["tickFont"])
        self._bar.axis.setWidth(38)
        self.getPlotItem().layout.addItem(self._bar, 2, 4)
        self.getPlotItem().layout.setColumnFixedWidth(3, 6)
        self._bar.hide()
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._image is None:
            return
        self._curve.setPen(pg.mkPen(theme.accent, width=1.6))
        shade = QColor(theme.training)
        shade.setAlphaF(0.5)
        self._data.setBrush(shade)
        for marks, colour in zip(self._marks, (theme.training, theme.model), strict=True):
            marks.setBrush(QColor(colour))
            marks.setPen(pg.mkPen(theme.surface, width=1))
        self._bar.axis.setPen(pg.mkPen(theme.border))
        self._bar.axis.setTextPen(pg.mkPen(theme.muted))
        if self._drawn is not None:
            self.show_observable(self._drawn)

    def series(self) -> list[Series]:
        """The values at all places."""
        drawn = self._drawn
        if drawn is None:
            return []
        if len(drawn.axes) == 1:
            return [Series((drawn.names[0], drawn.axes[0]), ((drawn.name, drawn.values),))]
        up, across = np.meshgrid(drawn.axes[1], drawn.axes[0], indexing="ij")
        names = drawn.names
        return [
            Series((names[0], across.ravel()), ((names[1], up.ravel()), (drawn.name, drawn.values.ravel())))
        ]

    def show_observable(self, drawn: Drawn) -> None:
        """Draws an observable."""
        assert self._image is not None
        self._drawn = drawn
        flat = len(drawn.axes) == 2
        self._image.setVisible(flat)
        self._bar.setVisible(flat)
        self._curve.setVisible(not flat)
        self._show_title(f"{drawn.name}(x)")
        self.label_axis("bottom", drawn.names[0])
        self.label_axis("left", drawn.names[1] if flat else drawn.name)
        across = drawn.axes[0]
        data = drawn.data[:: max(1, len(drawn.data) // MOST_POINTS)]
        if flat:
            self._show_plane(drawn)
            self._data.setData(data[:, 0], data[:, 1])
            for marks, ends in zip(self._marks, (drawn.of_data, drawn.of_chains), strict=True):
                marks.setData(ends.x[:, 0], ends.x[:, 1], symbol=ends.symbols)
            return
        low, high = float(drawn.values.min()), float(drawn.values.max())
        room = 0.06 * (high - low) or 1.0
        self._curve.setData(across, drawn.values)
        self._data.setData(data[:, 0], np.full(len(data), low - room))
        for marks, ends in zip(self._marks, (drawn.of_data, drawn.of_chains), strict=True):
            marks.setData(ends.x[:, 0], ends.values, symbol=ends.symbols)
        self.setXRange(across[0], across[-1], padding=0)
        self.setYRange(low - 2 * room, high + room, padding=0)

    def _show_plane(self, drawn: Drawn) -> None:
        assert self._image is not None
        across, up = drawn.axes
        low, high = float(drawn.values.min()), float(drawn.values.max())
        high = high if high > low else low + 1.0
        colours = ramp(self._theme, Quantity.DENSITY)
        self._image.setImage(drawn.values, levels=(low, high), autoLevels=False)
        self._image.setColorMap(colours)
        cell = across[1] - across[0], up[1] - up[0]
        self._image.setRect(
            across[0] - cell[0] / 2, up[0] - cell[1] / 2, cell[0] * len(across), cell[1] * len(up)
        )
        self._bar.setColorMap(colours)
        self._bar.setLevels((low, high))
        self.setXRange(across[0], across[-1], padding=0)
        self.setYRange(up[0], up[-1], padding=0)
