"""Couplings between the sites of a lattice as links: their width says how strong, their colour which sign."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.language import tr

MOST_LINKS = 300
"""Links that are drawn, the strongest: of more none could be followed."""

MOST_SITES = 1_024
"""Sites of a lattice whose links are drawn: of more, all pairs cannot be looked through between two frames."""

LEAST_SHARE = 0.02
"""Of the scale's end, below which a link is not drawn."""

WIDTHS = (0.5, 1.0, 1.7, 2.6, 3.8)
"""Pixels of the links of each fifth of the scale."""

LARGEST_SITE, LEAST_SITE = 11.0, 3.5
"""Pixels of a site whose field is at the scale's end, and of one without a field."""

BEND = 0.16
"""Height of an arc, in units of the distance of its ends; between neighbours lines are straight."""

ARC_POINTS = 9


class LinksPlot(Plot):
    """Links between the sites of a lattice, the strongest of them, and the fields as dots."""

    def __init__(self, theme: Theme) -> None:
        self._links: dict[tuple[bool, int], pg.PlotDataItem] = {}
        self._values = np.zeros((0, 0))
        self._lattice = (0, 0)
        self._drawn = np.zeros((0, 2), int)
        super().__init__(
            "plot-links",
            tr("Couplings Jᵢⱼ as links"),
            tr(
                "<b>Couplings</b> Jᵢⱼ between the sites of the lattice, in nats, as links: red and whole where two "
                "spins like to be equal, blue and dashed where they like to differ; the thickest are as strong as "
                "the title says. Those between neighbours are straight, others are arcs, also those around a "
                "periodic lattice.<br>Triangles are the fields hᵢ, red and pointing up, or blue and down, the "
                "largest as strong as the thickest link. At most the {count} strongest links are drawn; good: of "
                "samples of a lattice, its bonds stand out.",
                count=MOST_LINKS,
            ),
            theme,
        )
        for side in ("left", "bottom"):
            self.getPlotItem().hideAxis(side)
        self.getViewBox().invertY(True)
        self.getViewBox().disableAutoRange()
        self.setAspectLocked(True)
        for width in range(len(WIDTHS)):
            for positive in (False, True):
                item = pg.PlotDataItem([], [], connect="finite", antialias=True)
                self.addItem(item)
                self._links[positive, width] = item
        self._sites = pg.ScatterPlotItem(pen=None)
        self.addItem(self._sites)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        self.showGrid(x=False, y=False)
        for (positive, width), item in self._links.items():
            colour = QColor(theme.danger if positive else theme.accent)
            colour.setAlphaF(0.85)
            style = Qt.PenStyle.SolidLine if positive else Qt.PenStyle.DashLine
            item.setPen(pg.mkPen(colour, width=WIDTHS[width], style=style))
        if self._links:
            self._draw()

    def series(self) -> list[Series]:
        """The links that are drawn, and all fields; sites are numbered from 1, row by row."""
        if not self._count:
            return []
        first, second = self._drawn.T
        values = self._values
        strengths = ("coupling J (nats)", values[first, second])
        links = Series(("site i", first + 1), (("site j", second + 1), strengths))
        count = self._count
        fields = Series(("site", np.arange(1, count + 1)), (("field h (nats)", np.diagonal(values)[:count]),))
        return [links, fields]

    def show_couplings(self, values: np.ndarray, lattice: tuple[int, int]) -> None:
        """Draws couplings between the sites of a lattice.

        Args:
            values: J, the fields on its diagonal, shape (N, N); sites come first, row by row, then hidden spins.
            lattice: its rows and columns.
        """
        self._values, self._lattice = values, lattice
        self._draw()

    @property
    def _count(self) -> int:
        """Sites of the lattice; hidden spins are on none."""
        return self._lattice[0] * self._lattice[1]

    def _draw(self) -> None:
        if not self._count:
            return
        height, width = self._lattice
        couplings = self._values[: self._count, : self._count]
        first, second = np.triu_indices(len(couplings), 1)
        strength = couplings[first, second]
        limit = float(np.abs(strength).max(initial=0.0)) or 1.0
        order = np.arange(len(strength))
        if len(order) > MOST_LINKS:
            order = np.argpartition(-np.abs(strength), MOST_LINKS)[:MOST_LINKS]
        order = order[np.abs(strength[order]) > LEAST_SHARE * limit]
        self._drawn = np.stack([first[order], second[order]], 1)
        bins = np.minimum((np.abs(strength[order]) / limit * len(WIDTHS)).astype(int), len(WIDTHS) - 1)
        curves = _arcs(self._drawn, width)
        for (positive, number), item in self._links.items():
            chosen = (bins == number) & ((strength[order] > 0) == positive)
            points = curves[chosen].reshape(-1, 2)
            item.setData(points[:, 0], points[:, 1])
        fields = np.diagonal(self._values)[: self._count]
        share = np.minimum(np.abs(fields) / limit, 1.0)
        theme = self._theme
        colours = [
            theme.muted if s < LEAST_SHARE else theme.danger if h > 0 else theme.accent
            for s, h in zip(share, fields, strict=True)
        ]
        rows, columns = np.divmod(np.arange(self._count), width)
        self._sites.setData(
            columns.astype(float),
            rows.astype(float),
            size=LEAST_SITE + share * (LARGEST_SITE - LEAST_SITE),
            brush=[QColor(colour) for colour in colours],
            symbol=[
                "o" if s < LEAST_SHARE else "t1" if h > 0 else "t" for s, h in zip(share, fields, strict=True)
            ],
        )
        shown = tr("Links Jᵢⱼ") if len(order) < MOST_LINKS else tr("{count} strongest Jᵢⱼ", count=MOST_LINKS)
        self._show_title(
            tr("{links}; thickest {limit:.2g} nats", links=shown, limit=limit).replace("e-", "e−")
        )
        self.setRange(xRange=(-0.6, width - 0.4), yRange=(-0.6, height - 0.4), padding=0.02)


def _arcs(pairs: np.ndarray, width: int) -> np.ndarray:
    """Curves between sites of a lattice with rows of a width, shape (links, points, 2): x, y; each ends in NaN."""
    ends = np.stack([pairs % width, pairs // width], -1).astype(float)
    start, end = ends[:, 0], ends[:, 1]
    along = end - start
    across = np.stack([-along[:, 1], along[:, 0]], -1)
    bend = np.where(np.abs(along).sum(1) > 1, BEND, 0.0)[:, None, None]
    t = np.linspace(0, 1, ARC_POINTS)[None, :, None]
    points = start[:, None] + t * along[:, None] + 4 * t * (1 - t) * bend * across[:, None]
    return np.concatenate([points, np.full((len(pairs), 1, 2), np.nan)], 1)
