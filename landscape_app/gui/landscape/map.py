"""Map of data and chains in the plane of the data's first two principal components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QBrush,
    QColor,
    QFocusEvent,
    QFont,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import FoldingRow, plot_card, set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.plots import LABELLED_AXIS, Plot, Series
from landscape_app.language import tr, within_sentence
from landscape_app.physics.estimate import shown
from landscape_app.session.landscape.map import ImageMap, PrincipalPlane

BINS = 36
"""Cells of the grid on which points are counted for their density, along either axis."""

KINDS = {"training": "training image", "held_out": "held-out image", "chain": "chain", "minimum": "minimum"}
"""Kinds of points, as tables name them."""
TITLES = {
    "training": tr("Training image"),
    "held_out": tr("Held-out image"),
    "chain": tr("Chain"),
    "minimum": tr("Minimum"),
}
"""Kinds of points, at the beginning of a name."""


class Pick(NamedTuple):
    """An image that a person has pointed at, as it was then.

    Attributes:
        name: what it is, in words.
        image: uint8, shape (*shape).
    """

    name: str
    image: np.ndarray


class Cloud(NamedTuple):
    """Images of one kind on the map.

    Attributes:
        kind: a key of `KINDS`.
        positions: levels, shape (n, 2).
        images: levels, uint8, shape (n, *shape).
        energies: E from the training images' mean, nats, shape (n,); NaN where it is not known.
        surprisals: −log P from the training images' mean, nats, shape (n,); NaN where it is not known.
        classes: their class, shape (n,); None where it is not known.
        class_names: what to call each class.
        names: of its own that each has, in words; empty for none.
    """

    kind: str
    positions: np.ndarray
    images: np.ndarray
    energies: np.ndarray
    surprisals: np.ndarray
    classes: np.ndarray | None
    class_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def pick(self, index: int) -> Pick:
        """One of them, as it is now."""
        name = f"{TITLES[self.kind]} {index + 1}"
        if self.classes is not None:
            c = int(self.classes[index])
            name += f" · {self.class_names[c] if c < len(self.class_names) else c}"
        if self.names:
            name += f" · {self.names[index]}"
        return Pick(name, self.images[index].copy())

    def describe(self, index: int) -> str:
        """One of them in words, with its energies."""
        lines = [self.pick(index).name]
        for label, values in (("E", self.energies), ("−log P", self.surprisals)):
            if np.isfinite(values[index]):
                energy = shown(float(values[index]), "+.1f")
                lines.append(tr("{label} {energy} nats from training", label=label, energy=energy))
        return "\n".join(lines)


def data_clouds(state: EngineState) -> list[Cloud]:
    """The held-out and the training images of a state, in the order in which they are drawn."""
    known, energies = state.landscape, state.energies
    assert known is not None
    data = known.map
    origin = surprisal_origin(data)
    clouds = []
    for kind, images, labels in (
        ("held_out", data.held_out, data.held_out_labels),
        ("training", data.training, data.training_labels),
    ):
        energy = np.full(len(images), np.nan)
        if energies is not None:
            energy = getattr(energies, kind)
        surprisals = energy + data.base_surprisal(images) - origin
        positions = data.plane.project(images)
        clouds.append(Cloud(kind, positions, images, energy, surprisals, labels, _names(state)))
    return clouds


def chain_cloud(state: EngineState, origin: float) -> Cloud:
    """The chains of a state; the origin is that of `surprisal_origin`."""
    known, snapshot = state.landscape, state.snapshot
    assert known is not None
    assert snapshot is not None
    assert state.facts is not None
    images = state.facts.space.as_levels(snapshot.x)
    return Cloud(
        kind="chain",
        positions=known.map.plane.project(images),
        images=images,
        energies=snapshot.energies,
        surprisals=snapshot.energies + known.map.base_surprisal(images) - origin,
        classes=snapshot.classes,
        class_names=_names(state),
    )


def _names(state: EngineState) -> tuple[str, ...]:
    if state.facts is None:
        return ()
    memories = state.facts.memories
    if memories is None or state.facts.class_names:
        return state.facts.class_names
    return tuple(memories.called(number) for number in range(len(memories)))


def minima_cloud(state: EngineState) -> Cloud | None:
    """The lowest minima that were found; None before there are some."""
    known = state.landscape
    if known is None or known.minima is None or not len(known.minima.images):
        return None
    images = known.minima.images
    nothing = np.full(len(images), np.nan)
    names = tuple(name.text for name in known.minima.names)
    return Cloud(
        "minimum",
        known.map.plane.project(images),
        images,
        nothing,
        known.minima.energies,
        None,
        names=names,
    )


def surprisal_origin(data: ImageMap) -> float:
    """Mean −log q of the training images, nats; their mean E is taken off energies already."""
    return float(data.base_surprisal(data.training).mean())


def local_density(positions: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Density of points around each of them, as a share of the densest place, shape (n,).

    Points are counted on a grid, which is smoothed over a cell and a half.

    Args:
        positions: shape (n, 2).
        low: corner of the grid, shape (2,).
        high: the opposite corner, shape (2,).
    """
    cells = ((positions - low) / (high - low) * BINS).astype(int).clip(0, BINS - 1)
    counts = np.zeros((BINS, BINS))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1.0)
    distance = np.subtract.outer(np.arange(BINS), np.arange(BINS))
    spread = np.exp(-(distance**2) / (2 * 1.5**2))
    smooth = spread @ counts @ spread
    return smooth[cells[:, 0], cells[:, 1]] / smooth.max()


REACH = 12
"""Pixels within which the pointer finds a point."""

MARGIN = 0.08
"""Room around the points, as a share of their extent."""

PALE = 0.7
"""Opacity of the data, at which they have a contrast of 3 to both surfaces."""

SIZES = {"held_out": 3.5, "training": 5.0, "chain": 7.0, "minimum": 9.0}
SYMBOLS = {"held_out": "s", "training": "o", "chain": "o", "minimum": "t"}

DIRECTIONS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}

MAP_KEYS = KeyTable(
    tr("On the map"),
    (
        ("Left, Right, Up, Down", tr("Go to the image that way")),
        ("Return, Shift+Return", tr("Choose it as image A, as image B")),
        ("Home", tr("The whole map")),
    ),
)


class MapPlot(Plot):
    """Clouds of points; the pointer or the arrow keys find one, a click or Enter picks it.

    Signals:
        picked: a `Pick`, and whether it is the second of two (with Shift).

    Attributes:
        clouds: points on view or hidden, by their kind.
    """

    picked = Signal(object, bool)
    pans = True
    advice = tr("Drag to move, turn the wheel to zoom; a double click shows all.")

    def __init__(self, theme: Theme) -> None:
        self.clouds: dict[str, Cloud] = {}
        self._hidden: set[str] = set()
        self._scatter: dict[str, pg.ScatterPlotItem] = {}
        self._marks: pg.ScatterPlotItem | None = None
        self._found: tuple[str, int] | None = None
        self._extent = (np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
        self._levels = 2
        super().__init__(
            "plot-map",
            tr("Map of images"),
            tr(
                "<b>Map of images.</b> Each point is an image, at its first two principal components of the "
                "training images. Points that are near may still differ in the other components.<br>Click a point "
                "to choose it, Shift-click a second one; the arrow keys go from point to point, Enter and "
                "Shift+Enter choose."
            ),
            theme,
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
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
        # The image stays beside its point.
        self.getViewBox().sigRangeChanged.connect(lambda *_: self._show_found())
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
            self._show_numbers(side, True)
            self.label_axis(
                side,
                tr(
                    "component {number} (levels; {share:.0%} of variance)",
                    number=number + 1,
                    share=plane.shares[number],
                ),
            )
        self._empty()
        for cloud in data:
            self.show_cloud(cloud)
        everything = np.concatenate([cloud.positions for cloud in self.clouds.values()])
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
                    (f"{KINDS[kind]}: E (nats)", cloud.energies),
                    (f"{KINDS[kind]}: −log P (nats)", cloud.surprisals),
                ),
            )
            for kind, cloud in self.clouds.items()
            if kind not in self._hidden
        ]

    def show_cloud(self, cloud: Cloud, brushes: list[QBrush] | None = None) -> None:
        """Draws a cloud in place of the last one of its kind, with a brush for each point where they differ."""
        self.clouds[cloud.kind] = cloud
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
        if self.clouds.pop(kind, None) is not None:
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
        self.clouds.clear()
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
        """Place in the widget of a position of the map, shape (2,)."""
        scene = self.getViewBox().mapViewToScene(QPointF(float(position[0]), float(position[1])))
        return self.mapFromScene(scene)

    def found(self) -> tuple[Cloud, int] | None:
        """The point under the pointer, or that the keys have come to."""
        if self._found is None:
            return None
        kind, index = self._found
        cloud = self.clouds.get(kind)
        return None if cloud is None or index >= len(cloud.images) else (cloud, index)

    def find(self, position: QPoint) -> None:
        """Finds the nearest point to a position in the widget, of the topmost kind that has one within reach."""
        self._found = None
        view = self.getViewBox()
        here = view.mapSceneToView(self.mapToScene(position))
        width, height = view.viewPixelSize()
        for kind in reversed(list(SYMBOLS)):
            cloud = self.clouds.get(kind)
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
        elif key == Qt.Key.Key_Home:
            self.getViewBox().reset()
        else:
            super().keyPressEvent(event)

    def _zoom_centre(self) -> QPointF | None:
        at = self.found()
        return None if at is None else QPointF(*map(float, at[0].positions[at[1]]))

    def _go(self, direction: np.ndarray) -> None:
        """Finds the nearest point in a direction from the one found, or the one nearest to the middle."""
        shown = [cloud for kind, cloud in self.clouds.items() if kind not in self._hidden]
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
            self.getViewBox().move_by(float(way[0]), float(way[1]))

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


BAR = 9
"""Height of the bar."""

LEAST_BAR = 70


class MapKey(QWidget):
    """One line: a title, and a bar of colours between two numbers, or names in their colours."""

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(tr("Colour key"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = ""
        self._ends = ("", "")
        self._colours = np.zeros((0, 3), np.uint8)
        self._names: list[tuple[str, QColor]] = []
        self._small = QFont(self.font())
        self._small.setPointSizeF(8)

    @property
    def text(self) -> str:
        """Reading in words."""
        if self._names:
            return f"{self._title} {' '.join(name for name, _ in self._names)}"
        return f"{self._title} {self._ends[0]} … {self._ends[1]}"

    def show_scale(self, title: str, low: str, high: str, colours: np.ndarray) -> None:
        """Shows a scale; colours from low to high, uint8, shape (n, 3)."""
        self._title, self._ends, self._names = title, (low, high), []
        self._colours = np.ascontiguousarray(colours)
        self.setAccessibleDescription(self.text)
        self.update()

    def show_names(self, title: str, names: Sequence[tuple[str, QColor]]) -> None:
        """Shows names in their colours."""
        self._title, self._names = title, list(names)
        self.setAccessibleDescription(self.text)
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(180, self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        """One line, and a short bar."""
        return QSize(LEAST_BAR, self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        painter = QPainter(self)
        painter.setFont(self._small)
        metrics = painter.fontMetrics()
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        x = 0

        def write(text: str, colour: QColor, gap: int = 6) -> None:
            nonlocal x
            painter.setPen(colour)
            area = QRect(x, 0, metrics.horizontalAdvance(text) + 2, self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            x = area.right() + gap

        if self._title:
            write(self._title, muted)
        for name, colour in self._names:
            write(name, colour, 4)
        if self._names or not len(self._colours):
            return
        write(self._ends[0], muted)
        width = self.width() - x - metrics.horizontalAdvance(self._ends[1]) - 8
        if width > 8:
            image = QImage(
                self._colours.data, len(self._colours), 1, 3 * len(self._colours), QImage.Format.Format_RGB888
            )
            painter.drawImage(QRect(x, (self.height() - BAR) // 2, width, BAR), image)
            x += width + 6
        write(self._ends[1], muted)


COLOURS = {
    "surprisal": "−log P",
    "energy": tr("energy E"),
    "class": tr("class"),
    "density": tr("density"),
}


class MapPage(QWidget):
    """The map, and what is drawn on it.

    Signals:
        coloured: the chains shall have other colours.
    """

    coloured = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("map-page")
        self.plot = MapPlot(theme)
        self.colour_box = set_name(ChoiceBox(), "map-colour")
        self.colour_box.setAccessibleName(tr("Colour chains by"))
        self.colour_box.setToolTip(
            tr(
                "What the colours of the chains mean: −log P and the energy E, in nats from the training images' "
                "mean; the class that the classifier gives; or how densely chains lie on the map"
            )
        )
        for name, text in COLOURS.items():
            self.colour_box.addItem(tr("Colour: {text}", text=text), name)
        self.colour_box.activated.connect(lambda: self.coloured.emit())
        self.training = set_name(ToggleSwitch(tr("Training")), "map-training")
        self.training.setToolTip(tr("Show the training images on the map"))
        self.held_out = set_name(ToggleSwitch(tr("Held-out")), "map-held-out")
        self.held_out.setToolTip(tr("Show the held-out images, which training never sees, on the map"))
        for switch, kind in ((self.training, "training"), (self.held_out, "held_out")):
            switch.setChecked(True)
            switch.toggled.connect(lambda shown, kind=kind: self.plot.set_shown(kind, shown))
        whole = set_name(QToolButton(), "map-whole", text=tr("Whole map"))
        whole.setAccessibleName(tr("Show the whole map"))
        whole.setToolTip(tr("Show the whole map again (Home)"))
        whole.clicked.connect(self.plot.getViewBox().reset)
        self.key = MapKey("map-key")
        self.legend = set_name(QLabel(), "muted")
        self.legend.setAccessibleName(tr("What is on the map"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(FoldingRow([self.colour_box, self.training, self.held_out], [whole]))
        layout.addWidget(plot_card(self.plot), 1)
        layout.addWidget(self.key)
        layout.addWidget(self.legend)
        self.set_theme(theme)

    @property
    def colour_by(self) -> str:
        """Key of `COLOURS` for the meaning of colours."""
        return str(self.colour_box.currentData())

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.plot.set_theme(theme)
        self.legend.setText(
            f'<span style="color:{theme.training}">●</span> {tr("training")}  '
            f'<span style="color:{theme.held_out}">■</span> {within_sentence(tr("Held-out"))}  '
            f'<span style="color:{theme.text}">▽</span> {tr("local minima")}  '
            f'<span style="color:{theme.text}">—</span> {tr("path")}'
        )


THUMBNAIL_SIDE = 64


AWAY = 14
"""Pixels between the point and the card."""


class ThumbnailCard(QFrame):
    """Floats inside its parent; the pointer passes through it."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._parent = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = Mosaic(theme, plain=True)
        self.picture.setObjectName("thumbnail")
        self.picture.setMinimumSize(1, 1)
        self.picture.setFixedSize(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = set_name(QLabel(), "muted")
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(6, 6, 8, 6)
        self._layout.addWidget(self.picture)
        self._layout.addWidget(self.text)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.picture.set_theme(theme)

    def show_at(self, point: QPoint, image: np.ndarray, levels: int, text: str) -> None:
        """Shows an image of levels, shape (height, width), beside a point of the parent, inside of it."""
        self.picture.show_images(image[None], levels)
        self.text.setText(text)
        self._layout.activate()
        self.resize(self.sizeHint())
        room = self._parent.size() - self.size()
        x = point.x() + AWAY
        if x > room.width():
            x = point.x() - AWAY - self.width()
        y = min(max(point.y() - self.height() // 2, 2), room.height() - 2)
        self.move(max(2, x), max(2, y))
        self.show()
        self.raise_()
