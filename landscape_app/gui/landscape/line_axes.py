"""A landscape over a line: the energy with the chains on it, and the density with data and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from landscape_app.gui.landscape.axes import LandscapeAxes
from landscape_app.gui.landscape.marks import NO_MARKS, marks_of
from landscape_app.gui.landscape.shades import SPAN, Quantity
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plot_series import Column, Series
from landscape_app.session import EnsembleSnapshot, Landscape

BINS = 60
HEADROOM = 1.35
"""Top of the density's axis over its highest value, so that the histograms have room."""

ENERGY_TOOLTIP = (
    "<b>The energy</b> H(x) in nats, and −log p(x), where the base measure makes another curve of it, shifted so "
    "that both have the same lowest value, as a constant in H means nothing.<br>"
    "The chains lie on it; the arrow of the one that is followed leads where it was to go."
)
DENSITY_TOOLTIP = (
    "<b>The density</b> p(x), normalised over the whole line, beside the histograms of the data and of the chains "
    "over their last steps.<br>Good: the chains' histogram comes to lie on p."
)


class EnergyAxes(LandscapeAxes):
    """H against x, with the chains as dots on the curve."""

    def __init__(self, theme: Theme) -> None:
        self._landscape: Landscape | None = None
        self._lines: tuple[pg.PlotDataItem, pg.PlotDataItem] | None = None
        super().__init__("landscape-energy", "Energy", ENERGY_TOOLTIP, theme)
        self.label_axis("left", "H (nats)")
        assert self.overlay is not None
        # Lines from well to well would cross the curve.
        self.overlay.joins_steps = False
        self._lines = (self.plot([], []), self.plot([], []))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._lines is not None:
            self._lines[0].setPen(pg.mkPen(theme.text, width=1.6))
            self._lines[1].setPen(pg.mkPen(theme.other, width=1.2, style=Qt.PenStyle.DashLine))
            self._title_lines()

    def show_landscape(self, landscape: Landscape) -> None:
        """Draws both curves; the axis reaches from below the lowest energy to where p is negligible."""
        before, self._landscape = self._landscape, landscape
        assert self._lines is not None
        (axis,) = landscape.axes
        self._lines[0].setData(axis, landscape.energy, connect="finite")
        low, high = Quantity.ENERGY.levels(landscape.energy)
        surprisal = np.where(np.isfinite(landscape.log_density), -landscape.log_density, np.nan)
        surprisal += low - np.nanmin(surprisal)
        self._lines[1].setData(axis, surprisal, connect="finite")
        self._lines[1].setVisible(not landscape.even_base)
        self._title_lines()
        y = (low - 0.08 * SPAN, max(high, low + 0.5 * SPAN) + 0.04 * SPAN)
        if before is None or before.bounds != landscape.bounds or not _serves(self._bounds[1], y):
            self.set_bounds((landscape.bounds[0], y))

    def series(self) -> list[Series]:
        """Both curves, as far as they are shown, and the chains."""
        landscape = self._landscape
        if landscape is None:
            return []
        curves: tuple[Column, ...] = (("H (nats)", landscape.energy),)
        if not landscape.even_base:
            curves += (("−log p (nats)", -landscape.log_density),)
        return [Series(("x", landscape.axes[0]), curves), *self.chains_series()]

    def lift(self, places: np.ndarray) -> np.ndarray:
        """Places on the line, shape (…, 1), as points on the curve, shape (…, 2)."""
        assert self._landscape is not None
        x = places[..., 0]
        return np.stack([x, np.interp(x, self._landscape.axes[0], self._landscape.energy)], axis=-1)

    def _title_lines(self) -> None:
        theme = self._theme
        second = (
            ""
            if self._landscape is None or self._landscape.even_base
            else f' &nbsp;<span style="color:{theme.other}">−log p(x) + constant</span>'
        )
        self._show_title(f'<span style="color:{theme.text}">H(x)</span>{second}')


class DensityAxes(LandscapeAxes):
    """p against x, with histograms of data and chains, and the chains as a rug."""

    def __init__(self, theme: Theme) -> None:
        self._items: tuple[pg.PlotDataItem, pg.PlotCurveItem, pg.PlotCurveItem] | None = None
        self._landscape: Landscape | None = None
        super().__init__("landscape-density", "Density", DENSITY_TOOLTIP, theme, rug=True)
        self.label_axis("left", "p (per unit of x)")
        self.label_axis("bottom", "x")
        data, chains = (
            pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0.0) for _ in range(2)
        )
        for item in (data, chains):
            item.hide()
            self.addItem(item, ignoreBounds=True)
        self._items = (self.plot([], []), data, chains)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._items is None:
            return
        curve, data, chains = self._items
        curve.setPen(pg.mkPen(theme.text, width=1.6))
        for item, colour in ((data, theme.training), (chains, theme.model)):
            fill = QColor(colour)
            item.setPen(pg.mkPen(fill, width=1.0))
            fill.setAlphaF(0.16)
            item.setBrush(fill)
        self._title_curves()

    def show_landscape(self, landscape: Landscape) -> None:
        """Draws the density."""
        before, self._landscape = self._landscape, landscape
        assert self._items is not None
        density = np.exp(landscape.log_density)
        self._items[0].setData(landscape.axes[0], density)
        y = (0.0, HEADROOM * float(density.max()))
        if before is None or before.bounds != landscape.bounds or not _serves(self._bounds[1], y):
            self.set_bounds((landscape.bounds[0], y))

    def series(self) -> list[Series]:
        """The density, and the histograms at the middles of their bins."""
        if self._landscape is None or self._items is None:
            return []
        density = self.named_axis("left", "p")
        found = [Series(("x", self._landscape.axes[0]), ((density, np.exp(self._landscape.log_density)),))]
        for name, item in zip(("data", "chains, last steps"), self._items[1:], strict=True):
            edges, heights = item.getData()
            if item.isVisible() and heights is not None and len(edges) == len(heights) + 1:
                middles = (edges[1:] + edges[:-1]) / 2
                found.append(Series((f"{name}: x", middles), ((f"{name}: {density}", heights),)))
        return found

    def show_data(self, data: np.ndarray) -> None:
        """Draws the histogram of data, shape (n, 1)."""
        assert self._items is not None
        self._draw_histogram(self._items[1], data.ravel())
        self._title_curves()

    def show_chains(self, view: EnsembleSnapshot) -> None:
        """Draws the rug of the chains, and their histogram over their last steps."""
        assert self._items is not None
        assert self.overlay is not None
        everything = view.positions if view.tracks is None else view.tracks
        self._draw_histogram(self._items[2], everything.ravel())
        foot = np.zeros(len(view.positions))
        chains = np.stack([view.positions[:, 0], foot], axis=1)
        followed = None if view.trajectory is None else view.trajectory.chain
        self.overlay.show_marks(NO_MARKS._replace(chains=chains, followed=followed))

    def _title_curves(self) -> None:
        assert self._items is not None
        theme = self._theme
        data = (
            f' &nbsp;<span style="color:{theme.training}">data</span>' if self._items[1].isVisible() else ""
        )
        self._show_title(
            f'<span style="color:{theme.text}">p(x)</span>{data} &nbsp;<span style="color:{theme.model}">chains, '
            "last steps</span>"
        )

    def _draw_histogram(self, item: pg.PlotCurveItem, x: np.ndarray) -> None:
        item.setVisible(len(x) > 0)
        if self._landscape is None or not len(x):
            return
        (low, high) = self._landscape.bounds[0]
        heights, edges = np.histogram(x, BINS, (low, high))
        item.setData(edges, heights / (len(x) * (edges[1] - edges[0])))


class LineAxes(QWidget):
    """Both plots of a landscape of one coordinate, one above the other on the same axis of x.

    Args:
        theme: colours.

    Signals:
        taken: index of the chain that was clicked.
    """

    taken = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._name = "x"
        self._shares_axis = True
        self.energy, self.density = EnergyAxes(theme), DensityAxes(theme)
        self.energy.setXLink(self.density)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for plot in (self.energy, self.density):
            layout.addWidget(plot, 1)
            plot.taken.connect(self.taken)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.energy.set_theme(theme)
        self.density.set_theme(theme)

    def reset_view(self) -> None:
        """Shows everything."""
        self.energy.reset_view()
        self.density.reset_view()

    def name_coordinates(self, names: Sequence[str]) -> None:
        """Says what the coordinate is called."""
        self._name = names[0]
        self.density.label_axis("left", f"p (per unit of {self._name})")
        self.density.label_axis("bottom", self._name)
        self._name_energy_axis()

    def show_landscape(self, landscape: Landscape, quantity: Quantity | None) -> None:
        """Draws a landscape: the energy, the density, or with None both."""
        self._shares_axis = quantity is None
        self.energy.show_landscape(landscape)
        self.density.show_landscape(landscape)
        self.energy.setVisible(quantity is not Quantity.DENSITY)
        self.density.setVisible(quantity is None or quantity is Quantity.DENSITY)
        self._name_energy_axis()

    def show_data(self, data: np.ndarray) -> None:
        """Draws data, shape (n, 1)."""
        self.density.show_data(data)

    def show_chains(self, view: EnsembleSnapshot) -> None:
        """Draws chains of one coordinate."""
        assert self.energy.overlay is not None
        self.energy.overlay.show_marks(marks_of(replace(view, tracks=None), self.energy.lift))
        self.density.show_chains(view)

    def _name_energy_axis(self) -> None:
        self.energy.label_axis("bottom", "" if self._shares_axis else self._name)


def _serves(shown: tuple[float, float], wanted: tuple[float, float]) -> bool:
    """Whether a range on view shows about what is wanted, so that it need not jump."""
    span = wanted[1] - wanted[0]
    inside = shown[0] <= wanted[0] + 0.1 * span and wanted[1] <= shown[1] + 0.1 * span
    return inside and span >= 0.6 * (shown[1] - shown[0])
