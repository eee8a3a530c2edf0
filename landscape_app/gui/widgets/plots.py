"""Plots of metrics against the epoch, of values per observable, and of energy distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont

from landscape_app.gui.theme import Theme

MOST_POINTS = 500
"""Points drawn per curve; longer histories are thinned evenly, their last point kept."""

LABELLED_AXIS = 31
"""Height of a horizontal axis with numbers and a name."""


class Plot(pg.PlotWidget):
    """A titled plot in the theme's colours, without mouse panning.

    Args:
        name: object name.
        title: what is shown, with its unit.
        tooltip: what it means, in words.
        theme: colours.
        axes: by their sides, where they are not ordinary ones.
    """

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, **axes: pg.AxisItem) -> None:
        super().__init__(axisItems=axes)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setMinimumSize(184, 110)
        self._title = title
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(False)
        self.hideButtons()
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=-4, tickTextOffset=4, maxTickLevel=1)
            font = QFont(self.font())
            font.setPointSizeF(7.5)
            axis.setTickFont(font)
        self.getAxis("left").setWidth(42)
        item = self.getPlotItem()
        item.layout.removeItem(item.titleLabel)
        item.layout.addItem(item.titleLabel, 0, 0, 1, 3)
        item.layout.setContentsMargins(1, 1, 16, 1)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
        self.showGrid(x=False, y=True, alpha=0.18)
        self._show_title(self._title)

    def _show_title(self, title: str) -> None:
        if not title:
            return
        self.setTitle(f'<span style="color:{self._theme.text}; font-size:8.5pt">{title}</span>')

    def _show_numbers(self, side: str, shown: bool) -> None:
        """Shows an axis's numbers, or hides them while there is nothing to read off."""
        axis = self.getAxis(side)
        if axis.style["showValues"] != shown:
            axis.setStyle(showValues=shown)

    def label_axis(self, side: str, text: str) -> None:
        """Names an axis."""
        self.setLabel(side, f'<span style="font-size:7.5pt">{text}</span>')
        if side == "bottom":
            self.getAxis(side).setHeight(LABELLED_AXIS)


class LogAxis(pg.AxisItem):
    """Ticks at the decades, or at 1, 2 and 5 where the range is short."""

    def logTickValues(self, minimum: float, maximum: float, size: float, levels: object) -> list:
        """Positions of the ticks in log₁₀ units, one level."""
        steps = [1.0] if maximum - minimum > 2 else [1.0, 2.0, 5.0]
        decades = np.arange(np.floor(minimum), np.ceil(maximum) + 1)
        stride = max(1, int(np.ceil(len(decades) / 6)))
        ticks = (decades[::stride, None] + np.log10(steps)).ravel()
        return [(None, [float(tick) for tick in ticks if minimum <= tick <= maximum])]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Plain numbers where they are short, powers of ten elsewhere."""
        return [f"{10**v:g}" if -3 <= v < 4 else f"1e{round(v)}" for v in values]


class EpochPlot(Plot):
    """Curves against the epoch, with a line and a read-out that follow the pointer.

    Signals:
        hovered: epoch under the pointer; −1 when it leaves.
    """

    hovered = Signal(int)

    def __init__(
        self,
        name: str,
        title: str,
        tooltip: str,
        theme: Theme,
        curves: Sequence[tuple[str, str]],
        logarithmic: bool = False,
        zero_line: bool = False,
    ) -> None:
        self._curves: list[pg.PlotDataItem] = []
        self._names = curves
        self._data: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros((0, max(len(curves), 1))))
        self._logarithmic = logarithmic
        self._cursor: pg.InfiniteLine | None = None
        self._zero: pg.InfiniteLine | None = None
        super().__init__(name, title, tooltip, theme, **({"left": LogAxis("left")} if logarithmic else {}))
        self.setLogMode(y=logarithmic)
        if zero_line:
            self._zero = pg.InfiniteLine(0, angle=0)
            self.addItem(self._zero)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self.addItem(self._cursor, ignoreBounds=True)
        for _ in curves:
            self._curves.append(self.plot([], []))
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self.setXRange(0, 10, padding=0.02)
        self._show_numbers("left", False)
        self.set_theme(theme)
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours; a curve's colour is a field of the theme, or a number in its series."""
        super().set_theme(theme)
        self._show_title(self._plain_title)
        for curve, (_, colour) in zip(self._curves, self._names, strict=False):
            curve.setPen(pg.mkPen(_colour(theme, colour), width=1.0))
        for line in (self._cursor, self._zero):
            if line is not None:
                line.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DotLine))

    @property
    def curve_count(self) -> int:
        """Number of curves."""
        return len(self._curves)

    @property
    def _plain_title(self) -> str:
        named = 2 <= len(self._names) <= 3
        return legend(self._theme, self._title, self._names) if named else self._title

    def set_curves(self, curves: Sequence[tuple[str, str]]) -> None:
        """Replaces the curves by others, each a name and a colour."""
        if list(curves) == list(self._names):
            return
        for curve in self._curves:
            self.removeItem(curve)
        self._names = list(curves)
        self._curves = [self.plot([], []) for _ in curves]
        self.set_theme(self._theme)

    def show_data(self, epochs: np.ndarray, values: np.ndarray) -> None:
        """Draws the curves.

        Args:
            epochs: shape (n,).
            values: one column a curve, shape (n, curves).
        """
        self._data = (epochs, values)
        chosen = thin(len(epochs))
        x, y = epochs[chosen].astype(float), values[chosen].astype(float)
        if self._logarithmic:
            y = np.where(y > 0, y, np.nan)
        for i, curve in enumerate(self._curves):
            curve.setData(x, y[:, i], connect="finite")
        self._show_numbers("left", len(x) > 0)
        self.setXRange(0, max(10.0, x[-1]) if len(x) else 10.0, padding=0.02)

    def show_cursor(self, epoch: int) -> None:
        """Marks an epoch and reads the curves there; a negative one clears the mark."""
        if self._cursor is None:
            return
        epochs, values = self._data
        if epoch < 0 or not len(epochs):
            self._cursor.hide()
            self._show_title(self._plain_title)
            return
        row = int(np.clip(np.searchsorted(epochs, epoch), 0, len(epochs) - 1))
        self._cursor.setPos(float(epochs[row]))
        self._cursor.show()
        if len(self._names) <= 3:
            read = "  ".join(
                f'<span style="color:{_colour(self._theme, colour).name()}">{_number(values[row, i])}</span>'
                for i, (_, colour) in enumerate(self._names)
            )
            self._show_title(f"{self._title} · {int(epochs[row])}: {read}")

    def _on_mouse(self, position: object) -> None:
        view = self.getViewBox()
        if self.sceneBoundingRect().contains(position):
            self.hovered.emit(round(view.mapSceneToView(position).x()))

    def leaveEvent(self, event: object) -> None:
        """Clears the mark in all plots."""
        super().leaveEvent(event)
        self.hovered.emit(-1)


class BarPlot(Plot):
    """One bar per observable, around zero."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, limit: float) -> None:
        self._bars: pg.BarGraphItem | None = None
        self._band: pg.LinearRegionItem | None = None
        self._limit = limit
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

    def show_values(self, values: np.ndarray) -> None:
        """Draws the bars, shape (K,)."""
        assert self._bars is not None
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
            shade = _colour(theme, self._colour_name)
            self._curve.setPen(pg.mkPen(shade, width=1.0))
            self._curve.setSymbolBrush(shade)

    def show_points(self, betas: np.ndarray, values: np.ndarray) -> None:
        """Draws the points, shapes (n,); none clears the plot."""
        assert self._curve is not None
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
            shade = _colour(theme, colour)
            curve.setPen(pg.mkPen(shade, width=1.0))
            fill = QColor(shade)
            fill.setAlphaF(0.12)
            curve.setBrush(fill)
            curve.setFillLevel(0.0)
        self._show_title(legend(theme, self._title, self._sets))

    def show_sets(self, sets: Sequence[np.ndarray], bins: int = 28) -> None:
        """Draws the densities of the sets, each of shape (n,)."""
        self._show_numbers("bottom", True)
        everything = np.concatenate(sets)
        low, high = np.percentile(everything, [0.5, 99.5])
        margin = 0.05 * (high - low) + 1e-3
        edges = np.linspace(low - margin, high + margin, bins + 1)
        for curve, values in zip(self._curves, sets, strict=True):
            density, _ = np.histogram(values, edges, density=True)
            curve.setData((edges[:-1] + edges[1:]) / 2, density)


def legend(theme: Theme, title: str, curves: Sequence[tuple[str, str]]) -> str:
    """A title that names its curves in their colours."""
    names = (f'<span style="color:{_colour(theme, colour).name()}">{name}</span>' for name, colour in curves)
    return f"{title} " + "  ".join(names)


def thin(n: int, most: int = MOST_POINTS) -> np.ndarray:
    """At most `most` indices spread evenly over n, the last included."""
    if n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).round().astype(int)


def _colour(theme: Theme, name: str) -> QColor:
    return theme.series[int(name) % 16] if name.isdigit() else QColor(getattr(theme, name))


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1e4 else f"{value:.1e}"
