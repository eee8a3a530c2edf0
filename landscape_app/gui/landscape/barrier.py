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
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.landscape.barrier import BarrierRecord

EXPLANATION = tr(
    "Choose image A on the map by a click, image B by a Shift-click, and press Barrier. From each image the path "
    "descends to its local minimum, and between these goes over the lowest pass that is found."
)
LONGEST = tr(
    "No barrier between minima: the descents of A and B have ended in none. From where they end the path rises by "
    "88.8 and 88.8 nats. The path has not quite settled. It rises to +88.8 nats from the training mean; a walk "
    "along it, a level of a pixel at a time, to +88.8. Between, it falls to −88.8. Both images themselves lie "
    "higher than that. The barrier counts from their minima.\nUnder H(x) = Σᵢ λᵢ fᵢ(x) …"
)


LEAST_VALLEY = 0.1
"""Nats by which a path falls below both minima where that is told."""


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
        self.summary.setAccessibleName(tr("What the barrier is"))
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
        self.picked.emit(Pick(tr("On the path, at {share:.0%}", share=share), image), second)


class EnergyProfile(Plot):
    """−log P against the distance along a path; dots where its descents end, a diamond at its highest point."""

    def __init__(self, theme: Theme) -> None:
        self._curve: pg.PlotDataItem | None = None
        self.record: BarrierRecord | None = None
        super().__init__(
            "plot-barrier",
            tr("Energy along the path"),
            tr(
                "<b>−log P along the path</b>, in nats from the training images' mean. Dots: the local minima "
                "below the two images, hollow where a descent has ended in none; diamond: the highest point "
                "between them, which is the pass once the path has settled. Descents are drawn as long as they "
                "are straight."
            ),
            theme,
        )
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
        self.label_axis("bottom", tr("distance along the path (levels)"))
        self.label_axis("left", tr("−log P − training mean (nats)"))
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
        self._show_dots()
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
        dots = "minima" if all(record.are_minima) else "ends of the descents"
        top = "pass" if record.converged else "highest point"
        return [
            Series((place, record.along), ((energy, record.energy),)),
            Series((f"{dots}: {place}", at), ((f"{dots}: {energy}", under),)),
            Series(
                (f"{top}: {place}", np.array(record.top[:1])),
                ((f"{top}: {energy}", np.array(record.top[1:])),),
            ),
        ]

    def _show_dots(self) -> None:
        """Draws where the descents end: full dots at minima, hollow ones elsewhere."""
        record = self.record
        if record is None or not len(record.along):
            return
        at, theme = np.array(record.minima), self._theme
        brushes = [QColor(theme.model if is_one else theme.surface) for is_one in record.are_minima]
        pens = [pg.mkPen(theme.surface if is_one else theme.model) for is_one in record.are_minima]
        under = np.interp(at, record.along, record.energy)
        self._minima.setData(at, under, brush=brushes, pen=pens)

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
        self.label_axis(
            "bottom",
            tr("distance along the path (spins turned)")
            if record.by_single_spins
            else tr("distance along the path (levels)"),
        )
        self._curve.setData(record.along, record.energy)
        self._show_dots()
        self._top.setData([record.top[0]], [record.top[1]])
        low, high = float(record.energy.min()), float(record.energy.max())
        self.setXRange(0, max(float(record.along[-1]), 1.0), padding=0)
        self.setYRange(5 * np.floor(low / 5), 5 * np.ceil(high / 5), padding=0.04)


def describe(record: BarrierRecord) -> str:
    """Finding, in words."""
    under = tr("\nUnder {formula}", formula=record.formula) if record.formula else ""
    if not len(record.along):
        return tr("Descending to the local minima of both images …") + under
    if not record.is_done:
        return f"{_heights(record)} {tr('So far: the path has not settled.')}{under}"
    if record.minima[0] == record.minima[1]:
        energy = _signed(record.top[1])
        if all(record.are_minima):
            found = tr(
                "No barrier: both images descend to the same minimum, at {energy} nats from the training mean.",
                energy=energy,
            )
        else:
            found = tr(
                "No barrier: both images descend to the same place, which is no minimum, at {energy} nats from the "
                "training mean.",
                energy=energy,
            )
        return found + under
    assert record.walk_top is not None
    if record.by_single_spins:
        path = tr(
            "It turns one spin at a time, {spins:.0f} in all, and rises to {energy} nats from the training mean: "
            "the lowest found.",
            spins=record.along[-1],
            energy=_signed(record.top[1]),
        )
        return f"{_heights(record)} {path}{under}"
    settled = tr("The path has settled.") if record.converged else tr("The path has not quite settled.")
    ends = record.top[1] - max(record.barriers), record.top[1] - min(record.barriers)
    between = (
        tr(" Between, it falls to {energy}.", energy=_signed(record.lowest))
        if record.lowest < min(ends) - LEAST_VALLEY
        else ""
    )
    below = (
        tr(" Both images themselves lie higher than that. The barrier counts from their minima.")
        if record.top[1] < record.energy[[0, -1]].min()
        else ""
    )
    path = tr(
        "It rises to {energy} nats from the training mean; a walk along it, a level of a pixel at a time, to "
        "{walk_energy}.",
        energy=_signed(record.top[1]),
        walk_energy=_signed(record.walk_top),
    )
    return f"{_heights(record)} {settled} {path}{between}{below}{under}"


def _heights(record: BarrierRecord) -> str:
    """The barrier from either minimum; where a descent has ended in none, how far the path rises instead."""
    first, second = record.barriers
    if all(record.are_minima):
        a, b = record.depths
        return tr(
            "Barrier {first:.1f} nats above the minimum of A, {second:.1f} above that of B; on this path they are "
            "{first_depth:.1f} and {second_depth:.1f} nats deep.",
            first=first,
            second=second,
            first_depth=a,
            second_depth=b,
        )
    missing = [name for name, is_one in zip("AB", record.are_minima, strict=True) if not is_one]
    if len(missing) == 1:
        descents = tr(
            "No barrier between minima: the descent of {letter} has ended in none.", letter=missing[0]
        )
    else:
        descents = tr("No barrier between minima: the descents of A and B have ended in none.")
    rise = tr(
        "From where they end the path rises by {first:.1f} and {second:.1f} nats.", first=first, second=second
    )
    return f"{descents} {rise}"


def _signed(value: float) -> str:
    return shown(value, "+.1f")
