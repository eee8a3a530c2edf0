"""Chains whose configurations are points, beside the data they learn from: on a surface, or scattered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QStackedWidget

from landscape_app.gui.state import EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import Plot, Series, legend
from landscape_app.gui.widgets.surface.axes import are_alike
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.session.trajectory import LandscapeRecord

MARGIN = 0.25
"""Room around the training data, as a share of their range."""

MOST_POINTS = 2_000
"""Of the training data that are drawn."""

SETS = (("training data", "training"), ("chains", "model"))


class PointScatter(Plot):
    """Training data and chains by two coordinates."""

    def __init__(self, theme: Theme) -> None:
        self._points: list[pg.ScatterPlotItem] = []
        super().__init__(
            "point-scatter",
            "",
            "Training data (small) and chains (large), each a point.<br>Good: the chains are where the data are, "
            "in the same proportions.",
            theme,
        )
        self.setAccessibleName("Chains and training data in the plane")
        self._points = [pg.ScatterPlotItem(size=size, pxMode=True) for size in (3, 7)]
        for points in self._points:
            self.addItem(points)
        self.name_coordinates(())
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for points, (_, colour), opacity in zip(self._points, SETS, (0.45, 0.85), strict=False):
            shade = QColor(getattr(theme, colour))
            shade.setAlphaF(opacity)
            points.setPen(pg.mkPen(theme.surface, width=0.5) if opacity > 0.5 else pg.mkPen(None))
            points.setBrush(shade)
        self._show_title(legend(theme, "Points:", SETS))

    def series(self) -> list[Series]:
        """The points on view."""
        across, up = self.named_axis("bottom", "x₁"), self.named_axis("left", "x₂")
        found = []
        for (name, _), points in zip(SETS, self._points, strict=True):
            x, y = points.getData()
            found.append(Series((f"{name}: {across}", x), ((f"{name}: {up}", y),)))
        return found

    def name_coordinates(self, names: Sequence[str]) -> None:
        """Says what the coordinates are called, of which the first two are drawn; none for numbers."""
        plain = ("x₁ (units of the data)", "x₂ (units of the data)")
        for side, name in zip(("bottom", "left"), names or plain, strict=False):
            self.label_axis(side, name)

    def show_data(self, training: np.ndarray) -> None:
        """Draws the training data, shape (n, coordinates), which say what the axes show."""
        across, up = _bounds(training[:, 0]), _bounds(training[:, 1])
        self._points[0].setData(training[:MOST_POINTS, 0], training[:MOST_POINTS, 1])
        self.setAspectLocked(are_alike((across, up)))
        self.setRange(xRange=across, yRange=up, padding=0)

    def show_chains(self, x: np.ndarray) -> None:
        """Draws the chains, shape (n, coordinates)."""
        self._points[1].setData(x[:, 0], x[:, 1])


class PointsView(QStackedWidget):
    """The landscape of one or two coordinates, the scatter plot of the first two for more."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("points-view")
        self.setAccessibleName("Markov chains and training data")
        self.landscape, self.scatter = LandscapeView(theme), PointScatter(theme)
        self.addWidget(self.landscape)
        self.addWidget(self.scatter)
        self._facts: Facts | None = None

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.landscape.set_theme(theme)
        self.scatter.set_theme(theme)

    def show_state(self, state: EngineState) -> None:
        """Draws the chains of a state whose configurations are points."""
        facts, snapshot = state.facts, state.snapshot
        if facts is None or snapshot is None:
            return
        fresh = self._facts is None or facts.number != self._facts.number
        self._facts = facts
        if snapshot.landscape is not None:
            self.setCurrentWidget(self.landscape)
            self._show_landscape(snapshot.landscape, facts)
            return
        if fresh:
            self.scatter.name_coordinates(facts.column_names)
            self.scatter.show_data(facts.training_items)
            self.setCurrentWidget(self.scatter)
        self.scatter.show_chains(snapshot.x)

    def _show_landscape(self, record: LandscapeRecord, facts: Facts) -> None:
        self.landscape.show_landscape(record.landscape)
        self.landscape.name_coordinates(facts.column_names)
        self.landscape.show_data(facts.training_items)
        self.landscape.show_chains(record.chains)
        self.landscape.show_followed(record.followed)


def _bounds(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * max(high - low, 1e-6)
    return low - margin, high + margin
