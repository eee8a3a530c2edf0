"""Overlaps of the chains with the patterns that coupled spins are to remember, and the way to recall one."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QGraphicsPixmapItem,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.messages import Message
from landscape_app.gui.sampler.recall import RecallDialog
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme, signed_colours
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.plots import Plot, Series, legend
from landscape_app.language import plural_form, tr
from landscape_app.models.memories import FEW_PATTERNS, Memories

HEIGHT = 122
"""Of the plot, in pixels."""

MOST_BARS = 16
"""Patterns that have a bar each; of more, overlaps are colours of a strip."""

MOST_DOTS = 256
"""Chains whose overlaps are dots, the first of them."""

LARGEST_PICTURE, LEAST_PICTURE = 26, 10
"""Sides of a pattern's picture below its bar, in pixels."""

CRITICAL_LOAD = 0.138
"""Patterns a spin beyond which Hebb's rule forgets (Amit, Gutfreund, Sompolinsky 1985)."""

REDRAW_MILLISECONDS = 100
"""Between two drawings of the overlaps, which are read rather than watched."""

NOTHING_REMEMBERED = tr(
    "This model remembers no patterns; choose coupled spins on at most {items} items, such as the letters",
    items=FEW_PATTERNS,
)

SPREAD = 0.5
"""Width over which the dots of a bar are spread, in units of the distance between bars."""


class OverlapPlot(Plot):
    """m^μ = ξ^μ·s/N for every pattern: the mean over the chains, each chain, and the one that is followed."""

    def __init__(self, theme: Theme) -> None:
        self._bars: pg.BarGraphItem | None = None
        self._memories: Memories | None = None
        self._overlaps = np.zeros((0, 0))
        self._followed: int | None = None
        self._pictures: list[QGraphicsPixmapItem] = []
        super().__init__(
            "plot-overlaps",
            tr("Overlap m"),
            tr(
                "<b>Overlaps</b> m<sup>μ</sup> = ξ<sup>μ</sup>·s/N of the chains with every pattern ξ<sup>μ</sup>, "
                "without a unit: 1 is the pattern, −1 its reverse, 0 nothing of it, up to ±1/√N by chance. Bars "
                "are the mean over the chains, dots are chains, the diamond is the one that is followed.<br>Good: "
                "a chain that has recalled has one overlap near ±1; mixtures of three have three near ±½."
            ),
            theme,
        )
        self.setFixedHeight(HEIGHT)
        self._strip = pg.ImageItem(axisOrder="row-major")
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.7)
        self._dots = pg.ScatterPlotItem(size=3.0, pen=None)
        self._diamonds = pg.ScatterPlotItem(size=9, symbol="d")
        self._zero = pg.InfiniteLine(0, angle=0)
        for item in (self._strip, self._bars, self._dots, self._diamonds):
            self.addItem(item)
        self.addItem(self._zero, ignoreBounds=True)
        self.getViewBox().disableAutoRange()
        self.getAxis("bottom").setStyle(tickLength=0)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._bars is None:
            return
        self._bars.setOpts(brush=QColor(theme.model), pen=pg.mkPen(None))
        shade = QColor(theme.text)
        shade.setAlphaF(0.35)
        self._dots.setBrush(shade)
        self._diamonds.setBrush(QColor(theme.accent))
        self._diamonds.setPen(pg.mkPen(theme.surface))
        self._zero.setPen(pg.mkPen(theme.muted))
        self._lay_out()

    def series(self) -> list[Series]:
        """Mean overlaps, and those of the chain that is followed."""
        if self._memories is None:
            return []
        names = np.array([self._memories.titled(number) for number in range(len(self._memories))])
        columns = [("mean overlap m over the chains", self._overlaps.mean(0))]
        if self._followed is not None:
            columns.append((f"overlap m of chain {self._followed + 1}", self._overlaps[self._followed]))
        return [Series(("pattern", names), tuple(columns))]

    def show_memories(self, memories: Memories) -> None:
        """Takes other patterns."""
        self._memories = memories
        self._overlaps = np.zeros((1, len(memories)))
        self._followed = None
        self._lay_out()

    def show_overlaps(self, overlaps: np.ndarray, followed: int | None) -> None:
        """Draws the overlaps of chains, shape (n, P), and marks those of one of them."""
        self._overlaps = overlaps
        self._followed = followed if followed is not None and followed < len(overlaps) else None
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures get as large as there is room."""
        super().resizeEvent(event)
        if getattr(self, "_bars", None) is not None and not self.closed:
            self._lay_out()

    @property
    def has_bars(self) -> bool:
        """True if every pattern has a bar."""
        return self._memories is not None and len(self._memories) <= MOST_BARS

    def _lay_out(self) -> None:
        """Places axes and pictures anew."""
        box = self.getViewBox()
        for item in self._pictures:
            box.removeItem(item)
        self._pictures = []
        memories = self._memories
        if memories is None:
            return
        count = len(memories)
        kinds = [(tr("mean over chains"), "model"), (tr("chain followed"), "accent")]
        self._show_title(legend(self._theme, tr("Overlaps m:") if self.has_bars else "", kinds))
        left, bottom = self.getAxis("left"), self.getAxis("bottom")
        bottom.setHeight(4 if self.has_bars else 18)
        bottom.setStyle(showValues=not self.has_bars)
        self.setXRange(0.4, count + 0.6, padding=0)
        if self.has_bars:
            side = self._draw_pictures(memories)
            room = 2.35 * (side + 4) / max(box.height() - side - 4, 1.0)
            self.setYRange(-1.05 - room, 1.3, padding=0)
            left.setTicks([[(-1.0, "−1"), (0.0, "0"), (1.0, "1")], [(-0.5, ""), (0.5, "")]])
            bottom.setTicks([])
        else:
            self._show_title(tr("Overlap m: blue −1, paper 0, red 1"))
            self.setYRange(0, 2, padding=0)
            left.setTicks([[(1.5, tr("mean")), (0.5, plural_form("chain", "chains", 1))]])
            step = max(1, count // 8)
            bottom.setTicks([[(i + 1.0, str(i + 1)) for i in range(0, count, step)]])
        for mark in (self._bars, self._dots, self._diamonds, self._zero):
            assert mark is not None
            mark.setVisible(self.has_bars)
        self._strip.setVisible(not self.has_bars)
        self._draw()

    def _draw_pictures(self, memories: Memories) -> int:
        """Draws the patterns below their bars; returns the side of each, in pixels, 0 where they have no rows."""
        box = self.getViewBox()
        if memories.patterns.ndim != 3:
            return 0
        side = int(np.clip(box.width() / len(memories) - 4, LEAST_PICTURE, LARGEST_PICTURE))
        for i, pattern in enumerate(memories.patterns):
            levels = np.where(pattern > 0, 255, 0).astype(np.uint8)
            pixels = np.ascontiguousarray(self._theme.ink_table[levels])
            height, width = levels.shape
            picture = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            item = QGraphicsPixmapItem(QPixmap.fromImage(picture).scaled(side, side))
            item.setFlag(QGraphicsPixmapItem.GraphicsItemFlag.ItemIgnoresTransformations)
            item.setPos(i + 1.0, -1.05)
            item.setOffset(-side / 2, 2)
            item.setToolTip(capitalised(memories.titled(i)))
            box.addItem(item, ignoreBounds=True)
            self._pictures.append(item)
        return side

    def _draw(self) -> None:
        assert self._bars is not None
        overlaps, followed = self._overlaps, self._followed
        if not overlaps.size:
            return
        mean, count = overlaps.mean(0), overlaps.shape[1]
        if not self.has_bars:
            rows = np.stack([np.full(count, np.nan) if followed is None else overlaps[followed], mean])
            colours = signed_colours(self._theme)
            shown = np.nan_to_num(colours[np.rint((np.nan_to_num(rows) + 1) * 127).astype(int)])
            self._strip.setImage(shown.astype(np.uint8), autoLevels=False)
            self._strip.setRect(QRectF(0.5, 0.0, count, 2.0))
            return
        self._bars.setOpts(x=np.arange(1, count + 1), height=mean)
        dots = overlaps[:MOST_DOTS]
        # Spread evenly, always the same way: chance would make them dance.
        aside = SPREAD * ((np.arange(len(dots)) * 0.618034) % 1.0 - 0.5)
        x = np.arange(1, count + 1) + aside[:, None]
        self._dots.setData(x.ravel(), dots.ravel().astype(float))
        of_one = overlaps[followed] if followed is not None else np.zeros(0)
        self._diamonds.setData(np.arange(1, len(of_one) + 1), of_one.astype(float))


class MemoryBar(QWidget):
    """The overlaps, the load of the memory, and buttons that recall a pattern.

    Signals:
        start: a pattern's index, a `Damage`, the only chain to start there or None, whether the chains fall at T = 0.
        fall: the chains shall fall from where they are.
        wander: they shall go on at the composition's temperature.
        experiment_wanted: name of an experiment to open.
        told: something to tell the person, a `Message`.
    """

    start = Signal(int, object, object, bool)
    fall = Signal()
    wander = Signal()
    experiment_wanted = Signal(str)
    told = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("memory-bar")
        self._theme = theme
        self._facts: Facts | None = None
        self._state: EngineState | None = None
        self._chain: int | None = None
        self._drawn: object = None
        self._pause = QTimer(self, interval=REDRAW_MILLISECONDS, singleShot=True)
        self._pause.timeout.connect(self._draw_overlaps)
        self.dialog: RecallDialog | None = None
        self.plot = OverlapPlot(theme)
        self.load = set_name(QLabel(), "muted")
        self.load.setAccessibleName(tr("Load of the memory"))
        self.load.setToolTip(
            tr(
                "<b>Load</b> α = patterns/spins.<br>Hebb's rule recalls random patterns up to α<sub>c</sub> = "
                "0.138, the projection rule any that are linearly independent, up to α = 1. Good: well below."
            )
        )
        self.recall_button = set_name(QToolButton(), "recall", text=tr("Recall ▾"))
        self.recall_button.setAccessibleName(tr("Recall a pattern"))
        self.recall_button.setToolTip(tr("Start from a damaged pattern, or let the chains fall at T = 0"))
        self.recall_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.recall_button)
        menu.setToolTipsVisible(True)
        for name, text, tip, do in (
            (
                "recall-damaged",
                tr("Start from a damaged pattern…"),
                tr("Choose a pattern and its damage"),
                self.open_dialog,
            ),
            (
                "recall-fall",
                tr("Fall at T = 0 from here"),
                tr("Each spin in turn points along its field, until none turns any more"),
                self.fall.emit,
            ),
            (
                "recall-wander",
                tr("Go on at the temperature set"),
                tr("End a fall; the kernel moves the chains at T of the Steer panel"),
                self.wander.emit,
            ),
        ):
            action = menu.addAction(text)
            action.setObjectName(name)
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, do=do: do())
        self.recall_button.setMenu(menu)
        self.experiment_button = set_name(QToolButton(), "recall-against-load", text=tr("Load curve…"))
        self.experiment_button.setAccessibleName(tr("Recall against load, an experiment"))
        self.experiment_button.setToolTip(
            tr(
                "Open the experiment on recall against load α: networks of random patterns beside the curve of "
                "theory and its end at α<sub>c</sub> = 0.138"
            )
        )
        self.experiment_button.clicked.connect(lambda: self.experiment_wanted.emit("hopfield"))
        column = QVBoxLayout()
        column.setSpacing(5)
        column.addWidget(self.load)
        column.addStretch(1)
        column.addWidget(self.recall_button)
        column.addWidget(self.experiment_button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(plot_card(self.plot), 1)
        layout.addLayout(column)
        self.setVisible(False)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        if self.dialog is not None:
            self.dialog.set_theme(theme)

    def follow(self, chain: int | None) -> None:
        """Marks the overlaps of another chain."""
        self._chain, self._drawn = chain, None
        if self._state is not None:
            self.show_state(self._state)
            self._draw_overlaps()

    def show_state(self, state: EngineState) -> None:
        """Draws the overlaps of a state's chains; hidden where nothing is remembered."""
        facts, snapshot = state.facts, state.snapshot
        memories = None if facts is None else facts.memories
        self.setVisible(memories is not None)
        self._state = state
        if facts is None or memories is None:
            self._facts = facts
            if self.dialog is not None:
                self.dialog.close()
            return
        if facts is not self._facts:
            self._facts = facts
            self.plot.show_memories(memories)
            spins, count = facts.space.sites, len(memories)
            limit = (
                "\n" + tr("Hebb: up to {load}", load=CRITICAL_LOAD)
                if facts.configuration.way_of_fitting == "hebb"
                else ""
            )
            self.load.setText(f"α = {count}/{spins} = {count / spins:.3f}{limit}")
            if self.dialog is not None:
                self.dialog.show_memories(memories)
        ready = state.activity in (Activity.SAMPLING, Activity.STILL)
        self.recall_button.setEnabled(ready)
        if self.dialog is not None:
            self.dialog.set_ready(ready)
        if snapshot is not self._drawn and not self._pause.isActive():
            self._draw_overlaps()
        if self.dialog is not None:
            self.dialog.show_chain(self._chain, state.composition.temperature)

    def _draw_overlaps(self) -> None:
        """Draws the overlaps of the latest state, and then pauses; what came meanwhile is drawn after that."""
        snapshot = None if self._state is None else self._state.snapshot
        if snapshot is None or snapshot.overlaps is None or snapshot is self._drawn:
            return
        self._drawn = snapshot
        self.plot.show_overlaps(snapshot.overlaps, self._chain)
        self._pause.start()

    def open_dialog(self) -> None:
        """Opens the dialog of damaged patterns, or brings it to the front."""
        state = self._state
        if state is None or state.facts is None or state.facts.memories is None:
            self.told.emit(Message("warning", NOTHING_REMEMBERED))
            return
        if self.dialog is None:
            self.dialog = RecallDialog(self._theme, self)
            self.dialog.start.connect(self.start)
            self.dialog.show_memories(state.facts.memories)
        self.dialog.show_chain(self._chain, state.composition.temperature)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
