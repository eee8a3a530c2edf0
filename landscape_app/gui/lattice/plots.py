"""Plots of a moving lattice: traces with what is exact, the histogram of m, and the correlation function."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.fixed import fixed_range
from landscape_app.gui.widgets.plot_parts import Line
from landscape_app.gui.widgets.plots import Plot, Series, thin
from landscape_app.language import tr
from landscape_app.session.lattice_run import TRACE

UNUSUAL, BEYOND = 5, 0.6
"""Per cent of a trace at either end that do not decide on its range; share of the rest's range that is added."""


class TracePlot(Plot):
    """A number along the last steps, with dashed lines at what is exact, and a dotted one where conditions changed.

    Args:
        name: object name.
        title: what is shown.
        tooltip: what it means.
        theme: colours.
        axis: name of the vertical axis, with its unit.
        column: name of the numbers in tables.
        limits: ends of the vertical axis; None follows the trace.
    """

    def __init__(
        self,
        name: str,
        title: str,
        tooltip: str,
        theme: Theme,
        axis: str,
        column: str,
        limits: tuple[float, float] | None = None,
    ) -> None:
        self._curve: pg.PlotDataItem | None = None
        self._exact: list[Line] = []
        self._change: Line | None = None
        self._column, self._limits, self._range = column, limits, limits
        self._steps, self._values = np.zeros(0), np.zeros(0)
        self.exact: tuple[float, ...] = ()
        super().__init__(name, title, tooltip, theme)
        self._change = Line(angle=90)
        self._exact = [Line(angle=0) for _ in range(2)]
        for line in (self._change, *self._exact):
            line.hide()
            self.addItem(line, ignoreBounds=True)
        self._curve = self.plot([], [])
        self.getViewBox().disableAutoRange()
        self.setXRange(0, TRACE, padding=0)
        if limits is not None:
            self.setYRange(*limits, padding=0)
        self.label_axis("bottom", tr("step"))
        self.label_axis("left", axis)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._curve is not None and self._change is not None:
            self._curve.setPen(pg.mkPen(theme.model, width=1.0))
            self._change.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DotLine))
            for line in self._exact:
                line.setPen(pg.mkPen(theme.text, style=Qt.PenStyle.DashLine))

    def series(self) -> list[Series]:
        """The trace."""
        return [Series(("step", self._steps), ((self._column, self._values),))]

    def show_trace(
        self, steps: np.ndarray, values: np.ndarray, since: int, exact: tuple[float, ...] = ()
    ) -> None:
        """Draws a trace.

        Args:
            steps: numbers of the steps, shape (n,).
            values: shape (n,).
            since: step at which conditions changed.
            exact: what is exact, two numbers at most.
        """
        assert self._curve is not None
        assert self._change is not None
        self._steps, self._values, self.exact = steps, values, exact
        chosen = thin(len(steps))
        self._curve.setData(steps[chosen], values[chosen])
        last = float(steps[-1]) if len(steps) else 0.0
        self.setXRange(max(0.0, last - TRACE), max(last, float(TRACE)), padding=0)
        self._change.setVisible(bool(len(steps) and since > steps[0]))
        self._change.setPos(since)
        for line, value in zip(self._exact, (*exact, None, None), strict=False):
            line.setVisible(value is not None)
            if value is not None:
                line.setPos(value)
        if self._limits is None and len(values):
            # The first steps from another start, or at another temperature, may leave the plot.
            usual = np.percentile(values, [UNUSUAL, 100 - UNUSUAL])
            low, high = (float(end) for end in usual + BEYOND * np.ptp(usual) * np.array([-1, 1]))
            self._range = fixed_range(min([low, *exact]), max([high, *exact]), self._range, least=0.02)
            self.setYRange(*self._range, padding=0)


class MagnetisationPlot(Plot):
    """The histogram of m since conditions changed, with dashed lines at ± the spontaneous magnetisation."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        self._bars: pg.PlotDataItem | None = None
        self._exact: list[Line] = []
        self._shown = np.zeros(0), np.zeros(0)
        super().__init__(name, title, tooltip, theme)
        self._exact = [Line(angle=90) for _ in range(2)]
        for line in self._exact:
            line.hide()
            self.addItem(line, ignoreBounds=True)
        self._bars = self.plot([], [], stepMode="center", fillLevel=0.0)
        self.getViewBox().disableAutoRange()
        self.setXRange(-1.05, 1.05, padding=0)
        self.label_axis("bottom", tr("m per spin"))
        self.label_axis("left", "P(m)")
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._bars is not None:
            self._bars.setPen(pg.mkPen(theme.model, width=1.0))
            fill = QColor(theme.model)
            fill.setAlphaF(0.25)
            self._bars.setBrush(fill)
            for line in self._exact:
                line.setPen(pg.mkPen(theme.text, style=Qt.PenStyle.DashLine))

    def series(self) -> list[Series]:
        """Bars at their middles."""
        middles, density = self._shown
        return [Series(("m per spin", middles), (("density of m", density),))]

    def show_density(self, middles: np.ndarray, density: np.ndarray, exact: tuple[float, ...] = ()) -> None:
        """Draws bars, shapes (n,), and lines at what is exact, two at most."""
        assert self._bars is not None
        self._shown = middles, density
        width = float(middles[1] - middles[0]) if len(middles) > 1 else 1.0
        edges = np.append(middles - width / 2, middles[-1:] + width / 2) if len(middles) else np.zeros(1)
        self._bars.setData(edges, density)
        self.setYRange(0, max(0.1, 1.08 * float(density.max(initial=0))), padding=0)
        for line, value in zip(self._exact, (*exact, None, None), strict=False):
            line.setVisible(value is not None)
            if value is not None:
                line.setPos(value)


class CorrelationPlot(Plot):
    """G(r) against the distance, with a dotted line at the correlation length."""

    log_axes = "xy"

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        self._curve: pg.PlotDataItem | None = None
        self._length: Line | None = None
        self._zero: Line | None = None
        self._values = np.zeros(0)
        super().__init__(name, title, tooltip, theme)
        self._zero, self._length = Line(0, angle=0), Line(angle=90)
        self._length.hide()
        for line in (self._zero, self._length):
            self.addItem(line, ignoreBounds=True)
        self._curve = self.plot([], [])
        self.getViewBox().disableAutoRange()
        self.setYRange(-0.1, 1.02, padding=0)
        self.label_axis("bottom", tr("distance r (spacings)"))
        self.label_axis("left", "G(r)")
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._curve is not None and self._length is not None and self._zero is not None:
            self._curve.setPen(pg.mkPen(theme.model, width=1.5))
            self._length.setPen(pg.mkPen(theme.text, style=Qt.PenStyle.DotLine))
            self._zero.setPen(pg.mkPen(theme.border))

    def series(self) -> list[Series]:
        """G at every distance."""
        return [Series(("distance r (spacings)", np.arange(len(self._values))), (("G(r)", self._values),))]

    def show_correlation(self, values: np.ndarray | None, length: float, reach: int) -> None:
        """Draws G(r) up to a distance, and marks ξ; None clears the plot."""
        assert self._curve is not None
        assert self._length is not None
        self._values = np.zeros(0) if values is None else values[: reach + 1]
        self._curve.setData(np.arange(len(self._values)), self._values)
        self.setXRange(0, max(reach, 1), padding=0)
        top = max(0.05, float(self._values[:1].sum()))
        self.setYRange(-0.1 * top, 1.04 * top, padding=0)
        shown = values is not None and bool(np.isfinite(length)) and length <= reach
        self._length.setVisible(shown)
        if shown:
            self._length.setPos(length)
