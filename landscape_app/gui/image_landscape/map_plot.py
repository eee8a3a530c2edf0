"""The map: data and chains in the plane of the data's first two principal components."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFocusEvent, QKeyEvent, QMouseEvent

from landscape_app.gui.image_landscape.points import KINDS, Cloud, Pick
from landscape_app.gui.image_landscape.thumbnail_card import ThumbnailCard
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.plot_series import Series
from landscape_app.gui.widgets.plots import LABELLED_AXIS, Plot
from landscape_app.session import PrincipalPlane

REACH = 12
"""Pixels within which the pointer finds a point."""

MARGIN = 0.08
"""Room around the points, as a share of their extent."""

PALE = 0.32
"""Opacity of the data."""

SIZES = {"held_out": 3.5, "training": 5.0, "chain": 7.0, "minimum": 9.0}
SYMBOLS = {"held_out": "o", "training": "o", "chain": "o", "minimum": "t"}

DIRECTIONS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}

ZOOMS = {Qt.Key.Key_PageUp: 0.8, Qt.Key.Key_PageDown: 1.25}
"""Ranges on view after a key, in units of those before."""

MAP_KEYS = KeyTable(
    "On the map",
    (
        ("Left, Right, Up, Down", "Go to the image that way"),
        ("Return, Shift+Return", "Choose it as image A, as image B"),
        ("PgUp, PgDown", "Zoom in, out"),
        ("Home", "The whole map"),
    ),
)


class MapPlot(Plot):
    """Clouds of points; the pointer or the arrow keys find one, a click or Enter picks it.

    Signals:
        picked: a `Pick`, and whether it is the second of two (with Shift).
    """

    picked = Signal(object, bool)

    def __init__(self, theme: Theme) -> None:
        self._clouds: dict[str, Cloud] = {}
        self._hidden: set[str] = set()
        self._scatter: dict[str, pg.ScatterPlotItem] = {}
        self._marks: pg.ScatterPlotItem | None = None
        self._found: tuple[str, int] | None = None
        self._extent = (np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
        self._levels = 2
        super().__init__(
            "plot-map",
            "",
            "<b>Map of images.</b> Each point is an image, at its first two principal components of the training "
            "images. Points that are near may still differ in the other components.<br>Click a point to choose it, "
            "Shift-click a second one. Wheel and drag zoom and move; the arrow keys go from point to point, Enter "
            "and Shift+Enter choose, Page Up and Page Down zoom.",
            theme,
        )
        self.setAccessibleName("Map of images")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseEnabled(x=True, y=True)
        self.getViewBox().disableAutoRange()
        self.getAxis("bottom").setHeight(LABELLED_AXIS)
        self.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        for kind, symbol in SYMBOLS.items():
            item = pg.ScatterPlotItem(size=SIZES[kind], symbol=symbol, pen=None)
            self._scatter[kind] = item
        self._path = pg.PlotDataItem([], [])
        for item in (*list(self._scatter.values())[:2], self._path, *list(self._scatter.values())[2:]):
            self.addItem(item)
        self._marks = pg.ScatterPlotItem(size=15, brush=None)
        self._ring = pg.ScatterPlotItem(size=15, brush=None)
        self._letters = [pg.TextItem(letter, anchor=(0.5, 1.4)) for letter in "AB"]
        for item in (self._marks, self._ring, *self._letters):
            self.addItem(item)
        self.card = ThumbnailCard(self, theme)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.show_marks(None, None)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        super().set_theme(theme)
        if self._marks is None:
            return
        self._marks.setPen(pg.mkPen(theme.text, width=2))
        self._ring.setPen(pg.mkPen(theme.accent, width=2))
        self._path.setPen(pg.mkPen(theme.text, width=1.5))
        for letter in self._letters:
            letter.setColor(QColor(theme.text))
        for kind in ("held_out", "training"):
            shade = QColor(getattr(theme, kind))
            shade.setAlphaF(PALE)
            self._scatter[kind].setBrush(shade)
        self._scatter["minimum"].setBrush(QColor(theme.surface))
        self._scatter["minimum"].setPen(pg.mkPen(theme.text, width=1.2))
        self.card.set_theme(theme)

    @property
    def extent(self) -> tuple[np.ndarray, np.ndarray]:
        """Two corners of what the axes show, each of shape (2,)."""
        return self._extent

    def show_plane(self, plane: PrincipalPlane, data: Iterable[Cloud], levels: int) -> None:
        """Begins anew with data, to which the axes are fitted."""
        self._levels = levels
        for side, number in (("bottom", 0), ("left", 1)):
            share = f"{plane.shares[number]:.0%} of variance"
            self._show_numbers(side, True)
            self.label_axis(side, f"component {number + 1} (levels; {share})")
        self._empty()
        for cloud in data:
            self.show_cloud(cloud)
        everything = np.concatenate([cloud.positions for cloud in self._clouds.values()])
        self._extent = everything.min(0), everything.max(0)
        self.show_all()

    def series(self) -> list[Series]:
        """The points on view, each kind in columns of its own."""
        across, up = self.named_axis("bottom", "component 1"), self.named_axis("left", "component 2")
        x, y = self._path.getOriginalDataset()
        path = [] if x is None or not len(x) else [Series((f"path: {across}", x), ((f"path: {up}", y),))]
        return path + [
            Series(
                (f"{KINDS[kind]}: {across}", cloud.positions[:, 0]),
                (
                    (f"{KINDS[kind]}: {up}", cloud.positions[:, 1]),
                    (f"{KINDS[kind]}: Σ λ f (nats)", cloud.energies),
                    (f"{KINDS[kind]}: −log P (nats)", cloud.surprisals),
                ),
            )
            for kind, cloud in self._clouds.items()
            if kind not in self._hidden
        ]

    def show_cloud(self, cloud: Cloud, brushes: list[QBrush] | None = None) -> None:
        """Draws a cloud in place of the last one of its kind, with a brush for each point where they differ."""
        self._clouds[cloud.kind] = cloud
        item = self._scatter[cloud.kind]
        x, y = cloud.positions.T
        if brushes is None:
            item.setData(x, y)
        else:
            item.setData(x, y, brush=brushes)
        if self._found is not None and self._found[0] == cloud.kind:
            self._show_found()

    def clear_cloud(self, kind: str) -> None:
        """Draws no cloud of a kind."""
        if self._clouds.pop(kind, None) is not None:
            self._scatter[kind].setData([], [])
            self._leave_lost()

    def show_nothing(self) -> None:
        """Shows a plane on which nothing lies."""
        for side in ("bottom", "left"):
            self._show_numbers(side, False)
            self.label_axis(side, "")
        self._empty()
        self._leave_lost()

    def _empty(self) -> None:
        self._clouds.clear()
        for item in self._scatter.values():
            item.setData([], [])
        self.show_path(None)
        self.show_marks(None, None)

    def set_shown(self, kind: str, shown: bool) -> None:
        """Shows a kind of points, or hides it."""
        (self._hidden.discard if shown else self._hidden.add)(kind)
        self._scatter[kind].setVisible(shown)
        self._leave_lost()

    def show_path(self, positions: np.ndarray | None) -> None:
        """Draws a path, shape (n, 2), or none."""
        x, y = positions.T if positions is not None else (np.zeros(0), np.zeros(0))
        self._path.setData(x, y)

    def show_marks(self, first: np.ndarray | None, second: np.ndarray | None) -> None:
        """Marks where the two images are that were chosen, each of shape (2,)."""
        assert self._marks is not None
        places = [first, second]
        chosen = np.array([place for place in places if place is not None]).reshape(-1, 2)
        self._marks.setData(chosen[:, 0], chosen[:, 1])
        for letter, place in zip(self._letters, places, strict=True):
            letter.setVisible(place is not None)
            if place is not None:
                letter.setPos(*place)

    def hold(self, positions: np.ndarray) -> None:
        """Widens the axes in good time where points, shape (n, 2), leave them; they never narrow."""
        low, high = self._extent
        new_low, new_high = positions.min(0), positions.max(0)
        if (new_low < low).any() or (new_high > high).any():
            room = MARGIN * (high - low)
            self._extent = (
                np.where(new_low < low, new_low - room, low),
                np.where(new_high > high, new_high + room, high),
            )
            self.show_all()

    def show_all(self) -> None:
        """The whole map."""
        low, high = self._extent
        self.setRange(xRange=(low[0], high[0]), yRange=(low[1], high[1]), padding=MARGIN / 2)

    def pixel_of(self, position: np.ndarray) -> QPoint:
        """Where a position of the map, shape (2,), is in the widget."""
        scene = self.getViewBox().mapViewToScene(QPointF(float(position[0]), float(position[1])))
        return self.mapFromScene(scene)

    def found(self) -> tuple[Cloud, int] | None:
        """The point under the pointer, or that the keys have come to."""
        if self._found is None:
            return None
        kind, index = self._found
        cloud = self._clouds.get(kind)
        return None if cloud is None or index >= len(cloud.images) else (cloud, index)

    def find(self, position: QPoint) -> None:
        """Finds the nearest point to a position in the widget, of the topmost kind that has one within reach."""
        self._found = None
        view = self.getViewBox()
        here = view.mapSceneToView(self.mapToScene(position))
        width, height = view.viewPixelSize()
        for kind in reversed(list(SYMBOLS)):
            cloud = self._clouds.get(kind)
            if cloud is None or kind in self._hidden or not len(cloud.positions):
                continue
            pixels = (cloud.positions - [here.x(), here.y()]) / [width, height]
            distance = np.hypot(*pixels.T)
            nearest = int(distance.argmin())
            if distance[nearest] <= REACH:
                self._found = kind, nearest
                break
        self._show_found()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the image under the pointer."""
        super().mouseMoveEvent(event)
        if event.buttons() == Qt.MouseButton.NoButton:
            self.find(event.position().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        """Shows none when the pointer has left."""
        super().leaveEvent(event)
        self._found = None
        self._show_found()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows none when the keys go elsewhere."""
        super().focusOutEvent(event)
        self._found = None
        self._show_found()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go to the next point that way; Enter chooses it, with Shift as the second."""
        key = Qt.Key(event.key())
        if key in DIRECTIONS:
            self._go(np.array(DIRECTIONS[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.found() is not None:
            self._pick(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in ZOOMS:
            at = self.found()
            centre = None if at is None else pg.Point(*at[0].positions[at[1]])
            self.getViewBox().scaleBy((ZOOMS[key], ZOOMS[key]), center=centre)
            self._show_found()
        elif key == Qt.Key.Key_Home:
            self.show_all()
            self._show_found()
        else:
            super().keyPressEvent(event)

    def _go(self, direction: np.ndarray) -> None:
        """Finds the nearest point in a direction from the one found, or the one nearest to the middle."""
        shown = [cloud for kind, cloud in self._clouds.items() if kind not in self._hidden]
        labels = [(cloud.kind, index) for cloud in shown for index in range(len(cloud.images))]
        if not labels:
            return
        positions = np.concatenate([cloud.positions for cloud in shown])
        at = self.found()
        if at is None:
            middle = np.mean(self._extent, axis=0)
            self._found = labels[int(np.square(positions - middle).sum(1).argmin())]
        else:
            cloud, index = at
            offset = positions - cloud.positions[index]
            ahead = offset @ direction
            aside = np.abs(offset @ direction[::-1])
            within = (ahead > 1e-9) & (aside <= 2 * ahead)
            if within.any():
                cost = np.where(within, ahead + 2 * aside, np.inf)
                self._found = labels[int(cost.argmin())]
        self._bring_into_view()
        self._show_found()

    def _bring_into_view(self) -> None:
        """Moves the map where the point found lies beyond its edge."""
        at = self.found()
        assert at is not None
        ranges = np.array(self.getViewBox().viewRange())
        place = at[0].positions[at[1]]
        inset = MARGIN * np.ptp(ranges, axis=1)
        way = np.minimum(place - (ranges[:, 0] + inset), 0) + np.maximum(place - (ranges[:, 1] - inset), 0)
        if way.any():
            self.getViewBox().translateBy(x=float(way[0]), y=float(way[1]))

    def _show_found(self) -> None:
        """Draws a ring around the point found, and its image beside it."""
        at = self.found()
        if at is None:
            self._ring.setData([], [])
            self.card.hide()
            self.setAccessibleDescription("")
            return
        cloud, index = at
        self._ring.setData(*cloud.positions[index][:, None])
        text = cloud.describe(index)
        self.setAccessibleDescription(text)
        self.card.show_at(self.pixel_of(cloud.positions[index]), cloud.images[index], self._levels, text)

    def _leave_lost(self) -> None:
        """Lets go of a point that is no longer drawn."""
        at = self.found()
        if at is None or at[0].kind in self._hidden:
            self._found = None
            self._show_found()

    def _on_click(self, event: object) -> None:
        if event.button() != Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        self.find(self.mapFromScene(event.scenePos()))  # type: ignore[attr-defined]
        if self.found() is not None:
            self._pick(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))  # type: ignore[attr-defined]

    def _pick(self, second: bool) -> None:
        at = self.found()
        assert at is not None
        pick: Pick = at[0].pick(at[1])
        self.picked.emit(pick, second)
