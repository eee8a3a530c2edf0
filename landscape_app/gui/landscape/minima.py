"""Local minima as a disconnectivity graph, with their images at its leaves."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPixmap,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsPixmapItem, QGraphicsSimpleTextItem, QVBoxLayout, QWidget

from landscape_app.counting import counted
from landscape_app.gui.landscape.map import Pick
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.gui.widgets.plots import Plot, Series
from landscape_app.language import tr
from landscape_app.models.memories import Likeness
from landscape_app.physics.disconnectivity import Disconnectivity
from landscape_app.physics.estimate import shown
from landscape_app.physics.minima import LEAST_FALL
from landscape_app.session.landscape.minima import MinimaRecord

EXPLANATION = tr(
    "Press Minima: every chain descends by single levels of single pixels until none lowers −log P. The lowest "
    "minima are joined by elastic bands; where two branches meet is the lowest pass found between them."
)
OF_SPINS = tr(
    "Press Minima: every chain descends by single spins until none lowers −log P. The lowest minima are joined by "
    "paths that turn one spin at a time; where two branches meet is the lowest pass found between them."
)
LONGEST = tr(
    "8,888 local minima below 8,888 chains. The 12 lowest, and the lowest passes found between them: 100% of the "
    "paths have settled. Paths between the levels lead down from 12 of them.\nUnder H(x) = Σᵢ λᵢ fᵢ(x) …"
)

NAME_POINTS = 7.5
"""Size of the letters of a minimum's name below its image."""

NAMED_OVERLAPS = 5
"""Patterns whose overlaps a minimum's tooltip tells, those of the largest."""

MOST_SIDE, LEAST_SIDE = 48, 14
"""Sides of a leaf's image in pixels."""

GAP = 4


class MinimaPage(QWidget):
    """Shows the minima found.

    Signals:
        picked: a `Pick`, and whether it is the second of two.
    """

    picked = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("minima-page")
        self.summary = set_name(FixedLabel(EXPLANATION, LONGEST), "muted")
        self.summary.setAccessibleName(tr("What was found"))
        self.plot = DisconnectivityPlot(theme)
        self.plot.picked.connect(self.picked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.summary)
        layout.addWidget(plot_card(self.plot), 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)

    def show_record(self, record: MinimaRecord | None, levels: int, of_spins: bool = False) -> None:
        """Draws the minima, images with so many levels, or none.

        Args:
            record: the minima.
            levels: of their images.
            of_spins: whether they are spins, and can be turned only one by one.
        """
        self.plot.show_record(record, levels)
        nothing = OF_SPINS if of_spins else EXPLANATION
        self.summary.setText(nothing if record is None else describe(record))


class DisconnectivityPlot(Plot):
    """A disconnectivity graph: leaves hang from the passes that join them, at their own energies.

    Signals:
        picked: a `Pick`, and whether it is the second of two.

    Attributes:
        record: the minima on view; None for none.
    """

    picked = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        self._branches: pg.PlotDataItem | None = None
        self.record: MinimaRecord | None = None
        self._leaves: list[QGraphicsPixmapItem] = []
        self._names: list[QGraphicsSimpleTextItem] = []
        self._levels = 2
        self._at: int | None = None
        super().__init__(
            "plot-minima",
            tr("Disconnectivity graph"),
            tr(
                "<b>Disconnectivity graph</b> (Becker and Karplus 1997). Each leaf is a local minimum at its −log "
                "P, in nats from the training images' mean; two branches meet at the lowest pass found between "
                "them. A deep valley is one long branch; many short ones, a rugged basin.<br>Click an image to "
                "choose it, Shift-click for the second; the arrow keys go along, Enter and Shift+Enter choose."
            ),
            theme,
        )
        self.setAccessibleName(tr("Disconnectivity graph of the local minima"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._branches = self.plot([], [], connect="pairs")
        self._frame = pg.ScatterPlotItem(size=12, symbol="s", brush=None)
        self.addItem(self._frame)
        self.label_axis("left", tr("−log P − training mean (nats)"))
        self.getAxis("left").setWidth(52)
        self.getAxis("bottom").setTicks([])
        self.getAxis("bottom").setHeight(4)
        self.getViewBox().disableAutoRange()
        self._show_numbers("left", False)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._branches is not None:
            self._branches.setPen(pg.mkPen(theme.model, width=1.4))
            self._frame.setPen(pg.mkPen(theme.accent, width=2))
            self._lay_out()

    def show_record(self, record: MinimaRecord | None, levels: int) -> None:
        """Draws the minima and, once it is known, their tree."""
        before = self.record
        if record is not None and before is not None and _same(record, before):
            self.record = record
            return
        self.record, self._levels, self._at = record, levels, None
        self._lay_out()

    def series(self) -> list[Series]:
        """The minima from left to right, and the passes that join the branches."""
        record = self.record
        if record is None or not len(record.energies):
            return []
        order, energy = self._order(), self.named_axis("left", "energy")
        number = ("minimum", np.array(order) + 1)
        columns = [(energy, record.energies[order]), ("chains above it", record.counts[order])]
        if record.names:
            columns.append(("name", np.array([record.names[leaf].text for leaf in order])))
            columns += [
                (f"overlap m with pattern {i + 1}", record.overlaps[order, i])
                for i in range(record.overlaps.shape[1])
            ]
        minima = Series(number, tuple(columns))
        if record.tree is None:
            return [minima]
        passes = np.array([merge.energy for merge in record.tree.merges])
        return [minima, Series(("pass", np.arange(1, len(passes) + 1)), ((f"pass: {energy}", passes),))]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Images get as large as there is room."""
        super().resizeEvent(event)
        if getattr(self, "_branches", None) is not None:
            self._lay_out()

    def leaf_rect_centre(self, leaf: int) -> QPoint:
        """The middle of a minimum's image in the widget."""
        item = self._leaves[leaf]
        box = item.deviceTransform(self.viewportTransform()).mapRect(item.boundingRect())
        return box.center().toPoint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from leaf to leaf; Enter chooses."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        order = self._order()
        if step is not None and len(order):
            at = order.index(self._at) + step if self._at is not None else 0
            self._point(order[min(max(at, 0), len(order) - 1)])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at is not None:
            self._pick(self._at, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    def _order(self) -> list[int]:
        """The minima from left to right."""
        record = self.record
        if record is None:
            return []
        return list(range(len(record.energies))) if record.tree is None else record.tree.order.tolist()

    def _lay_out(self) -> None:
        """Places branches and images anew."""
        assert self._branches is not None
        for item in (*self._leaves, *self._names):
            self.getViewBox().removeItem(item)
        self._leaves, self._names = [], []
        record = self.record
        known = record is not None and len(record.energies) > 0
        self._show_numbers("left", known)
        if record is None or not known:
            self._branches.setData([], [])
            self._point(None)
            return
        x, y = branches(record)
        self._branches.setData(x, y, connect="pairs")
        places = {leaf: i for i, leaf in enumerate(self._order())}
        box = self.getViewBox()
        side = int(np.clip(box.width() / len(places) - GAP, LEAST_SIDE, MOST_SIDE))
        for leaf, image in enumerate(record.images):
            item = QGraphicsPixmapItem(self._pixmap(image, side))
            item.setFlag(QGraphicsPixmapItem.GraphicsItemFlag.ItemIgnoresTransformations)
            item.setPos(places[leaf], float(record.energies[leaf]))
            item.setOffset(-side / 2, 2)
            item.setToolTip(words_of_minimum(record, leaf))
            box.addItem(item, ignoreBounds=True)
            self._leaves.append(item)
            if record.names:
                self._write_name(leaf, places[leaf], side)
        low, high = float(record.energies.min()), float(max(record.energies.max(), y.max(initial=-np.inf)))
        span = max(high - low, 1.0)
        room = side + max((round(name.boundingRect().height()) for name in self._names), default=0)
        below = (room + 8) / max(box.height() - room - 16, 1.0)
        self.setXRange(-0.6, len(places) - 0.4, padding=0)
        self.setYRange(low - below * span, high + 0.05 * span, padding=0)
        self._point(self._at)

    def _write_name(self, leaf: int, place: int, side: int) -> None:
        """Writes the short name of a minimum below its image, as far as there is room."""
        assert self.record is not None
        name = self.record.names[leaf]
        colour = self._theme.muted if name.likeness is Likeness.OTHER else self._theme.text
        font = QFont(self.font())
        font.setPointSizeF(NAME_POINTS)
        room = max(side + GAP, int(self.getViewBox().width() / len(self.record.energies)) - 2)
        metrics = QFontMetrics(font)
        parts = [name.short]
        if metrics.horizontalAdvance(name.short) > room and name.likeness is Likeness.MIXTURE:
            # One below the other, each with its sign.
            parts = re.findall(r"[+−]?[^+−]+", name.short)
        words = [metrics.elidedText(part, Qt.TextElideMode.ElideRight, room) for part in parts]
        width = max(metrics.horizontalAdvance(word) for word in words)
        text = QGraphicsSimpleTextItem("\n".join(words))
        text.setFont(font)
        text.setBrush(QColor(colour))
        text.setFlag(QGraphicsSimpleTextItem.GraphicsItemFlag.ItemIgnoresTransformations)
        text.setPos(place, float(self.record.energies[leaf]))
        text.setTransform(QTransform.fromTranslate(-width / 2, side + 2))
        text.setToolTip(words_of_minimum(self.record, leaf))
        self.getViewBox().addItem(text, ignoreBounds=True)
        self._names.append(text)

    def _pixmap(self, image: np.ndarray, side: int) -> QPixmap:
        share = image.astype(np.float32) / (self._levels - 1)
        pixels = np.ascontiguousarray(self._theme.ink_table[(255 * share).astype(np.uint8)])
        height, width = pixels.shape[:2]
        picture = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        return QPixmap.fromImage(picture).scaled(side, side)

    def _point(self, leaf: int | None) -> None:
        record = self.record
        self._at = leaf
        if leaf is None or record is None:
            self._frame.setData([], [])
            self.setAccessibleDescription("")
            return
        place = self._order().index(leaf)
        named = f": {record.names[leaf].text}" if record.names else ""
        self._frame.setData([place], [float(record.energies[leaf])])
        self.setAccessibleDescription(
            tr(
                "Minimum {number} at {energy:.1f} nats, below {chains}",
                number=leaf + 1,
                energy=record.energies[leaf],
                chains=counted(record.counts[leaf], "chain"),
            )
            + named
        )

    def _on_click(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        here: QPointF = event.scenePos()  # type: ignore[attr-defined]
        for leaf, item in enumerate(self._leaves):
            box = item.deviceTransform(self.viewportTransform()).mapRect(item.boundingRect())
            if box.contains(self.mapFromScene(here).toPointF()):
                self._point(leaf)
                self._pick(leaf, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))  # type: ignore[attr-defined]
                return

    def _pick(self, leaf: int, second: bool) -> None:
        assert self.record is not None
        named = f" · {self.record.names[leaf].text}" if self.record.names else ""
        self.picked.emit(
            Pick(tr("Minimum {number}", number=leaf + 1) + named, self.record.images[leaf]), second
        )


def _same(record: MinimaRecord, other: MinimaRecord) -> bool:
    """True if two records look the same, but for their progress."""
    return record.images is other.images and record.tree is other.tree


def branches(record: MinimaRecord) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the straight lines of a disconnectivity graph, two after two: places and energies, shapes (2m,)."""
    tree = record.tree
    if tree is None:
        return np.zeros(0), np.zeros(0)
    energies = [*tree.energies.tolist(), *(merge.energy for merge in tree.merges)]
    x: list[float] = []
    y: list[float] = []
    for merge in tree.merges:
        left, right = tree.positions[merge.left], tree.positions[merge.right]
        x += [left, left, left, right, right, right]
        y += [
            energies[merge.left],
            merge.energy,
            merge.energy,
            merge.energy,
            merge.energy,
            energies[merge.right],
        ]
    return np.array(x), np.array(y)


def describe(record: MinimaRecord) -> str:
    """Finding, in words."""
    under = tr("\nUnder {formula}", formula=record.formula) if record.formula else ""
    if not record.found:
        return tr("{count:,} chains descend …", count=record.starts) + under
    found = tr(
        "{minima} below {chains}",
        minima=counted(record.found, "local minimum", "local minima"),
        chains=counted(record.starts, "chain"),
    )
    if record.names:
        found += tr("; the lowest {count} are {kinds}", count=len(record.names), kinds=kinds_of(record))
    if record.tree is None:
        return f"{found}. {tr('Looking for the passes between the lowest …')}{under}"
    if len(record.energies) == 1:
        return f"{found}.{under}"
    if record.by_single_spins:
        return f"{found}. {tr('Passes are the lowest found by turning one spin at a time.')}{under}"
    flat = _without_barrier(record.tree)
    slope = "" if not flat else tr(" Paths between the levels lead down from {count} of them.", count=flat)
    passes = tr(
        "The {count} lowest, and the lowest passes found between them: {share:.0%} of the paths have settled.",
        count=len(record.energies),
        share=record.settled,
    )
    return f"{found}. {passes}{slope}{under}"


def kinds_of(record: MinimaRecord) -> str:
    """Numbers of the minima by their likeness to the patterns, such as "6 patterns, 4 mixtures, 2 others"."""
    counts = Counter(name.likeness for name in record.names)
    words = []
    for likeness in Likeness:
        count = counts[likeness]
        if count and likeness is Likeness.PATTERN:
            words.append(counted(count, "pattern"))
        elif count and likeness is Likeness.REVERSED:
            words.append(counted(count, "reversed pattern"))
        elif count and likeness is Likeness.MIXTURE:
            words.append(counted(count, "mixture"))
        elif count:
            words.append(counted(count, "other"))
    return ", ".join(words)


def words_of_minimum(record: MinimaRecord, leaf: int) -> str:
    """A minimum in words, with its overlaps with the patterns where there are any, as the text of a tooltip."""
    energy = shown(record.energies[leaf], "+.1f")
    lines = [
        tr(
            "Minimum {number}: −log P {energy} nats from the training mean, below {chains}",
            number=leaf + 1,
            energy=energy,
            chains=counted(record.counts[leaf], "chain"),
        )
    ]
    if record.names:
        name = record.names[leaf]
        named = escape(name.text)
        lines.insert(
            0,
            tr("<b>{name}</b>, overlap {overlap:.2f} with nearest pattern", name=named, overlap=name.overlap)
            if name.likeness is Likeness.OTHER
            else tr("<b>{name}</b>, overlap {overlap:.2f} with it", name=named, overlap=name.overlap),
        )
        overlaps = record.overlaps[leaf]
        order = np.argsort(-np.abs(overlaps), kind="stable")[:NAMED_OVERLAPS]
        told = ", ".join(f"{i + 1}: {shown(float(overlaps[i]), '+.2f')}" for i in order.tolist())
        lines.append(tr("m = ξ·s/N with pattern {overlaps}", overlaps=told))
    return "<br>".join(lines)


def _without_barrier(tree: Disconnectivity) -> int:
    """Number of minima whose lowest pass is no higher than they are: no single level lowers them, but a path does."""
    n = len(tree.energies)
    return sum(
        merge.energy - float(tree.energies[node]) <= LEAST_FALL
        for merge in tree.merges
        for node in (merge.left, merge.right)
        if node < n
    )
