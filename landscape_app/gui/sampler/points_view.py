"""Chains whose configurations are points, beside the data they learn from: on a surface, or scattered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from landscape_app.gui.state import EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.gui.widgets.plots import Plot, Series, legend
from landscape_app.gui.widgets.surface.axes import are_alike
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.session.trajectory import LandscapeRecord

MARGIN = 0.25
"""Room around the training data, as a share of their range."""

MOST_POINTS = 2_000
"""Of the training data that are drawn."""

BAND = 0.6
"""Width over which points of one category are spread, of the distance between two."""

STEPS = (0.7548776662, 0.5698402910)
"""Share of a band from one point to the next, across and up, which fill a square evenly (Roberts 2018)."""

LONGEST_TICK, SHORTEST_BOX = 14, 8
"""Letters of a category on an axis, and of a column's name in its box at least."""

SETS = (("training data", "training"), ("chains", "model"))


class PointScatter(Plot):
    """Training data and chains by two coordinates."""

    def __init__(self, theme: Theme) -> None:
        self._points: list[pg.ScatterPlotItem] = []
        self._values: tuple[tuple[str, ...], ...] = ((), ())
        self._shown = [np.zeros((0, 2)), np.zeros((0, 2))]
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
        """The points on view, categories by their numbers."""
        across, up = self.named_axis("bottom", "x₁"), self.named_axis("left", "x₂")
        return [
            Series((f"{name}: {across}", pair[:, 0]), ((f"{name}: {up}", pair[:, 1]),))
            for (name, _), pair in zip(SETS, self._shown, strict=True)
        ]

    def name_coordinates(self, names: Sequence[str]) -> None:
        """Says what the two coordinates are called; none for numbers."""
        plain = ("x₁ (units of the data)", "x₂ (units of the data)")
        for side, name in zip(("bottom", "left"), names or plain, strict=False):
            self.label_axis(side, name)

    def name_values(self, values: Sequence[Sequence[str]]) -> None:
        """Names the values of coordinates that are categories; empty of one that is a number."""
        self._values = tuple(map(tuple, values))
        for side, words in zip(("bottom", "left"), self._values, strict=True):
            ticks = [(float(i), shortened(word, LONGEST_TICK)) for i, word in enumerate(words)]
            self.getAxis(side).setTicks([ticks] if ticks else None)

    def show_data(self, training: np.ndarray) -> None:
        """Draws the training data, shape (n, 2), which say what the axes show."""
        ranges = [
            (-0.5, len(words) - 0.5) if words else _bounds(column)
            for words, column in zip(self._values, training.T[:2], strict=True)
        ]
        self._draw(0, training[:MOST_POINTS, :2])
        self.setAspectLocked(not any(self._values) and are_alike((ranges[0], ranges[1])))
        self.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)

    def show_chains(self, x: np.ndarray) -> None:
        """Draws the chains, shape (n, 2)."""
        self._draw(1, x[:, :2])

    def _draw(self, which: int, pair: np.ndarray) -> None:
        """Points of a set; those of a category are spread over a band, or one would hide all others."""
        self._shown[which] = pair
        number = np.arange(len(pair))
        places = [
            column + BAND * (np.modf(number * step)[0] - 0.5) if words else column
            for words, column, step in zip(self._values, pair.T, STEPS, strict=True)
        ]
        self._points[which].setData(*places)


class PointsView(QStackedWidget):
    """The landscape of one or two coordinates; of more, and of categories, two of them that are chosen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("points-view")
        self.setAccessibleName("Markov chains and training data")
        self.landscape, self.scatter = LandscapeView(theme), PointScatter(theme)
        self.boxes = tuple(set_name(QComboBox(), name) for name in ("points-across", "points-up"))
        self._pickers = QWidget()
        row = QHBoxLayout(self._pickers)
        row.setContentsMargins(0, 0, 0, 0)
        for box, word, axis in zip(self.boxes, ("Across", "Up"), ("horizontal", "vertical"), strict=True):
            box.setAccessibleName(f"Column along the {axis} axis")
            box.setToolTip(
                f"Column that is drawn along the {axis} axis, in the unit of the data. The words of a "
                "category stand in no order; its points are spread over a band, so that they do not hide one another"
            )
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(SHORTEST_BOX)
            box.activated.connect(self._choose)
            label = set_name(QLabel(word), "muted")
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box, 1)
        self.page = QWidget()
        layout = QVBoxLayout(self.page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pickers)
        layout.addWidget(self.scatter, 1)
        self.addWidget(self.landscape)
        self.addWidget(self.page)
        self._facts: Facts | None = None
        self._x: np.ndarray | None = None

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
        self._x = snapshot.x
        if fresh:
            self._list(facts)
            self.setCurrentWidget(self.page)
        else:
            self.scatter.show_chains(snapshot.x[:, self._pair])

    @property
    def _pair(self) -> list[int]:
        """Columns that are drawn across and up."""
        return [box.currentIndex() for box in self.boxes]

    def _list(self, facts: Facts) -> None:
        """Offers the columns of a session, and shows its first two numbers, or a number over a category."""
        width = facts.training_items.shape[1]
        names = [column.title for column in facts.columns] or [f"x{i + 1}" for i in range(width)]
        numbers = [i for i in range(width) if not (facts.columns and facts.columns[i].values)]
        others = [i for i in range(width) if i not in numbers]
        first = (numbers[:2] if len(numbers) > 1 else others[:1] + numbers)[:2]
        for box, chosen in zip(self.boxes, first, strict=True):
            with QSignalBlocker(box):
                box.clear()
                box.addItems(names)
                box.setCurrentIndex(chosen)
        self._pickers.setVisible(width > len(self.boxes))
        self._choose()

    def _choose(self) -> None:
        """Draws the two columns that are chosen."""
        facts = self._facts
        if facts is None or self._x is None:
            return
        pair = self._pair
        self.scatter.name_coordinates([facts.columns[i].title for i in pair] if facts.columns else ())
        self.scatter.name_values([facts.columns[i].values if facts.columns else () for i in pair])
        self.scatter.show_data(facts.training_items[:, pair])
        self.scatter.show_chains(self._x[:, pair])

    def _show_landscape(self, record: LandscapeRecord, facts: Facts) -> None:
        self.landscape.show_landscape(record.landscape)
        self.landscape.name_coordinates(facts.column_names)
        items = facts.training_items
        if any(column.is_log for column in facts.columns):
            items = np.stack([column.drawn(items[:, i]) for i, column in enumerate(facts.columns)], 1)
        self.landscape.show_data(items)
        self.landscape.show_chains(record.chains)
        self.landscape.show_followed(record.followed)


def _bounds(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * max(high - low, 1e-6)
    return low - margin, high + margin
