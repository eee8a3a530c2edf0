"""Plots of one quantity of several chains: trace, ranks, autocorrelation."""

from __future__ import annotations

import html
import math
from abc import abstractmethod

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen, QShowEvent

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.language import english_of, tr
from landscape_app.physics.space import QUANTITIES
from landscape_app.session.chain_plots import MOST_CURVES, ChainPlots

BAND = 0.16
"""Opacity of a band."""

TRACE = tr(
    "<b>Trace</b>: the quantity of each chain against its steps.<br>Left of the dotted line lies the burn-in, which "
    "nothing is judged by.<br>Good: the chains cannot be told apart, and none drifts or stands still."
)
RANKS = tr(
    "<b>Ranks</b>: all draws of all chains are put in order, and counted for each chain in twenty bins of 5%.<br>"
    "The band holds all counts of all chains with a probability of 95% where they have one law, for the "
    "autocorrelation that they have.<br>Good: every chain stays within it. A slope: the chain lies too low or too "
    "high; a hill or a valley: it is too narrow or too wide."
)
CORRELATION = tr(
    "<b>Autocorrelation</b> ρ(t): correlation of the quantity with itself t steps later, 1 at t = 0, mean of the "
    "chains, each about its own mean; the band is ± its standard error.<br>The autocorrelation time "
    "τ = 1 + 2 Σ ρ(t) is the number of steps that are worth one independent draw.<br>Good: it falls to 0 in far "
    "fewer steps than the chains have."
)


CHAINS = (
    (Qt.PenStyle.SolidLine, "—"),
    (Qt.PenStyle.DashLine, "– –"),
    (Qt.PenStyle.DotLine, "···"),
    (Qt.PenStyle.DashDotLine, "– ·"),
)
"""Strokes of the chains' curves, with their signs: every fourth has the same, in another colour."""


class ChainsPlot(Plot):
    """A plot of one quantity of several chains, each in a colour of its own."""

    def __init__(self, name: str, title: str, tooltip: str, theme: Theme) -> None:
        self._plots: ChainPlots | None = None
        self._is_stale = False
        super().__init__(name, title, tooltip, theme)
        self.getViewBox().disableAutoRange()
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        for side in ("left", "bottom"):
            self._show_numbers(side, False)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._plots is not None:
            self.show_plots(self._plots)

    def show_plots(self, plots: ChainPlots | None) -> None:
        """Draws these, or nothing; while nobody sees the plot, only once it is shown."""
        self._plots, self._is_stale = plots, not self.isVisible()
        if self._is_stale:
            return
        drawn = plots is not None and self._draw(plots)
        for side in ("left", "bottom"):
            self._show_numbers(side, drawn)
        for item in self.getPlotItem().items:
            item.setVisible(drawn)
        if not drawn:
            why = "" if plots is None else f": {html.escape(plots.obstacle or self._nothing)}"
            self._show_title(self._title + why)

    def showEvent(self, event: QShowEvent) -> None:
        """Draws what came while nobody saw it."""
        super().showEvent(event)
        if self._is_stale:
            self.show_plots(self._plots)

    _nothing = tr("nothing to show")

    @abstractmethod
    def _draw(self, plots: ChainPlots) -> bool:
        """Draws these; False where there is nothing to draw."""

    def _colours(self, plots: ChainPlots) -> list[QColor]:
        return self._theme.class_colours(max(len(plots.chains), 2))[: len(plots.chains)]

    def _pen(self, plots: ChainPlots, number: int, width: float) -> QPen:
        """Of the chain of that number among those that are drawn: its colour, and one of a few strokes."""
        return pg.mkPen(self._colours(plots)[number], width=width, style=CHAINS[number % len(CHAINS)][0])

    def _legend(self, plots: ChainPlots) -> str:
        """Numbers of the chains, each behind its stroke in its colour."""
        numbers = " ".join(
            f'<span style="color:{colour.name()}">{CHAINS[number % len(CHAINS)][1]}</span>{chain + 1}'
            for number, (chain, colour) in enumerate(zip(plots.chains, self._colours(plots), strict=True))
        )
        if len(plots.chains) > 1:
            return tr("chains {numbers}", numbers=numbers)
        return tr("chain {numbers}", numbers=numbers)


class TracePlot(ChainsPlot):
    """The quantity of up to eight chains against their steps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("plot-chain-trace", tr("Trace"), TRACE, theme)
        self._curves = [self.plot([], []) for _ in range(MOST_CURVES)]
        self._burn_in = pg.InfiniteLine(angle=90)
        self.addItem(self._burn_in, ignoreBounds=True)
        self.label_axis("bottom", tr("step of the chains"))
        self.set_theme(theme)

    def series(self) -> list[Series]:
        """The draws that are shown, a column for each chain."""
        plots = self._plots
        if plots is None:
            return []
        columns = tuple(
            (f"{english_of(plots.axis)}, chain {chain + 1}", row)
            for chain, row in zip(plots.chains, plots.trace, strict=True)
        )
        return [Series((self.named_axis("bottom", "step"), plots.steps), columns)]

    def _draw(self, plots: ChainPlots) -> bool:
        if not np.isfinite(plots.trace).any():
            return False
        for number, curve in enumerate(self._curves):
            if number < len(plots.chains):
                curve.setPen(self._pen(plots, number, 1.0))
                curve.setData(plots.steps, plots.trace[number], connect="finite")
            else:
                curve.setData([], [])
        self._burn_in.setPen(pg.mkPen(self._theme.muted, style=Qt.PenStyle.DotLine))
        # Left of the axis, where there is none.
        self._burn_in.setPos(plots.judged_from or -float(plots.steps[-1]))
        self.label_axis("left", plots.axis)
        low, high = float(np.nanmin(plots.trace)), float(np.nanmax(plots.trace))
        self.setXRange(0, float(plots.steps[-1]), padding=0.02)
        self.setYRange(low, high if high > low else low + 1, padding=0.06)
        self._show_title(tr("Trace of {chains}", chains=self._legend(plots)))
        return True


class RankPlot(ChainsPlot):
    """Draws of each chain by their rank, with the band of what is expected."""

    _nothing = tr("one chain has none to be ranked with")

    def __init__(self, theme: Theme) -> None:
        super().__init__("plot-chain-ranks", tr("Ranks"), RANKS, theme)
        self._band = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=pg.mkPen(None))
        self.addItem(self._band)
        self._curves = [self.plot([0, 1], [0], stepMode="center") for _ in range(MOST_CURVES)]
        self._expected = pg.InfiniteLine(angle=0)
        self.addItem(self._expected, ignoreBounds=True)
        self.label_axis("bottom", tr("rank among the draws of all chains (%, 0 = lowest)"))
        self.label_axis("left", tr("draws of a chain in 5%"))
        self.set_theme(theme)

    def series(self) -> list[Series]:
        """Counts of each chain that is drawn, and the band."""
        plots = self._plots
        if plots is None or plots.ranks is None:
            return []
        ranks = plots.ranks
        columns = tuple((f"draws of chain {chain + 1}", ranks.counts[chain]) for chain in plots.chains)
        band = (("low edge of the band", ranks.low), ("high edge of the band", ranks.high))
        return [Series(("from rank (%)", 100 * ranks.edges[:-1]), (*columns, *band))]

    def _draw(self, plots: ChainPlots) -> bool:
        ranks = plots.ranks
        if ranks is None:
            return False
        edges, shade = 100 * ranks.edges, QColor(self._theme.muted)
        shade.setAlphaF(BAND)
        self._band.setOpts(x0=edges[:-1], x1=edges[1:], y0=ranks.low, y1=ranks.high, brush=shade)
        for number, curve in enumerate(self._curves):
            if number < len(plots.chains):
                chain = plots.chains[number]
                curve.setPen(self._pen(plots, number, 2.0 if chain in ranks.outside else 1.0))
                curve.setData(edges, ranks.counts[chain].astype(float))
            else:
                curve.setData([0.0, 1.0], [math.nan])
        self._expected.setPen(pg.mkPen(self._theme.muted, style=Qt.PenStyle.DotLine))
        self._expected.setPos(ranks.expected)
        self.setXRange(0, 100, padding=0.02)
        self.setYRange(0, 1.1 * max(float(ranks.high.max()), float(ranks.counts.max())), padding=0)
        count, chains = len(ranks.outside), len(ranks.counts)
        said = (
            tr("{count} of {chains} chains leave the band", count=count, chains=chains)
            if count
            else tr("all within the band")
        )
        self._show_title(tr("Ranks of {chains} · {said}", chains=self._legend(plots), said=said))
        return True


class CorrelationPlot(ChainsPlot):
    """ρ against the lag, with its standard error."""

    _nothing = tr("chains that do not move have none")

    def __init__(self, theme: Theme) -> None:
        super().__init__("plot-chain-correlation", tr("Autocorrelation"), CORRELATION, theme)
        self._zero = pg.InfiniteLine(0, angle=0)
        self.addItem(self._zero, ignoreBounds=True)
        self._low, self._high = self.plot([], []), self.plot([], [])
        self._band = pg.FillBetweenItem(self._low, self._high)
        self.addItem(self._band, ignoreBounds=True)
        self._curve = self.plot([], [])
        self.label_axis("bottom", tr("lag (steps of the chains)"))
        self.label_axis("left", tr("ρ (1 at lag 0)"))
        self.set_theme(theme)

    def series(self) -> list[Series]:
        """ρ and its error at every lag."""
        plots = self._plots
        if plots is None or plots.correlation is None:
            return []
        found = plots.correlation
        values = (
            (f"autocorrelation of {english_of(plots.quantity)}", found.correlation),
            ("standard error", found.error),
        )
        return [Series((self.named_axis("bottom", "lag"), found.lags), values)]

    def _draw(self, plots: ChainPlots) -> bool:
        found = plots.correlation
        if found is None:
            return False
        shade = QColor(self._theme.model)
        shade.setAlphaF(2 * BAND)
        lags = found.lags.astype(float)
        low, high = found.correlation - found.error, found.correlation + found.error
        for curve, values in ((self._low, low), (self._high, high)):
            curve.setPen(pg.mkPen(None))
            curve.setData(lags, values)
        self._band.setBrush(shade)
        self._curve.setPen(pg.mkPen(self._theme.model, width=1.5))
        self._curve.setData(lags, found.correlation)
        self._zero.setPen(pg.mkPen(self._theme.muted, style=Qt.PenStyle.DotLine))
        self.setXRange(0, float(lags[-1]), padding=0.02)
        self.setYRange(min(-0.1, float(low.min())), 1.0, padding=0.04)
        self._show_title(
            tr(
                "Autocorrelation of {quantity}, ± standard error",
                quantity=html.escape(QUANTITIES.get(plots.quantity, plots.quantity)),
            )
        )
        return True
