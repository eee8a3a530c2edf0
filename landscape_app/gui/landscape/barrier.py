"""Barrier between two images: the energy along the path, and the images on it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from landscape_app.gui.landscape.images import ImageStrip
from landscape_app.gui.landscape.map import Pick
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.session.landscape.barrier import BarrierRecord

EXPLANATION = (
    "Choose image A on the map by a click, image B by a Shift-click, and press Barrier. From each image the path "
    "descends to its local minimum, and between these goes over the lowest pass that is found."
)
LONGEST = (
    "Barrier 88.8 nats above the minimum of A, 88.8 above that of B. The path has not quite settled. It rises to "
    "+88.8 nats; a walk along it, a level of a pixel at a time, to +88.8. Both images themselves lie "
    "higher than that.\nUnder H(x) = Σᵢ λᵢ fᵢ(x) …"
)


class BarrierPage(QWidget):
    """Shows one path.

    Signals:
        picked: a `Pick`, and whether it is the second of two.

    Attributes:
        record: the path on view; None for none.
    """

    picked = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("barrier-page")
        self.record: BarrierRecord | None = None
        self.summary = set_name(FixedLabel(EXPLANATION, LONGEST), "muted")
        self.summary.setAccessibleName("What the barrier is")
        self.plot = EnergyProfile(theme)
        self.plot.installEventFilter(self)
        self.strip = ImageStrip(theme)
        self.strip.span = self.plot.span
        self.strip.pointed.connect(self._point)
        self.strip.chosen.connect(self._choose)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(2)
        column.addWidget(self.plot, 1)
        column.addWidget(self.strip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(plot_card(content), 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)
        self.strip.set_theme(theme)

    def show_record(self, record: BarrierRecord | None, levels: int) -> None:
        """Draws a path of images with so many levels, or none."""
        self.record = record
        self.plot.show_record(record)
        if record is None:
            self.strip.show_images(np.zeros((0, 8, 8), np.float32), np.zeros(0), levels)
            self.summary.setText(EXPLANATION)
            return
        self.strip.show_images(record.images, record.places, levels)
        self.summary.setText(describe(record))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The strip follows the plot's axes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Paint):
            self.strip.update()
        return super().eventFilter(watched, event)

    def _point(self, number: int) -> None:
        record = self.record
        self.plot.show_cursor(None if record is None or number < 0 else float(record.places[number]))

    def _choose(self, number: int, second: bool) -> None:
        record = self.record
        assert record is not None
        image = record.images[number].round().astype(np.uint8)
        share = record.places[number] / max(float(record.places[-1]), 1e-9)
        self.picked.emit(Pick(f"On the path, at {share:.0%}", image), second)


class EnergyProfile(Plot):
    """−log P against the distance along a path; dots at the minima of its ends, a diamond at the pass."""

    def __init__(self, theme: Theme) -> None:
        self._curve: pg.PlotDataItem | None = None
        self.record: BarrierRecord | None = None
        super().__init__(
            "plot-barrier",
            "",
            "<b>−log P along the path</b>, in nats from the training images' mean. Dots: the local minima below the "
            "two images; diamond: the pass between them. Descents are drawn as long as they are straight.",
            theme,
        )
        self.setAccessibleName("Energy along the path")
        self._zero = pg.InfiniteLine(0, angle=0)
        self._cursor = pg.InfiniteLine(0, angle=90)
        self._curve = self.plot([], [])
        self._minima = pg.ScatterPlotItem(size=9, symbol="o")
        self._top = pg.ScatterPlotItem(size=11, symbol="d")
        for item in (self._minima, self._top):
            self.addItem(item)
        for line in (self._zero, self._cursor):
            self.addItem(line, ignoreBounds=True)
        self._cursor.hide()
        self.label_axis("bottom", "distance along the path (levels)")
        self.label_axis("left", "−log P − training mean (nats)")
        self.getAxis("left").setWidth(52)
        self.getViewBox().disableAutoRange()
        self.setXRange(0, 1)
        self.setYRange(-1, 1)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._curve is None:
            return
        self._curve.setPen(pg.mkPen(theme.model, width=1.5))
        self._minima.setBrush(QColor(theme.model))
        self._minima.setPen(pg.mkPen(theme.surface))
        self._top.setBrush(QColor(theme.danger))
        self._top.setPen(pg.mkPen(theme.surface))
        self._zero.setPen(pg.mkPen(theme.muted, style=Qt.PenStyle.DotLine))
        self._cursor.setPen(pg.mkPen(theme.accent))

    def span(self) -> tuple[float, float]:
        """Ends of a path in the widget, in pixels."""
        box = self.getViewBox().sceneBoundingRect()
        return box.left(), box.right()

    def series(self) -> list[Series]:
        """The energy along the path, its minima, and the pass."""
        record = self.record
        if record is None or not len(record.along):
            return []
        place, energy = self.named_axis("bottom", "distance"), self.named_axis("left", "energy")
        at = np.array(record.minima)
        under = np.interp(at, record.along, record.energy)
        return [
            Series((place, record.along), ((energy, record.energy),)),
            Series((f"minima: {place}", at), ((f"minima: {energy}", under),)),
            Series(
                (f"pass: {place}", np.array(record.top[:1])), ((f"pass: {energy}", np.array(record.top[1:])),)
            ),
        ]

    def show_cursor(self, place: float | None) -> None:
        """Marks a distance along the path, or none."""
        self._cursor.setVisible(place is not None)
        if place is not None:
            self._cursor.setPos(place)

    def show_record(self, record: BarrierRecord | None) -> None:
        """Draws a path, or none."""
        assert self._curve is not None
        self.record = record
        known = record is not None and len(record.along) > 0
        self._show_numbers("left", known)
        self._show_numbers("bottom", known)
        if record is None or not known:
            for item in (self._curve, self._minima, self._top):
                item.setData([], [])
            self.show_cursor(None)
            return
        self._curve.setData(record.along, record.energy)
        at = np.array(record.minima)
        self._minima.setData(at, np.interp(at, record.along, record.energy))
        self._top.setData([record.top[0]], [record.top[1]])
        low, high = float(record.energy.min()), float(record.energy.max())
        self.setXRange(0, max(float(record.along[-1]), 1.0), padding=0)
        self.setYRange(5 * np.floor(low / 5), 5 * np.ceil(high / 5), padding=0.04)


def describe(record: BarrierRecord) -> str:
    """Finding, in words."""
    under = f"\nUnder {record.formula}" if record.formula else ""
    if not record.is_done and record.walk_top is None and not len(record.along):
        return f"Descending to the local minima of both images …{under}"
    if not record.is_done:
        return f"Barrier {record.barriers[0]:.1f} nats above the minimum of A so far …{under}"
    if record.minima[0] == record.minima[1]:
        return (
            f"No barrier: both images descend to the same minimum, at {_signed(record.top[1])} nats.{under}"
        )
    assert record.walk_top is not None
    below = (
        " Both images themselves lie higher than that."
        if record.top[1] < record.energy[[0, -1]].min()
        else ""
    )
    settled = "The path has settled." if record.converged else "The path has not quite settled."
    return (
        f"Barrier {record.barriers[0]:.1f} nats above the minimum of A, {record.barriers[1]:.1f} above that of B. "
        f"{settled} It rises to {_signed(record.top[1])} nats; a walk along it, a level of a pixel at a time, to "
        f"{_signed(record.walk_top)}.{below}{under}"
    )


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
