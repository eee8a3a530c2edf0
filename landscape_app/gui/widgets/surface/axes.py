"""Axes over a surface of one or two coordinates, panned and zoomed: energy, density, data and chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.plots import Column, Plot, Series
from landscape_app.gui.widgets.surface.overlay import NO_MARKS, ChainsOverlay, marks_of
from landscape_app.gui.widgets.surface.shades import SPAN, Quantity, contour_lines, ramp
from landscape_app.language import tr
from landscape_app.session.landscape.plane import Bounds, Landscape
from landscape_app.session.trajectory import EnsembleSnapshot

PAN = 0.1
"""Share of the range on view by which an arrow key pans."""

CLOSEST = 1 / 200
"""Smallest part of the bounds on view."""

FARTHEST = 3.0
"""Largest range on view, in units of the bounds."""

AXES_KEYS = KeyTable(
    tr("On a landscape of one or two coordinates"),
    (
        ("Left, Right, Up, Down", tr("Move the view")),
        ("Home", tr("All of the landscape")),
    ),
)


ALIKE = 4.0
"""Ratio of the ranges of two coordinates up to which both are drawn to one scale."""


def are_alike(bounds: Bounds) -> bool:
    """True if a unit can be as long along both coordinates without one of them becoming a line."""
    (left, right), (bottom, top) = bounds
    return 1 / ALIKE < (right - left) / (top - bottom) < ALIKE


class LandscapeAxes(Plot):
    """A plot whose ranges are a person's: they change with the landscape's bounds, and never with its numbers.

    Args:
        name: object name.
        title: what is shown.
        tooltip: what it means, in words.
        theme: colours.
        rug: whether the chains are ticks at the foot of the plot, rather than dots.

    Signals:
        taken: index of the chain that was clicked.
    """

    taken = Signal(int)
    pans = True

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme, rug: bool = False) -> None:
        self.overlay: ChainsOverlay | None = None
        self._bounds: Bounds = ((0.0, 1.0), (0.0, 1.0))
        super().__init__(name, title, f"{tooltip}<br>{tr('Click a chain to follow it.')}", theme)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.getAxis("left").setWidth(52)
        self.getViewBox().disableAutoRange()
        self.overlay = ChainsOverlay(theme, rug)
        self.addItem(self.overlay, ignoreBounds=True)
        self.scene().sigMouseClicked.connect(self._on_click)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        self.showGrid(x=False, y=False)
        if self.overlay is not None:
            self.overlay.set_theme(theme)

    def chains_series(self) -> list[Series]:
        """Places of the chains in the plot, and the steps of the one that is followed."""
        assert self.overlay is not None
        across, up = self.named_axis("bottom", "x"), self.named_axis("left", "y")
        marks = self.overlay.marks
        found = []
        for name, points in (("chains", marks.chains), ("followed chain", marks.places)):
            if len(points):
                found.append(Series((f"{name}: {across}", points[:, 0]), ((f"{name}: {up}", points[:, 1]),)))
        return found

    def set_bounds(self, bounds: Bounds) -> None:
        """Takes the ends of both axes, and shows all between them."""
        self._bounds = bounds
        (left, right), (bottom, top) = bounds
        width, height = right - left, top - bottom
        self.getViewBox().setLimits(
            xMin=left - FARTHEST * width,
            xMax=right + FARTHEST * width,
            yMin=bottom - FARTHEST * height,
            yMax=top + FARTHEST * height,
            minXRange=CLOSEST * width,
            minYRange=CLOSEST * height,
            maxXRange=(1 + 2 * FARTHEST) * width,
            maxYRange=(1 + 2 * FARTHEST) * height,
        )
        self.setRange(xRange=bounds[0], yRange=bounds[1], padding=0)
        self.reset_view()

    def reset_view(self) -> None:
        """Shows everything."""
        self.getViewBox().reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pans and resets."""
        view = self.getViewBox()
        (left, right), (bottom, top) = view.viewRange()
        width, height = PAN * (right - left), PAN * (top - bottom)
        keys = Qt.Key
        pans = {
            keys.Key_Left: (-width, 0.0),
            keys.Key_Right: (width, 0.0),
            keys.Key_Up: (0.0, height),
            keys.Key_Down: (0.0, -height),
        }
        key = keys(event.key())
        if key in pans:
            view.move_by(*pans[key])
        elif key == keys.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    def _on_click(self, event: MouseClickEvent) -> None:
        assert self.overlay is not None
        if event.button() != Qt.MouseButton.LeftButton:
            return
        chain = self.overlay.nearest(event.scenePos())
        if chain is not None:
            event.accept()
            self.taken.emit(chain)


BINS = 60
HEADROOM = 1.35
"""Top of the density's axis over its highest value, so that the histograms have room."""

ENERGY_TOOLTIP = tr(
    "<b>The energy</b> H(x) in nats, and −log p(x), where the base measure makes another curve of it, shifted so "
    "that both have the same lowest value, as a constant in H means nothing.<br>"
    "The chains lie on it; the arrow of the one that is followed leads where it was to go."
)
DENSITY_TOOLTIP = tr(
    "<b>The density</b> p(x), normalised over the whole line, beside the histograms of the data and of the chains "
    "over their last steps.<br>Good: the chains' histogram comes to lie on p."
)


class EnergyAxes(LandscapeAxes):
    """H against x, with the chains as dots on the curve.

    Attributes:
        lines: of H and of −log p, as they are drawn.
        symbol: of the energy that is drawn.
    """

    def __init__(self, theme: Theme, symbol: str = "H") -> None:
        self._landscape: Landscape | None = None
        self.lines: tuple[pg.PlotDataItem, pg.PlotDataItem] | None = None
        self.symbol = symbol
        super().__init__("landscape-energy", tr("Energy"), ENERGY_TOOLTIP, theme)
        self.label_axis("left", Quantity.ENERGY.unit(1, symbol))
        assert self.overlay is not None
        # Lines from well to well would cross the curve.
        self.overlay.joins_steps = False
        self.lines = (self.plot([], []), self.plot([], []))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self.lines is not None:
            self.lines[0].setPen(pg.mkPen(theme.text, width=1.6))
            self.lines[1].setPen(pg.mkPen(theme.other, width=1.2, style=Qt.PenStyle.DashLine))
            self._title_lines()

    def show_landscape(self, landscape: Landscape) -> None:
        """Draws both curves; the axis reaches from below the lowest energy to where p is negligible."""
        before, self._landscape = self._landscape, landscape
        assert self.lines is not None
        (axis,) = landscape.axes
        self.lines[0].setData(axis, landscape.energy, connect="finite")
        low, high = Quantity.ENERGY.levels(landscape.energy)
        surprisal = np.where(np.isfinite(landscape.log_density), -landscape.log_density, np.nan)
        surprisal += low - np.nanmin(surprisal)
        self.lines[1].setData(axis, surprisal, connect="finite")
        self.lines[1].setVisible(not landscape.even_base)
        self._title_lines()
        y = (low - 0.08 * SPAN, max(high, low + 0.5 * SPAN) + 0.04 * SPAN)
        if before is None or before.bounds != landscape.bounds or not _serves(self._bounds[1], y):
            self.set_bounds((landscape.bounds[0], y))

    def series(self) -> list[Series]:
        """Both curves, as far as they are shown, and the chains."""
        landscape = self._landscape
        if landscape is None:
            return []
        curves: tuple[Column, ...] = ((f"{self.symbol} (nats)", landscape.energy),)
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
            else f' &nbsp;<span style="color:{theme.other}">{tr("−log p(x) + constant")}</span>'
        )
        self._show_title(
            f'<span style="color:{theme.text}">{self.symbol.replace("H", "H(x)")}</span>{second}'
        )


class DensityAxes(LandscapeAxes):
    """p against x, with histograms of data and chains, and the chains as a rug."""

    def __init__(self, theme: Theme) -> None:
        self._items: tuple[pg.PlotDataItem, pg.PlotCurveItem, pg.PlotCurveItem] | None = None
        self._landscape: Landscape | None = None
        super().__init__("landscape-density", tr("Density"), DENSITY_TOOLTIP, theme, rug=True)
        self.label_axis("left", tr("p (per unit of x)"))
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
            f' &nbsp;<span style="color:{theme.training}">{tr("data")}</span>'
            if self._items[1].isVisible()
            else ""
        )
        self._show_title(
            f'<span style="color:{theme.text}">p(x)</span>{data} &nbsp;<span style="color:{theme.model}">'
            f"{tr('chains, last steps')}</span>"
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
        symbol: of the energy that is drawn.

    Signals:
        taken: index of the chain that was clicked.
    """

    accessible_role = QAccessible.Role.Chart

    taken = Signal(int)

    def __init__(self, theme: Theme, symbol: str = "H") -> None:
        super().__init__()
        self._name = "x"
        self._shares_axis = True
        self.energy, self.density = EnergyAxes(theme, symbol), DensityAxes(theme)
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
        self.density.label_axis("left", tr("p (per unit of {coordinate})", coordinate=self._name))
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
    """True if a range on view shows about what is wanted, so that it need not jump."""
    span = wanted[1] - wanted[0]
    inside = shown[0] <= wanted[0] + 0.1 * span and wanted[1] <= shown[1] + 0.1 * span
    return inside and span >= 0.6 * (shown[1] - shown[0])


BAR_COLUMN = 4
TOOLTIP = tr(
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
        symbol: of the energy that is drawn.
    """

    def __init__(self, theme: Theme, symbol: str = "H") -> None:
        self._landscape: Landscape | None = None
        self._quantity, self._symbol = Quantity.ENERGY, symbol
        self._picture: ShadesItem | None = None
        super().__init__("landscape-plane", "", TOOLTIP, theme)
        self.setAccessibleName(tr("Landscape of two coordinates"))
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
        line.setAlphaF(0.5)
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
            Series(
                ("x", x.ravel()), (("y", y.ravel()), (self._quantity.unit(2, self._symbol), values.ravel()))
            ),
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
        cut = tr(", up to {span:g} above the lowest", span=SPAN) if high == low + SPAN else ""
        text = self._quantity.unit(2, self._symbol) + cut
        self.bar.axis.setLabel(f'<span style="font-size:7.5pt">{text}</span>')
        lines = contour_lines(landscape, self._quantity)
        self.contours.setData(lines[:, 0], lines[:, 1])
