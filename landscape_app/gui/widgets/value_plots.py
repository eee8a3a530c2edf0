"""Plots of values per observable, against the inverse temperature, and of energy distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series, colour_in, legend


class BarPlot(Plot):
    """One bar per observable, around zero."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, limit: float) -> None:
        self._bars: pg.BarGraphItem | None = None
        self._band: pg.LinearRegionItem | None = None
        self._limit = limit
        self._values = np.zeros(0)
        super().__init__(name, title, tooltip, theme)
        self._band = pg.LinearRegionItem(
            (-limit, limit), orientation="horizontal", movable=False, pen=pg.mkPen(None)
        )
        self._band.setZValue(-10)
        self.addItem(self._band, ignoreBounds=True)
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.7)
        self.addItem(self._bars)
        self.getViewBox().disableAutoRange()
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._bars is not None:
            self._bars.setOpts(brush=QColor(theme.model), pen=pg.mkPen(None))
        if self._band is not None:
            shade = QColor(theme.model)
            shade.setAlphaF(0.14)
            self._band.setBrush(shade)

    def series(self) -> list[Series]:
        """The bars."""
        number = self.named_axis("bottom", "observable i")
        return [
            Series(
                (number, np.arange(1, len(self._values) + 1)), ((self.with_unit(self._title), self._values),)
            )
        ]

    def show_values(self, values: np.ndarray) -> None:
        """Draws the bars, shape (K,)."""
        assert self._bars is not None
        self._values = values
        self._bars.setOpts(x=np.arange(1, len(values) + 1), height=values.astype(float))
        reach = max(2 * self._limit, float(np.abs(values).max(initial=0)) * 1.15)
        reach = self._limit * 2 ** np.ceil(np.log2(reach / self._limit))
        self.setXRange(0.3, max(len(values), 1) + 0.7, padding=0)
        self.setYRange(-reach, reach, padding=0)


class TemperaturePlot(Plot):
    """Points against the inverse temperature β from 0 to 1, joined by a line.

    Args:
        colour: a field of the theme.
        highest: top of the vertical axis; None follows the points.
    """

    def __init__(
        self, name: str, title: str, tooltip: str, theme: Theme, colour: str, highest: float | None = None
    ) -> None:
        self._curve: pg.PlotDataItem | None = None
        self._colour_name = colour
        self._highest = highest
        self._points = np.zeros(0), np.zeros(0)
        super().__init__(name, title, tooltip, theme)
        self._curve = self.plot([], [], symbol="o", symbolSize=5, symbolPen=None)
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self.setXRange(0, 1, padding=0.04)
        self.setYRange(0, highest or 1.0, padding=0.04)
        self.label_axis("bottom", "β")
        self._show_numbers("left", False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._curve is not None:
            shade = colour_in(theme, self._colour_name)
            self._curve.setPen(pg.mkPen(shade, width=1.0))
            self._curve.setSymbolBrush(shade)

    def series(self) -> list[Series]:
        """The points."""
        betas, values = self._points
        return [Series((self.named_axis("bottom", "β"), betas), ((self.with_unit(self._title), values),))]

    def show_points(self, betas: np.ndarray, values: np.ndarray) -> None:
        """Draws the points, shapes (n,); none clears the plot."""
        assert self._curve is not None
        self._points = betas, values
        self._curve.setData(betas, values)
        self._show_numbers("left", len(values) > 0)
        if self._highest is None and len(values):
            self.setYRange(0, max(1e-6, float(values.max())), padding=0.04)


class HistogramPlot(Plot):
    """Densities of several sets of numbers on one axis."""

    def __init__(
        self, name: str, title: str, tooltip: str, theme: Theme, sets: Sequence[tuple[str, str]]
    ) -> None:
        self._sets = sets
        self._curves: list[pg.PlotDataItem] = []
        self._densities: tuple[np.ndarray, list[np.ndarray]] = (np.zeros(0), [np.zeros(0) for _ in sets])
        super().__init__(name, title, tooltip, theme)
        for _ in sets:
            self._curves.append(self.plot([], [], stepMode=None))
        self.getAxis("left").setWidth(14)
        self._show_numbers("left", False)
        self._show_numbers("bottom", False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for curve, (_, colour) in zip(self._curves, self._sets, strict=False):
            shade = colour_in(theme, colour)
            curve.setPen(pg.mkPen(shade, width=1.0))
            fill = QColor(shade)
            fill.setAlphaF(0.12)
            curve.setBrush(fill)
            curve.setFillLevel(0.0)
        self._show_title(legend(theme, self._title, self._sets))

    def series(self) -> list[Series]:
        """The density of every set at the middles of the bins."""
        middles, densities = self._densities
        energy = self.named_axis("bottom", self._title.rstrip(":"))
        columns = tuple(
            (f"density of {name} (per nat)", density)
            for (name, _), density in zip(self._sets, densities, strict=False)
        )
        return [Series((energy, middles), columns)]

    def show_sets(self, sets: Sequence[np.ndarray], bins: int = 28) -> None:
        """Draws the densities of the sets, each of shape (n,)."""
        self._show_numbers("bottom", True)
        everything = np.concatenate(sets)
        low, high = np.percentile(everything, [0.5, 99.5])
        margin = 0.05 * (high - low) + 1e-3
        edges = np.linspace(low - margin, high + margin, bins + 1)
        middles = (edges[:-1] + edges[1:]) / 2
        densities = [np.histogram(values, edges, density=True)[0] for values in sets]
        self._densities = middles, densities
        for curve, density in zip(self._curves, densities, strict=True):
            curve.setData(middles, density)
