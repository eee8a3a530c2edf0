"""Chains whose configurations are points, beside the data they learn from: on a surface, or scattered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.data import ColumnMeaning
from landscape_app.data.columns import in_units
from landscape_app.data.importing.blocks import drawn_rows
from landscape_app.gui.sampler.columns_view import ColumnTable, CorrelationPage
from landscape_app.gui.state import EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import Page, Pages, plot_card, set_name
from landscape_app.gui.widgets.corner import CornerView, column_ticks
from landscape_app.gui.widgets.paragraph import ShortenedLabel, shortened
from landscape_app.gui.widgets.plots import Plot, Series, legend
from landscape_app.gui.widgets.surface.axes import are_alike
from landscape_app.gui.widgets.surface.view import LandscapeView
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import english_of, tr
from landscape_app.session.chain_plots import BAND, Corner
from landscape_app.session.columns import ColumnComparison, Near, fixed_values, rows_near
from landscape_app.session.trajectory import LandscapeRecord

MARGIN = 0.25
"""Room around the training data, as a share of their range."""

MOST_POINTS = 2_000
"""Of the training data that are drawn."""

MOST_DRAWN, FIRST_DRAWN = 6, 5
"""Columns of a corner plot, and those that it has to begin with."""

REDRAWN = 500
"""Milliseconds from a state until corner, figures or correlations show it."""

STEPS = (0.7548776662, 0.5698402910)
"""Share of a band from one point to the next, across and up, which fill a square evenly (Roberts 2018)."""

OPACITIES = (0.45, 0.85, 0.12, 0.85)
"""Of training data, chains, training data that are not near a condition, and chains that are compared with."""

TICKS = {"bottom": 5, "left": 7}

LONGEST_ENTRY = 40
"""Letters of a column's name in the list."""

LONGEST_TICK, SHORTEST_BOX = 14, 8
"""Letters of a category on an axis, and of a column's name in its box at least."""

SETS = (("training data", "training"), ("chains", "model"))
COMPARED = (SETS[0], ("chains of A", "other"), ("chains of B", "model"))
"""Names of what is drawn, and its colour; the latter while two compositions are compared."""

TITLES = {
    "training data": tr("training data"),
    "chains": tr("chains"),
    "chains of A": tr("chains of A"),
    "chains of B": tr("chains of B"),
}
"""Those names, as the legend has them."""


class PointScatter(Plot):
    """Training data and chains by two coordinates."""

    def __init__(self, theme: Theme) -> None:
        self._points: list[pg.ScatterPlotItem] = []
        self._columns = (
            ColumnMeaning(tr("x₁ (units of the data)")),
            ColumnMeaning(tr("x₂ (units of the data)")),
        )
        self._shown = [np.zeros((0, 2))] * len(OPACITIES)
        self._sets: tuple[tuple[str, str], ...] = SETS
        self._lines: list[pg.InfiniteLine] = []
        super().__init__(
            "point-scatter",
            "",
            tr(
                "Training data (small) and chains (large), each a point. A dashed line is where a condition fixes "
                "a column; training rows that are not near it are pale.<br>Good: the chains are where the data "
                "are, in the same proportions."
            ),
            theme,
        )
        self.setAccessibleName(tr("Chains and training data in the plane"))
        self._points = [pg.ScatterPlotItem(size=size, pxMode=True) for size in (3, 7, 3, 7)]
        self._lines = [pg.InfiniteLine(angle=angle) for angle in (90, 0)]
        for item in (self._points[2], self._points[3], *self._points[:2], *self._lines):
            self.addItem(item)
        self.show_columns(self._columns)
        self.show_fixed((None, None))
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        for points, (_, colour), opacity in zip(
            self._points, (*SETS, SETS[0], COMPARED[1]), OPACITIES, strict=False
        ):
            shade = QColor(getattr(theme, colour))
            shade.setAlphaF(opacity)
            points.setPen(pg.mkPen(theme.surface, width=0.5) if opacity > 0.5 else pg.mkPen(None))
            points.setBrush(shade)
        for line in self._lines:
            line.setPen(pg.mkPen(theme.accent, width=1.4, style=Qt.PenStyle.DashLine))
        self._show_sets(theme)

    def series(self) -> list[Series]:
        """The points on view, categories by their numbers."""
        across, up = self.named_axis("bottom", "x₁"), self.named_axis("left", "x₂")
        return [
            Series(
                (f"{english_of(name)}: {across}", pair[:, 0]), ((f"{english_of(name)}: {up}", pair[:, 1]),)
            )
            for (name, _), pair in zip(self._sets, self._sets_shown, strict=True)
        ]

    @property
    def _sets_shown(self) -> list[np.ndarray]:
        data, chains, _, of_a = self._shown
        return [data, chains] if self._sets is SETS else [data, of_a, chains]

    def show_columns(self, columns: Sequence[ColumnMeaning], named: bool = True) -> None:
        """Says which columns the two coordinates are; plain ones where they have no names."""
        self._columns = (columns[0], columns[1])
        for side, column, place in zip(("bottom", "left"), columns, "₁₂", strict=True):
            self.label_axis(side, column.title if named else tr("x{place} (units of the data)", place=place))

    def show_data(self, training: np.ndarray, near: np.ndarray | None = None) -> None:
        """Draws the training data, shape (n, 2), which say what the axes show.

        Args:
            training: in the units of the file.
            near: mask of those that a condition is compared with, bool, shape (n,); others are pale. None for all.
        """
        columns = self._columns
        drawn = np.stack([column.drawn(x) for column, x in zip(columns, training.T[:2], strict=True)], 1)
        ranges = [
            (-0.5, len(column.values) - 0.5) if column.values else _bounds(x)
            for column, x in zip(columns, drawn.T, strict=True)
        ]
        near = np.ones(len(training), bool) if near is None else near
        # The few that are near lie over the chains.
        self._points[0].setZValue(0 if near.all() else 1)
        self._points[0].setSize(3 if near.all() else 5)
        for which, rows in ((2, training[~near]), (0, training[near])):
            self._draw(which, rows[drawn_rows(len(rows), MOST_POINTS), :2])
        is_plain = not any(column.values or column.is_log or column.is_date for column in columns)
        self.setAspectLocked(is_plain and are_alike((ranges[0], ranges[1])))
        self.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)
        for side, column, ends in zip(("bottom", "left"), columns, ranges, strict=True):
            ticks = None
            if column.values:
                ticks = [(float(i), shortened(word, LONGEST_TICK)) for i, word in enumerate(column.values)]
            elif column.is_log or column.is_date:
                ticks = column_ticks(column, *ends, most=TICKS[side])
            self.getAxis(side).setTicks([ticks] if ticks else None)

    def show_fixed(self, values: Sequence[float | None]) -> None:
        """Draws lines where a condition fixes a coordinate, in the unit of the file; None for where it does not."""
        for line, value, column in zip(self._lines, values, self._columns, strict=True):
            line.setVisible(value is not None)
            if value is not None:
                line.setPos(float(column.drawn(value)))

    def show_chains(self, x: np.ndarray) -> None:
        """Draws the chains, shape (n, 2), in the units of the file."""
        self._draw(1, x[:, :2])

    def show_compared(self, x: np.ndarray | None) -> None:
        """Draws the chains of A, shape (n, 2), in the units of the file, or none."""
        self._draw(3, np.zeros((0, 2)) if x is None else x[:, :2])
        sets = SETS if x is None else COMPARED
        if sets is not self._sets:
            self._sets = sets
            self._show_sets(self._theme)

    def _show_sets(self, theme: Theme) -> None:
        sets = [(TITLES[name], colour) for name, colour in self._sets]
        self._show_title(legend(theme, tr("Points:"), sets))

    def _draw(self, which: int, pair: np.ndarray) -> None:
        """Points of a set; those of a category are spread over a band, or one would hide all others."""
        self._shown[which] = pair
        number = np.arange(len(pair))
        places = [
            x + BAND * (np.modf(number * step)[0] - 0.5) if column.values else column.drawn(x)
            for column, x, step in zip(self._columns, pair.T, STEPS, strict=True)
        ]
        self._points[which].setData(*places)


class PointsView(QStackedWidget):
    """The landscape of one or two coordinates; of rows of a table two columns, several, or figures of all of them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("points-view")
        self.setAccessibleName(tr("Markov chains and training data"))
        self.landscape, self.scatter = LandscapeView(theme), PointScatter(theme)
        self.corner = CornerView(theme, tr("Click to see it large."))
        self.table, self.correlations = ColumnTable(), CorrelationPage(theme)
        self.corner.pair_chosen.connect(
            lambda across, up: self.show_pair(self._drawn[across], self._drawn[up])
        )
        self.correlations.matrix.pair_chosen.connect(self.show_pair)
        self.boxes = tuple(set_name(ChoiceBox(), name) for name in ("points-across", "points-up"))
        self.note = set_name(ShortenedLabel(), "muted")
        self.pages = Pages(
            [
                Page(
                    "pair",
                    tr("Pair"),
                    tr("Two columns: every chain and training row a point"),
                    self._pair_page(),
                ),
                Page(
                    "columns-corner",
                    tr("Corner"),
                    tr("Up to {most} columns, one by one and in pairs", most=MOST_DRAWN),
                    self._corner_page(),
                ),
                Page(
                    "columns-figures",
                    tr("Figures"),
                    tr("Mean, deviation and skewness, or shares, of every column"),
                    self.table,
                ),
                Page(
                    "correlations",
                    tr("Correlations"),
                    tr("Correlations of every pair of columns"),
                    self.correlations,
                ),
            ]
        )
        self.page = QWidget()
        layout = QVBoxLayout(self.page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.note)
        self.addWidget(self.landscape)
        self.addWidget(self.page)
        self._facts: Facts | None = None
        self._state: EngineState | None = None
        self._x: np.ndarray | None = None
        self._drawn: list[int] = []
        self._fixed: dict[int, float] = {}
        self._near = Near(np.zeros(0, bool), "")
        self._a: np.ndarray | None = None
        self._drawn_a: object = None
        self._listed = False
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._show_page)
        for name in self.pages.names:
            self.pages.button(name).clicked.connect(self._show_page)

    def _pair_page(self) -> QWidget:
        page, self._pickers = QWidget(), QWidget()
        row = QHBoxLayout(self._pickers)
        row.setContentsMargins(0, 0, 0, 0)
        names = tr("Column along the horizontal axis"), tr("Column along the vertical axis")
        tooltips = (
            tr(
                "Column that is drawn along the horizontal axis, in the unit of the data. The words of a category "
                "stand in no order; its points are spread over a band, so that they do not hide one another"
            ),
            tr(
                "Column that is drawn along the vertical axis, in the unit of the data. The words of a category "
                "stand in no order; its points are spread over a band, so that they do not hide one another"
            ),
        )
        for box, word, name, tooltip in zip(
            self.boxes, (tr("Across"), tr("Up")), names, tooltips, strict=True
        ):
            box.setAccessibleName(name)
            box.setToolTip(wrapped(tooltip))
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(SHORTEST_BOX)
            box.activated.connect(self._choose)
            label = set_name(QLabel(word), "muted")
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box, 1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pickers)
        layout.addWidget(self.scatter, 1)
        return page

    def _corner_page(self) -> QWidget:
        page = QWidget()
        self.chooser = set_name(QToolButton(), "corner-columns")
        self.chooser.setAccessibleName(tr("Columns of the corner plot"))
        self.chooser.setToolTip(tr("Columns that the corner plot shows, 2 to {most}", most=MOST_DRAWN))
        self.chooser.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.chooser)
        self.chooser.setMenu(self._menu)
        self.furthest = set_name(QToolButton(), "corner-furthest", text=tr("Furthest off"))
        self.furthest.setAccessibleName(tr("Show the columns that are furthest off"))
        self.furthest.setToolTip(
            wrapped(
                tr(
                    "Show the columns in which chains and data differ most, by joint standard errors of their figures"
                )
            )
        )
        self.furthest.clicked.connect(self._draw_furthest)
        row = QHBoxLayout()
        row.addWidget(self.chooser)
        row.addWidget(self.furthest)
        row.addStretch(1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(plot_card(self.corner), 1)
        return page

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        for widget in (self.landscape, self.scatter, self.corner, self.correlations.matrix):
            widget.set_theme(theme)

    def show_state(self, state: EngineState) -> None:
        """Draws the chains of a state whose configurations are points."""
        facts, snapshot = state.facts, state.snapshot
        if facts is None or snapshot is None:
            return
        fresh = self._facts is None or facts.number != self._facts.number
        self._facts, self._state = facts, state
        # Two of one coordinate have no plane in common.
        is_compared = state.compared is not None and snapshot.x.shape[1] > 1
        if snapshot.landscape is not None and not is_compared:
            self.setCurrentWidget(self.landscape)
            self._show_landscape(snapshot.landscape, facts)
            return
        self._x = snapshot.x
        fresh = fresh or not self._listed
        if fresh:
            self._list(facts)
        self.setCurrentWidget(self.page)
        fields = () if snapshot.training else state.composition.clamps
        fixed = fixed_values(fields, facts.columns, facts.space)
        if fresh or fixed != self._fixed:
            self._fixed, self._near = fixed, rows_near(self._columns, facts.counted_items, fixed)
            self.note.setText(tr("Data: {words}", words=self._near.words) if self._near.words else "")
            self.note.setVisible(bool(self._near.words))
            self._choose()
        self.scatter.show_chains(self._x[:, self._pair])
        if not self._later.isActive():
            self._later.start(REDRAWN)

    def show_compared(self, state: EngineState) -> None:
        """Draws the chains of A where two compositions are compared, over the same two columns."""
        facts, compared = state.facts, state.compared
        if self.currentWidget() is not self.page or facts is None or compared is self._drawn_a:
            return
        self._drawn_a = compared
        self._a = None if compared is None else in_units(facts.columns, compared.snapshot.x)
        self.scatter.show_compared(None if self._a is None else self._a[:, self._pair])

    @property
    def _columns(self) -> tuple[ColumnMeaning, ...]:
        assert self._facts is not None
        width = self._facts.counted_items.shape[1]
        return self._facts.columns or tuple(ColumnMeaning(f"x{i + 1}") for i in range(width))

    @property
    def _pair(self) -> list[int]:
        """Columns that are drawn across and up."""
        return [box.currentIndex() for box in self.boxes]

    @property
    def _page(self) -> str:
        return next(name for name in self.pages.names if self.pages.button(name).isChecked())

    def show_pair(self, across: int, up: int) -> None:
        """Turns to a pair of columns."""
        for box, column in zip(self.boxes, (across, up), strict=True):
            box.setCurrentIndex(column)
        self._choose()
        self.pages.button("pair").click()

    def _list(self, facts: Facts) -> None:
        """Offers the columns of a session, and shows its first two numbers, or a number over a category."""
        self._listed, self._a, self._drawn_a = True, None, None
        columns = self._columns
        numbers = [i for i, column in enumerate(columns) if not column.values]
        others = [i for i in range(len(columns)) if i not in numbers]
        first = (numbers[:2] if len(numbers) > 1 else others[:1] + numbers)[:2]
        for box, chosen in zip(self.boxes, first, strict=True):
            with QSignalBlocker(box):
                box.clear()
                box.addItems([column.name for column in columns])
                box.setCurrentIndex(chosen)
        self._pickers.setVisible(len(columns) > len(self.boxes))
        self._menu.clear()
        for i, column in enumerate(columns):
            action = self._menu.addAction(shortened(column.name, LONGEST_ENTRY))
            action.setCheckable(True)
            action.triggered.connect(
                lambda shown, i=i: self._draw([*self._drawn, i] if shown else self._drawn, i)
            )
        self._fixed, self._near = {}, rows_near(columns, facts.counted_items, {})
        self._drawn = []
        self._draw(range(min(len(columns), FIRST_DRAWN)))

    def _draw(self, columns: Iterable[int], toggled: int | None = None) -> None:
        """Draws the corner of the last of these columns; one that is clicked again is taken off."""
        wanted = list(columns)
        if toggled is not None and wanted == self._drawn:
            wanted = [i for i in wanted if i != toggled] if len(wanted) > 2 else wanted
        self._drawn = sorted(wanted[-MOST_DRAWN:])
        actions = self._menu.actions()
        for i, action in enumerate(actions):
            action.setChecked(i in self._drawn)
        self.chooser.setText(tr("{drawn} of {all} columns ▾", drawn=len(self._drawn), all=len(actions)))
        self._show_page()

    def _draw_furthest(self) -> None:
        found = self._compared()
        if found is not None:
            self._draw(found.furthest[:FIRST_DRAWN] or self._drawn)

    def _compared(self) -> ColumnComparison | None:
        facts, state, x = self._facts, self._state, self._x
        if facts is None or state is None or x is None:
            return None
        steered = state.snapshot is not None and not state.composition.is_model
        worth = state.snapshot.worth if steered and state.snapshot is not None else None
        rows = facts.counted_items[self._near.rows]
        return ColumnComparison.of(
            self._columns, rows.astype(float), x.astype(float), worth or len(x), tuple(self._fixed)
        )

    def _show_page(self) -> None:
        """Draws the page on view afresh; the pair follows every state by itself."""
        facts, x, page = self._facts, self._x, self._page
        if facts is None or x is None or page == "pair" or self.currentWidget() is self.landscape:
            return
        if page == "columns-corner":
            chosen, rows = self._drawn, facts.counted_items.astype(float)
            marks = {chosen.index(i): value for i, value in self._fixed.items() if i in chosen}
            corner = Corner.of_rows(
                [self._columns[i] for i in chosen],
                rows[:, chosen],
                rows[self._near.rows][:, chosen],
                x[:, chosen].astype(float),
                marks,
            )
            near = int(self._near.rows.sum())
            rows_near_it = tr("{rows} near the condition", rows=counted(near, "row"))
            data = rows_near_it if self._fixed else counted(near, "training row")
            self.corner.show_corner(corner, tr("{chains} now", chains=counted(len(x), "chain")), data)
            return
        found = self._compared()
        if found is not None and page == "columns-figures":
            self.table.show_figures(found.figures, self._columns)
        elif found is not None:
            self.correlations.show_comparison(found)

    def _choose(self) -> None:
        """Draws the two columns that are chosen."""
        facts = self._facts
        if facts is None or self._x is None:
            return
        pair = self._pair
        self.scatter.show_columns([self._columns[i] for i in pair], named=bool(facts.columns))
        self.scatter.show_data(facts.counted_items[:, pair], self._near.rows)
        self.scatter.show_fixed([self._fixed.get(i) for i in pair])
        self.scatter.show_chains(self._x[:, pair])
        self.scatter.show_compared(None if self._a is None else self._a[:, pair])

    def _show_landscape(self, record: LandscapeRecord, facts: Facts) -> None:
        self._listed = False
        self.landscape.show_landscape(record.landscape)
        self.landscape.name_coordinates(facts.column_names)
        items = facts.counted_items
        if any(column.is_log for column in facts.columns):
            items = np.stack([column.drawn(items[:, i]) for i, column in enumerate(facts.columns)], 1)
        self.landscape.show_data(items)
        self.landscape.show_chains(record.chains)
        self.landscape.show_followed(record.followed)


def _bounds(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * max(high - low, 1e-6)
    return low - margin, high + margin
