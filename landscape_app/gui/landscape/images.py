"""Small images beside a plot: along a path, beside a point, and the two that are chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from landscape_app.gui.landscape.map import Pick
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import FigureLabel
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.language import tr

STRIP_SIDE = 44
STRIP_GAP = 4

IMAGE_KEYS = KeyTable(
    tr("Along a path, and in the graph of minima"),
    (
        ("Left, Right", tr("Go to the image beside")),
        ("Return, Shift+Return", tr("Choose it as image A, as image B")),
    ),
)


class ImageStrip(PixelWidget):
    """As many images as fit, at even distances along a path.

    Signals:
        pointed: number of the image that the pointer or the keys are at, in the path; −1 for none.
        chosen: number of the image, and whether it is the second of two (with Shift).
    """

    pointed = Signal(int)
    chosen = Signal(int, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__("path-images", tr("Images along the path"), 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setToolTip(
            tr(
                "Images along the path, each below its place. Click one to choose it, Shift-click for the second; "
                "the arrow keys go along, Enter and Shift+Enter choose"
            )
        )
        self._images = np.zeros((0, 8, 8), np.float32)
        self._places = np.zeros(0)
        self._at: int | None = None
        self.span: Callable[[], tuple[float, float]] = lambda: (0.0, float(self.width()))
        """Ends of the path, in pixels."""
        self.set_theme(theme)

    def sizeHint(self) -> QSize:
        """One row of images."""
        return QSize(6 * (STRIP_SIDE + STRIP_GAP), STRIP_SIDE + 4)

    def minimumSizeHint(self) -> QSize:
        """Two images."""
        return QSize(2 * (STRIP_SIDE + STRIP_GAP), STRIP_SIDE + 4)

    def show_images(self, images: np.ndarray, places: np.ndarray, levels: int) -> None:
        """Shows images of levels along a path.

        Args:
            images: shape (n, height, width).
            places: their distances along it, rising, shape (n,).
            levels: number of levels.
        """
        self._images, self._places, self._levels = images, places, levels
        if self._at is not None and self._at >= len(images):
            self._at = None
        self._compose()

    def shown(self) -> list[tuple[int, QRect]]:
        """The images that fit: their numbers, and where they lie."""
        if not len(self._images):
            return []
        left, right = self.span()
        count = max(2, int((right - left + STRIP_SIDE) // (STRIP_SIDE + STRIP_GAP)))
        length = max(float(self._places[-1]), 1e-9)
        found: dict[int, QRect] = {}
        for share in np.linspace(0, 1, count):
            number = int(np.abs(self._places - share * length).argmin())
            x = left + share * (right - left) - STRIP_SIDE / 2
            x = min(max(1.0, x), self.width() - STRIP_SIDE - 1.0)
            found.setdefault(number, QRect(round(x), 2, STRIP_SIDE, STRIP_SIDE))
        return list(found.items())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the images."""
        painter = QPainter(self)
        for number, place in self.shown():
            pixels = self._inked(self._images[number])
            height, width = pixels.shape[:2]
            image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            painter.drawImage(place, image)
            at = number == self._at
            painter.setPen(QPen(QColor(self._theme.accent if at else self._theme.border), 2 if at else 1))
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
        self._paint_focus(painter)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Points at the image under the pointer."""
        self._point(self._number_at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        """Points at none."""
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the image under the pointer."""
        number = self._number_at(event.position().toPoint())
        if number is not None and event.button() == Qt.MouseButton.LeftButton:
            self._point(number)
            self.chosen.emit(number, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go along; Enter chooses."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        numbers = [number for number, _ in self.shown()]
        if step is not None and numbers:
            at = numbers.index(self._at) + step if self._at in numbers else 0
            self._point(numbers[min(max(at, 0), len(numbers) - 1)])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at is not None:
            self.chosen.emit(self._at, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    def _number_at(self, position: QPoint) -> int | None:
        return next((number for number, place in self.shown() if place.contains(position)), None)

    def _point(self, number: int | None) -> None:
        if number != self._at:
            self._at = number
            self.pointed.emit(-1 if number is None else number)
            self.update()

    def _compose(self) -> None:
        self.update()


CHOSEN_SIDE = 58

BUTTON_TITLES = {"barrier": tr("Barrier"), "minima": tr("Minima"), "dissect": tr("Dissect")}
BUTTON_TOOLTIPS = {
    "barrier": tr("Look for the lowest pass between images A and B (Ctrl+B). Press again to stop"),
    "minima": tr(
        "Descend from every chain to its local minimum, and join the lowest ones (Ctrl+M). Press again to stop"
    ),
    "dissect": tr(
        "Take −log P of image A apart: which pixels, fields and observables find it unlikely? (Ctrl+I)"
    ),
}


class ChosenImage(QWidget):
    """One image, with its letter and its name.

    Args:
        letter: "A" or "B".
        how: how to choose it, in words.
        theme: colours.
    """

    def __init__(self, letter: str, how: str, theme: Theme) -> None:
        super().__init__()
        self._letter, self._how = letter, how
        self.pick: Pick | None = None
        self.picture = set_name(Mosaic(theme, plain=True), f"image-{letter.lower()}")
        self.picture.setAccessibleName(tr("Image {letter}", letter=letter))
        self.picture.setFixedSize(CHOSEN_SIDE, CHOSEN_SIDE)
        self.picture.setToolTip(
            tr("Image A: click a point of the map, or go there with the arrow keys and press Return")
            if letter == "A"
            else tr(
                "Image B: Shift-click a point of the map, or go there with the arrow keys and press Shift+Return"
            )
        )
        self.picture.set_placeholder("")
        self.text = set_name(QLabel(), "muted")
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        # A long name is cut, rather than widening the window.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.picture)
        row.addWidget(self.text, 1)
        self.show_pick(None, 2)

    def show_pick(self, pick: Pick | None, levels: int) -> None:
        """Shows an image of levels, or says how to choose one."""
        self.pick = pick
        images = np.zeros((0, 8, 8), np.uint8) if pick is None else pick.image[None]
        self.picture.show_images(images, levels)
        self.text.setText(f"<b>{self._letter}</b> {self._how if pick is None else pick.name}")
        self.picture.setAccessibleDescription(self._how if pick is None else pick.name)


class ChosenImages(QFrame):
    """Images A and B, the three searches, and how far the one going on has come.

    Signals:
        asked: "barrier", "minima" or "dissect".
        stopped: the search shall end.
    """

    asked = Signal(str)
    stopped = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName(tr("Chosen images"))
        self.first = ChosenImage("A", tr("click a point"), theme)
        self.second = ChosenImage("B", tr("Shift-click a point"), theme)
        self.buttons = {
            name: set_name(QPushButton(), name, text=title) for name, title in BUTTON_TITLES.items()
        }
        for name, button in self.buttons.items():
            button.setToolTip(BUTTON_TOOLTIPS[name])
            button.clicked.connect(lambda _=False, name=name: self._press(name))
        self.state = set_name(FigureLabel(), "muted")
        self.state.setAccessibleName(tr("How far the search has come"))
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._searching = ""
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.addWidget(self.first, 0, 0, 1, 2)
        grid.addWidget(self.second, 0, 2, 1, 2)
        for column, button in enumerate(self.buttons.values()):
            grid.addWidget(button, 1, column)
        grid.addWidget(self.state, 1, 3)
        for column in range(4):
            grid.setColumnStretch(column, 1)
        self.show_state(False, "", 0.0, "")

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.first.picture.set_theme(theme)
        self.second.picture.set_theme(theme)

    def show_state(self, ready: bool, searching: str, progress: float, why_not: str) -> None:
        """Shows what can be done, and how far the search has come.

        Args:
            ready: whether a search may begin.
            searching: the search going on, "" for none.
            progress: its share that is done.
            why_not: what to say where none may begin.
        """
        self._searching = searching
        both = self.first.pick is not None and self.second.pick is not None
        possible = {"barrier": both, "minima": True, "dissect": self.first.pick is not None}
        for name, button in self.buttons.items():
            running = name == searching
            button.setEnabled(running or (ready and not searching and possible[name]))
            text = tr("Stop") if running else BUTTON_TITLES[name]
            if button.text() != text:
                button.setText(text)
        self.buttons["dissect"].setEnabled(ready and possible["dissect"])
        state = f"{BUTTON_TITLES[searching]} … {progress:.0%}" if searching else why_not
        if self.state.text() != state:
            self.state.setText(state)

    def _press(self, name: str) -> None:
        if name == self._searching:
            self.stopped.emit()
        else:
            self.asked.emit(name)
