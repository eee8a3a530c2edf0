"""The past of a chain: its energies term by term, and a slider through its states."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from landscape_app.gui.theme import MOST_COLOURS, Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import fixed_range
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.plots import Plot, Series, thin
from landscape_app.language import tr
from landscape_app.session.records import ChainHistory

PAGE = 50
"""States that Page Up and Page Down move by."""

HISTORY_KEYS = KeyTable(
    tr("In the history of a chain"),
    (
        ("Left, Right", tr("One state back, forward")),
        ("PgDown, PgUp", tr("{states} states back, forward", states=PAGE)),
        ("Home, End", tr("The oldest state, the newest")),
    ),
)


class Scrubber(QWidget):
    """Goes through numbered states; at its right end it follows the newest.

    Signals:
        moved: another state is looked at.
    """

    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scrubber")
        self._first = self._last = 0
        self._live = True
        self.slider = set_name(QSlider(Qt.Orientation.Horizontal), "history")
        self.slider.setAccessibleName(tr("State of the chain that is shown"))
        self.slider.setToolTip(
            tr(
                "Go back through the chain's last states, up to 1,000: arrow keys by one, Page Up and Page Down by "
                "50.<br>At the right end it follows the chain."
            )
        )
        self.slider.setPageStep(PAGE)
        self.slider.valueChanged.connect(self._on_value)
        self.now_button = set_name(QToolButton(), "history-now", text=tr("Now"))
        self.now_button.setToolTip(tr("Follow the chain again (End)"))
        self.now_button.clicked.connect(self.go_to_now)
        self.label = set_name(QLabel(tr("now")), "muted")
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label.setFixedWidth(self.fontMetrics().horizontalAdvance("−1,000 "))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.label)
        layout.addWidget(self.now_button)
        self._show()

    @property
    def state(self) -> int:
        """Number of the state that is looked at."""
        return self.slider.value()

    @property
    def is_live(self) -> bool:
        """True if it follows the newest."""
        return self._live

    def show_range(self, first: int, count: int) -> None:
        """Takes which states there are; one that is looked at stays until it is forgotten."""
        self._first, self._last = first, first + count - 1
        with QSignalBlocker(self.slider):
            self.slider.setRange(self._first, self._last)
            if self._live:
                self.slider.setValue(self._last)
        self._show()

    def go_to(self, state: int) -> None:
        """Looks at a state, or at the nearest there is."""
        self._live = state >= self._last
        with QSignalBlocker(self.slider):
            self.slider.setValue(state)
        self._show()
        self.moved.emit()

    def go_to_now(self) -> None:
        """Follows the newest again."""
        self.go_to(self._last)

    def forget(self) -> None:
        """Follows the newest of what comes."""
        self._live = True
        self.show_range(0, 1)

    def _on_value(self, value: int) -> None:
        self._live = value == self._last
        self._show()
        self.moved.emit()

    def _show(self) -> None:
        back, count = self._last - self.state, self._last - self._first + 1
        self.label.setText(tr("now") if self._live or not back else f"−{back:,}")
        self.slider.setAccessibleDescription(self.label.text())
        self.label.setToolTip(tr("States back from now; {count:,} are kept, 1,000 at most", count=count))
        self.now_button.setEnabled(not self._live)


MOST_POINTS = 300
LOW = 90
"""Height of a trace, in pixels, below which it has no numbers along its lower edge."""

FILL = 0.55
"""Opacity of a term's band."""


class EnergyTrace(Plot):
    """Bands stacked upwards from zero where terms are positive, downwards where they are not; a line is the sum.

    Signals:
        picked: number of the state that was clicked, as `ChainHistory.first` counts them.
    """

    picked = Signal(int)

    def __init__(self, theme: Theme) -> None:
        self._bands: _Bands | None = None
        self._cursor: pg.InfiniteLine | None = None
        self._range: tuple[float, float] | None = None
        self._ends = (0, 0)
        self._history: ChainHistory | None = None
        super().__init__(
            "plot-trace",
            "",
            tr(
                "Energy of this chain in each of its last states, H(x) − log q(x), split by term: bands stacked "
                "upwards where a term is above zero, downwards where below; the line is their sum.<br>−log q and E "
                "are measured from the training images' mean, fields from zero. Dotted: starts and jumps.<br>Click "
                "to see the chain as it was then."
            ),
            theme,
        )
        self.setAccessibleName(tr("Energy of the chain over its last states, by term"))
        self.setTitle(None)
        self.setMinimumSize(100, 56)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.label_axis("bottom", tr("states back"))
        self.label_axis("left", tr("nats"))
        self._bands = _Bands()
        self.addItem(self._bands, ignoreBounds=True)
        self._cursor = pg.InfiniteLine(angle=90)
        self.addItem(self._cursor, ignoreBounds=True)
        self.getViewBox().disableAutoRange()
        self.setXRange(-10, 0, padding=0.02)
        self.setYRange(-1, 1, padding=0)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._bands is not None and self._cursor is not None:
            self._bands.set_theme(theme)
            self._cursor.setPen(pg.mkPen(theme.accent, width=1.5))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the numbers below out where they would take most of the height; the slider goes over the same."""
        super().resizeEvent(event)
        if self._bands is not None:
            self.showAxis("bottom", self.height() >= LOW)

    def show_history(self, history: ChainHistory, state: int) -> None:
        """Draws a history, and marks one of its states by its number."""
        assert self._bands is not None
        assert self._cursor is not None
        self._history = history
        n = len(history)
        self._ends = history.first, history.first + n - 1
        chosen = thin(n, MOST_POINTS)
        back = chosen - (n - 1.0)
        jumps = np.flatnonzero(np.isnan(history.acceptance[1:])) + 1 - (n - 1.0)
        low, high = self._bands.show_energies(back, history.energies[chosen], jumps)
        self._range = fixed_range(low, high, self._range, least=2.0)
        self._cursor.setPos(state - self._ends[1])
        self.setXRange(-max(n - 1, 10), 0, padding=0.02)
        self.setYRange(*self._range, padding=0)

    def series(self) -> list[Series]:
        """Every term in every state, their sum, and how each state was come to."""
        history = self._history
        if history is None:
            return []
        terms = tuple((self.with_unit(name), history.energies[:, i]) for i, name in enumerate(history.terms))
        others = (
            (self.with_unit("sum"), history.energies.sum(1)),
            ("kernel step", history.steps),
            ("acceptance probability", history.acceptance),
        )
        back = np.arange(len(history)) - (len(history) - 1)
        return [Series((self.named_axis("bottom", "state"), back), (*terms, *others))]

    def forget(self) -> None:
        """Takes a new range with the next history: it is another chain's."""
        self._range = self._history = None

    def mousePressEvent(self, event: object) -> None:
        """Picks the state under the pointer."""
        position = event.position() if hasattr(event, "position") else QPointF()
        back = self.getViewBox().mapSceneToView(self.mapToScene(position.toPoint())).x()
        first, last = self._ends
        self.picked.emit(int(np.clip(last + round(back), first, last)))


def term_colours(theme: Theme, count: int) -> list[QColor]:
    """Colours of the terms: the base measure, the model, then fields."""
    fixed = [QColor(theme.muted), QColor(theme.model), QColor(theme.held_out), QColor(theme.other)]
    return [fixed[i] if i < len(fixed) else theme.series[(5 * i) % MOST_COLOURS] for i in range(count)]


class _Bands(pg.GraphicsObject):
    """The bands, their sum, and marks where the chain was set elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self._colours: list[QColor] = []
        self._theme: Theme | None = None
        self._back = np.zeros(0)
        self._energies = np.zeros((0, 0))
        self._jumps = np.zeros(0)
        self._bounds = QRectF()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.update()

    def show_energies(self, back: np.ndarray, energies: np.ndarray, jumps: np.ndarray) -> tuple[float, float]:
        """Takes what to draw, shapes (n,), (n, terms), (jumps,); returns the ends of the highest bands."""
        self._back, self._energies, self._jumps = back, energies, jumps
        low = float(np.minimum(energies, 0).sum(1).min(initial=0))
        high = float(np.maximum(energies, 0).sum(1).max(initial=0))
        self.prepareGeometryChange()
        self._bounds = QRectF(back[0], low, back[-1] - back[0], high - low)
        self.update()
        return low, high

    def boundingRect(self) -> QRectF:
        """Bounds in the plot's coordinates."""
        return self._bounds

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draws band upon band."""
        if self._theme is None or len(self._back) < 2:
            return
        positive, negative = np.zeros(len(self._back)), np.zeros(len(self._back))
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, energy in zip(
            term_colours(self._theme, self._energies.shape[1]), self._energies.T, strict=True
        ):
            shade = QColor(colour)
            shade.setAlphaF(FILL)
            painter.setBrush(shade)
            for edge, part in ((positive, np.maximum(energy, 0)), (negative, np.minimum(energy, 0))):
                if part.any():
                    painter.drawPolygon(_polygon(self._back, edge, edge + part))
                    edge += part
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pg.mkPen(self._theme.muted, width=1, style=Qt.PenStyle.DotLine))
        for jump in self._jumps:
            painter.drawLine(QPointF(jump, self._bounds.top()), QPointF(jump, self._bounds.bottom()))
        painter.setPen(pg.mkPen(self._theme.text, width=1))
        painter.drawPolyline(pg.functions.arrayToQPolygonF(self._back, self._energies.sum(1)))


def _polygon(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> QPolygonF:
    """The area between two curves."""
    context, edge = np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])
    polygon: QPolygonF = pg.functions.arrayToQPolygonF(context, edge)
    return polygon
