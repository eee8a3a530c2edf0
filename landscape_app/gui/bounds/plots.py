"""Plots of bounds: F[q] falling on F from above, and the evidence's bound rising to it from below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series, legend, stroke
from landscape_app.language import tr
from landscape_app.session.bounds import BoundsRecord

FALL_TOOLTIP = tr(
    "<b>F[q]</b> = ⟨E⟩_q − T S[q] of independent sites and units, after each sweep over all of them, from "
    "every start; in units of E, S relative to the base measure.<br>It never rises, and is never below "
    "<b>F</b> = −T log Z: the gap is T·KL(q‖P). The band about F is one standard error, or all that is "
    "known.<br><b>TAP</b> corrects mean field for the reaction of the neighbours; nearer for weak couplings, "
    "it is no bound, and can fall below F."
)


class FallPlot(Plot):
    """F[q] of every start against sweeps; F and TAP as levels."""

    log_axes = "x"

    def __init__(self, theme: Theme) -> None:
        self._curve: pg.PlotDataItem | None = None
        self._levels: dict[str, pg.InfiniteLine] = {}
        self._band: pg.LinearRegionItem | None = None
        self._record: BoundsRecord | None = None
        super().__init__("plot-falls", tr("Free energy, bounded from above"), FALL_TOOLTIP, theme)
        self.label_axis("left", tr("units of E"))
        self.label_axis("bottom", tr("sweeps"))
        self._band = pg.LinearRegionItem((0, 0), orientation="horizontal", movable=False, pen=pg.mkPen(None))
        self._band.setZValue(-10)
        self._curve = self.plot([], [])
        self._levels = {"other": pg.InfiniteLine(0, angle=0), "held_out": pg.InfiniteLine(0, angle=0)}
        for item in (self._band, *self._levels.values()):
            item.hide()
            self.addItem(item, ignoreBounds=True)
        self._given_log = "x"
        self.set_log("x", True)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._curve is None or self._band is None:
            return
        self._curve.setPen(pg.mkPen(theme.model, width=1.0))
        for colour, line in self._levels.items():
            line.setPen(stroke(theme, colour, 1.4))
        shade = QColor(theme.accent)
        shade.setAlphaF(0.18)
        self._band.setBrush(shade)
        self._name_curves()

    def _name_curves(self) -> None:
        """Names in the title what is drawn."""
        names = [(tr("F[q] of each start"), "model"), ("F", "other")]
        if self._record is not None and math.isfinite(self._record.tap):
            names.append((tr("TAP, no bound"), "held_out"))
        self._show_title(legend(self._theme, tr("Free energy:"), names, strokes=True))

    def series(self) -> list[Series]:
        """Every start against sweeps, and the levels."""
        record = self._record
        if record is None or not len(record.falls):
            return []
        sweeps = np.arange(1, len(record.falls) + 1)
        columns = [(f"F[q], start {i + 1}", record.falls[:, i]) for i in range(record.falls.shape[1])]
        for name, value in (("F", _level(record)), ("TAP", record.tap)):
            columns.append((name, np.full(len(sweeps), value)))
        return [Series(("sweeps", sweeps), tuple(columns))]

    def show_record(self, record: BoundsRecord | None) -> None:
        """Draws a record; nothing where there is none."""
        assert self._curve is not None
        assert self._band is not None
        self._record = record
        levels = {"other": math.nan, "held_out": math.nan}
        if record is None or not len(record.falls):
            self._curve.setData([], [])
            self._show_numbers("left", False)
            self._band.hide()
        else:
            falls = record.falls
            sweeps, starts = falls.shape
            # A gap between two starts, so that all are one curve.
            x = np.append(np.arange(1.0, sweeps + 1), np.nan)
            y = np.concatenate([falls, np.full((1, starts), np.nan)])
            self._curve.setData(np.tile(x, starts), y.T.ravel(), connect="finite")
            self._show_numbers("left", True)
            levels = {"other": _level(record), "held_out": record.tap}
            self._show_band(record)
            known = [falls.min(), falls.max(), *(level for level in levels.values() if math.isfinite(level))]
            margin = 0.06 * (max(known) - min(known)) + 1e-6
            self.setYRange(min(known) - margin, max(known) + margin, padding=0)
            self.setXRange(1, max(10, sweeps), padding=0.03)
        self._name_curves()
        for colour, level in levels.items():
            self._levels[colour].setVisible(math.isfinite(level))
            if math.isfinite(level):
                self._levels[colour].setValue(level)

    def _show_band(self, record: BoundsRecord) -> None:
        assert self._band is not None
        known = record.free_energy
        reach = 0.0 if known is None else known.reach(1.0)
        self._band.setVisible(0 < reach < math.inf)
        if known is not None and 0 < reach < math.inf:
            self._band.setRegion((known.value - reach, known.value + reach))


def _level(record: BoundsRecord) -> float:
    return math.nan if record.free_energy is None else record.free_energy.value


EVIDENCE_TOOLTIP = tr(
    "<b>Evidence lower bound</b> of held-out items, nats an item: log p(x) ≥ ELBO(x) = E_q[log p(x, h)] + "
    "S[q], q independent hidden units.<br>q begins uniform and is made best for one unit after the other. The "
    "gap is KL(q‖p(h|x)): it closes after one pass in a restricted Boltzmann machine, whose posterior is a "
    "product, and stays open where hidden units are coupled."
)
MIXTURE_TOOLTIP = tr(
    "<b>Mixture of products</b> p(x) = Σ_k π_k ∏_i p_ki(x_i), fitted to the training items by "
    "expectation–maximisation; nats an item.<br>The E step takes the exact posterior, which makes the bound "
    "tight; the M step raises the bound, and opens a gap KL again. So log p never falls."
)


class PairCurves(NamedTuple):
    """A quantity and its bound.

    Attributes:
        x: shape (n,).
        above: the quantity, shape (n,).
        below: its bound, shape (n,).
    """

    x: np.ndarray
    above: np.ndarray
    below: np.ndarray


class GapPlot(Plot):
    """A quantity, a bound of it from below, and the gap between them, shaded.

    Args:
        name: object name.
        title: what it is, for people.
        tooltip: in words.
        theme: colours.
        names: of the quantity and of its bound.
        bottom: name of the horizontal axis.
    """

    log_axes = "xy"

    def __init__(
        self, name: str, title: str, tooltip: str, theme: Theme, names: Sequence[str], bottom: str
    ) -> None:
        self._lines: list[pg.PlotDataItem] = []
        self._names = names
        self._fill: pg.FillBetweenItem | None = None
        self.curves: PairCurves | None = None
        super().__init__(name, title, tooltip, theme)
        self.label_axis("left", tr("nats an item"))
        self.label_axis("bottom", bottom)
        self._lines = [self.plot([], []) for _ in names]
        self._fill = pg.FillBetweenItem(*self._lines)
        self._fill.setZValue(-5)
        self.addItem(self._fill)
        self.show_curves(None)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for line, colour in zip(self._lines, ("accent", "model"), strict=False):
            line.setPen(stroke(theme, colour, 1.4))
        if self._fill is not None:
            shade = QColor(theme.muted)
            shade.setAlphaF(0.22)
            self._fill.setBrush(shade)
        named = zip(self._names, ("accent", "model"), strict=True)
        self._show_title(legend(theme, f"{self._title}:", list(named), strokes=True))

    def series(self) -> list[Series]:
        """Both curves."""
        if self.curves is None:
            return []
        x, above, below = self.curves
        columns = zip(self._names, (above, below), strict=True)
        return [
            Series(
                (self.named_axis("bottom", "x"), x),
                tuple((self.with_unit(name), values) for name, values in columns),
            )
        ]

    def show_curves(self, curves: PairCurves | None) -> None:
        """Draws both; nothing where there are none."""
        self.curves = curves
        empty = np.zeros(0)
        x, above, below = (empty, empty, empty) if curves is None else curves
        self._lines[0].setData(x, above)
        self._lines[1].setData(x, below)
        for side in ("left", "bottom"):
            self._show_numbers(side, len(x) > 0)
