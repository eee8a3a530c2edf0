"""Plots of values per observable, against the inverse temperature, and of energy distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QResizeEvent

from landscape_app.gui.theme import Theme, rgb, signed_colours, signed_range
from landscape_app.gui.widgets.plots import Plot, Series, colour_in, legend, stroke
from landscape_app.language import english_of, tr


class BarPlot(Plot):
    """One bar per observable, around zero, and a shaded band: what is good, or what is held."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, limit: float) -> None:
        self._bars: pg.BarGraphItem | None = None
        self._band: pg.LinearRegionItem | None = None
        self._limit = limit
        self._tolerance: float | None = None
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
        self._show_heading()
        if self._bars is not None:
            self._bars.setOpts(brush=QColor(theme.model), pen=pg.mkPen(None))
        if self._band is not None:
            shade = QColor(theme.model)
            shade.setAlphaF(0.14)
            self._band.setBrush(shade)

    def series(self) -> list[Series]:
        """The bars."""
        number = self.named_axis("bottom", tr("observable i"))
        return [
            Series(
                (number, np.arange(1, len(self._values) + 1)), ((self.with_unit(self._title), self._values),)
            )
        ]

    def show_values(self, values: np.ndarray, tolerance: float | None = None) -> None:
        """Draws the bars, and a band up to the tolerance that they hold, which the title then says.

        Args:
            values: shape (K,).
            tolerance: in units of the values; None for the band of what is good.
        """
        assert self._bars is not None
        assert self._band is not None
        self._values, self._tolerance = values, tolerance
        limit = self._limit if tolerance is None else tolerance
        self._band.setRegion((-limit, limit))
        self._show_heading()
        self._bars.setOpts(x=np.arange(1, len(values) + 1), height=values.astype(float))
        reach = max(2 * self._limit, float(np.abs(values).max(initial=0)) * 1.15)
        reach = self._limit * 2 ** np.ceil(np.log2(reach / self._limit))
        self.setXRange(0.3, max(len(values), 1) + 0.7, padding=0)
        self.setYRange(-reach, reach, padding=0)

    def _show_heading(self) -> None:
        within = (
            "" if self._tolerance is None else tr(", all within ±{tolerance:.2g}", tolerance=self._tolerance)
        )
        self._show_title(self._title + within)


class TablePlot(Plot):
    """Signed numbers as colours around zero: a table, or images side by side, each with a bar below where wanted."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        self._image: pg.ImageItem | None = None
        self._bar: pg.ColorBarItem | None = None
        self._values = np.zeros((0, 0))
        self._heading = ""
        self._columns = 1
        self._shares: np.ndarray | None = None
        self._bars: list[pg.BarGraphItem] = []
        super().__init__(name, title, tooltip, theme)
        self._bars = [pg.BarGraphItem(x0=[], y0=[], width=[], height=0) for _ in range(2)]
        self._image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self._image)
        self._bar = pg.ColorBarItem(width=10, interactive=False)
        self._bar.axis.enableAutoSIPrefix(False)
        self._bar.axis.setTickFont(self.getAxis("left").style["tickFont"])
        self._bar.axis.setWidth(34)
        layout = self.getPlotItem().layout
        layout.addItem(self._bar, 2, 4)
        title = self.getPlotItem().titleLabel
        layout.removeItem(title)
        layout.addItem(title, 0, 0, 1, 5)
        layout.setColumnFixedWidth(3, 6)
        for side in ("left", "bottom"):
            self.getPlotItem().hideAxis(side)
        self.getViewBox().invertY(True)
        self.setAspectLocked(True)
        for bars in self._bars:
            self.addItem(bars)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        self._show_title(self._heading or self._title)
        self.showGrid(x=False, y=False)
        if self._image is not None and self._bar is not None:
            self._bar.axis.setPen(pg.mkPen(theme.border))
            self._bar.axis.setTextPen(pg.mkPen(theme.muted))
            self._draw()

    def series(self) -> list[Series]:
        """The numbers, row by row; of images one image a column."""
        if not self._values.size:
            return []
        flat = self._values.reshape(len(self._values), -1)
        columns = tuple((f"{self._title}, {i + 1}", row) for i, row in enumerate(flat))
        return [Series(("number", np.arange(1, flat.shape[1] + 1)), columns)]

    @property
    def shares(self) -> np.ndarray | None:
        """Lengths of the bars below the images, from 0 to 1, shape (n,); None without bars."""
        return self._shares

    def show_values(
        self,
        title: str,
        unit: str,
        meaning: str,
        values: np.ndarray,
        shares: np.ndarray | None = None,
        bars: str = "",
    ) -> None:
        """Draws a table, shape (rows, columns), or images, shape (n, height, width).

        Args:
            title: what the numbers are.
            unit: of the numbers.
            meaning: in words.
            values: the numbers.
            shares: lengths of a bar below each image, from 0 to 1, shape (n,); None for no bars.
            bars: the title with bars, short.
        """
        shown = bars if shares is not None else f"{title} ({unit})"
        if shown != self._heading:
            self._title, self._heading = title, shown
            self.setAccessibleName(title)
            self._show_title(shown)
        if meaning != self.toolTip():
            self.setToolTip(meaning)
        redraws = values is not self._values or (shares is None) != (self._shares is None)
        self._values, self._shares = values, shares if values.ndim == 3 else None
        if redraws:
            self._draw()
        else:
            self._draw_bars()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts images in as many columns as there is room for."""
        super().resizeEvent(event)
        if self._values.ndim == 3 and not self.closed:
            self._draw()

    def _draw(self) -> None:
        assert self._image is not None
        assert self._bar is not None
        values = self._values
        limit = signed_range(values)
        table = np.concatenate([signed_colours(self._theme), [[*rgb(self._theme.surface)]]]).astype(np.uint8)
        # One colour more than the scale has is that of the gaps between images.
        shown = np.clip(np.rint((values / limit + 1) * 127), 0, 254).astype(np.uint8)
        if shown.ndim == 3:
            below = 0 if self._shares is None else BAR_ROWS
            self._columns = _columns(shown.shape, self.width() / max(self.height(), 1), below)
            shown = _tiled(shown, 255, self._columns, below)
        self._image.setImage(shown, levels=(0, 255), lut=table, autoLevels=False)
        self._bar.setColorMap(pg.ColorMap(None, signed_colours(self._theme)))
        self._bar.setLevels((-limit, limit))
        self.setRange(xRange=(0, shown.shape[1]), yRange=(0, shown.shape[0]), padding=0.01)
        self._draw_bars()

    def _draw_bars(self) -> None:
        """Draws a bar below each image, over a track of its whole length."""
        if self._shares is None:
            for bars in self._bars:
                bars.setOpts(x0=[], y0=[], width=[], height=0)
            return
        count, (height, width) = len(self._values), self._values.shape[-2:]
        number = np.arange(count)
        left = number % self._columns * (width + 1) + 1
        top = number // self._columns * (height + 1 + BAR_ROWS) + height + 1.3
        lengths = (np.ones(count), np.clip(self._shares, 0, 1))
        for bars, length, colour in zip(
            self._bars, lengths, (self._theme.border, self._theme.text), strict=True
        ):
            bars.setOpts(
                x0=left,
                y0=top,
                width=width * length,
                height=BAR_ROWS - 0.6,
                brush=QColor(colour),
                pen=pg.mkPen(None),
            )


BAR_ROWS = 2
"""Rows of pixels that a bar below an image takes."""


def _columns(shape: tuple[int, ...], ratio: float, below: int) -> int:
    """Images in a row of a picture that is about `ratio` times as wide as high."""
    count, height, width = shape
    return min(count, max(1, round((count * ratio * (height + below) / width) ** 0.5)))


def _tiled(images: np.ndarray, gap: int, columns: int, below: int) -> np.ndarray:
    """Images of shape (n, height, width) in rows, with some free rows of pixels below each."""
    count, height, width = images.shape
    rows, high = -(-count // columns), height + 1 + below
    picture = np.full((rows * high + 1, columns * (width + 1) + 1), gap, images.dtype)
    for i, image in enumerate(images):
        top, left = i // columns * high + 1, i % columns * (width + 1) + 1
        picture[top : top + height, left : left + width] = image
    return picture


class TemperaturePlot(Plot):
    """Points against the inverse temperature β from 0 to 1, joined by a line, with their standard errors if known.

    Args:
        colour: a field of the theme.
        highest: top of the vertical axis; None follows the points.
    """

    def __init__(
        self, name: str, title: str, tooltip: str, theme: Theme, colour: str, highest: float | None = None
    ) -> None:
        self._curve: pg.PlotDataItem | None = None
        self._bars: pg.PlotDataItem | None = None
        self._colour_name = colour
        self._highest = highest
        self._points = np.zeros(0), np.zeros(0)
        self._errors: np.ndarray | None = None
        super().__init__(name, title, tooltip, theme)
        self._bars = self.plot([], [], connect="pairs")
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
        if self._curve is not None and self._bars is not None:
            shade = colour_in(theme, self._colour_name)
            self._curve.setPen(pg.mkPen(shade, width=1.0))
            self._curve.setSymbolBrush(shade)
            self._bars.setPen(pg.mkPen(shade, width=1.0))

    def series(self) -> list[Series]:
        """The points, with their standard errors."""
        betas, values = self._points
        columns = [(self.with_unit(self._title), values)]
        if self._errors is not None:
            columns.append(("standard error", self._errors))
        return [Series((self.named_axis("bottom", "β"), betas), tuple(columns))]

    def show_points(self, betas: np.ndarray, values: np.ndarray, errors: np.ndarray | None = None) -> None:
        """Draws the points and a standard error above and below, shapes (n,); none clears the plot."""
        assert self._curve is not None
        assert self._bars is not None
        self._points, self._errors = (betas, values), errors
        self._curve.setData(betas, values)
        reach = np.zeros(0) if errors is None else np.stack([values - errors, values + errors], 1).ravel()
        self._bars.setData(np.repeat(betas, 2)[: len(reach)], reach, connect="pairs")
        self._show_numbers("left", len(values) > 0)
        if self._highest is None and len(values):
            self.setYRange(0, max(1e-6, float(values.max()), *reach.tolist()), padding=0.04)


BINS = 28
"""Of a histogram of energies."""


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
            curve.setPen(stroke(theme, colour))
            fill = QColor(shade)
            fill.setAlphaF(0.12)
            curve.setBrush(fill)
            curve.setFillLevel(0.0)
        self._show_title(legend(theme, self._title, self._sets, strokes=True))

    def series(self) -> list[Series]:
        """The density of every set at the middles of the bins."""
        middles, densities = self._densities
        energy = self.named_axis("bottom", english_of(self._title).rstrip(":"))
        columns = tuple(
            (f"density of {english_of(name)} (per nat)", density)
            for (name, _), density in zip(self._sets, densities, strict=False)
        )
        return [Series((energy, middles), columns)]

    def show_nothing(self) -> None:
        """Takes the curves away."""
        self._densities = np.zeros(0), [np.zeros(0)] * len(self._curves)
        for curve in self._curves:
            curve.setData([], [])

    def show_sets(self, sets: Sequence[np.ndarray]) -> None:
        """Draws the densities of the sets, each of shape (n,)."""
        self._show_numbers("bottom", True)
        everything = np.concatenate(sets)
        low, high = np.percentile(everything, [0.5, 99.5])
        margin = 0.05 * (high - low) + 1e-3
        edges = np.linspace(low - margin, high + margin, BINS + 1)
        middles = (edges[:-1] + edges[1:]) / 2
        densities = [np.histogram(values, edges, density=True)[0] for values in sets]
        self._densities = middles, densities
        for curve, density in zip(self._curves, densities, strict=True):
            curve.setData(middles, density)
