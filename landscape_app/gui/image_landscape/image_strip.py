"""Images along a path, below its energy, each where it belongs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.key_table import KeyTable
from landscape_app.gui.widgets.pixel_widget import PixelWidget

SIDE = 44
GAP = 4

IMAGE_KEYS = KeyTable(
    "Along a path, and in the graph of minima",
    (
        ("Left, Right", "Go to the image beside"),
        ("Return, Shift+Return", "Choose it as image A, as image B"),
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
        super().__init__("path-images", "Images along the path", 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setToolTip(
            "Images along the path, each below its place. Click one to choose it, Shift-click for the second; "
            "the arrow keys go along, Enter and Shift+Enter choose"
        )
        self._images = np.zeros((0, 8, 8), np.float32)
        self._places = np.zeros(0)
        self._at: int | None = None
        self.span: Callable[[], tuple[float, float]] = lambda: (0.0, float(self.width()))
        """Where the path begins and ends, in pixels."""
        self.set_theme(theme)

    def sizeHint(self) -> QSize:
        """One row of images."""
        return QSize(6 * (SIDE + GAP), SIDE + 4)

    def minimumSizeHint(self) -> QSize:
        """Two images."""
        return QSize(2 * (SIDE + GAP), SIDE + 4)

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
        count = max(2, int((right - left + SIDE) // (SIDE + GAP)))
        length = max(float(self._places[-1]), 1e-9)
        found: dict[int, QRect] = {}
        for share in np.linspace(0, 1, count):
            number = int(np.abs(self._places - share * length).argmin())
            x = left + share * (right - left) - SIDE / 2
            x = min(max(1.0, x), self.width() - SIDE - 1.0)
            found.setdefault(number, QRect(round(x), 2, SIDE, SIDE))
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
