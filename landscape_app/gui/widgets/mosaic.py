"""Many small images as one picture: a single texture, scaled without smoothing."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.physics.space import Discrete

GAP = 1
"""Pixels of background between two images, in image pixels."""


def as_images(space: Discrete, x: np.ndarray) -> np.ndarray:
    """Configurations as images of the space's levels, uint8, shape (n, height, width).

    Args:
        space: where they live; of one axis, each is a row.
        x: shape (n, *shape).
    """
    return space.as_levels(x).reshape(len(x), -1, space.shape[-1])


class Mosaic(PixelWidget):
    """Shows images of integer levels in a grid; a click selects one.

    Signals:
        selected: index of the image clicked.
    """

    selected = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("mosaic", "Markov chains", 17, parent)
        self.setMouseTracking(True)
        self.setMinimumSize(200, 200)
        self._images = np.zeros((0, 8, 8), np.uint8)
        self._colours: np.ndarray | None = None
        self.describe: Callable[[int], str] | None = None
        """Text for an image's tooltip, by index."""
        self._selection: int | None = None
        self.set_theme(theme)

    def show_images(self, images: np.ndarray, levels: int, tint: np.ndarray | None = None) -> None:
        """Shows images.

        Args:
            images: uint8 levels, shape (n, height, width).
            levels: number of levels.
            tint: colour of full ink per image, uint8, shape (n, 3); None for the theme's ink.
        """
        self._images, self._levels, self._colours = images, levels, tint
        if self._selection is not None and self._selection >= len(images):
            self._selection = None
        self._compose()

    @property
    def columns(self) -> int:
        """Images in a row."""
        return max(1, math.ceil(math.sqrt(len(self._images))))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return max(1, math.ceil(len(self._images) / self.columns))

    @property
    def selection(self) -> int | None:
        """Index of the image selected."""
        return self._selection

    def select(self, index: int | None) -> None:
        """Marks an image, or none."""
        self._selection = index
        self.update()

    def image_rect(self, index: int) -> QRect:
        """Where an image lies in the widget."""
        area, scale = self._area()
        height, width = self._images.shape[1:]
        row, column = divmod(index, self.columns)
        return QRect(
            round(area.x() + (GAP + column * (width + GAP)) * scale),
            round(area.y() + (GAP + row * (height + GAP)) * scale),
            round(width * scale),
            round(height * scale),
        )

    def index_at(self, position: QPoint) -> int | None:
        """Index of the image at a position in the widget, None beside the images."""
        if not len(self._images):
            return None
        area, scale = self._area()
        height, width = self._images.shape[1:]
        column = int((position.x() - area.x()) / scale // (width + GAP))
        row = int((position.y() - area.y()) / scale // (height + GAP))
        index = row * self.columns + column
        inside = 0 <= column < self.columns and 0 <= row < self.rows and index < len(self._images)
        return index if inside and area.contains(position) else None

    def _area(self) -> tuple[QRect, float]:
        height, width = self._pixels.shape[:2]
        scale = min(self.width() / max(width, 1), self.height() / max(height, 1))
        scale = math.floor(scale) if scale >= 3 else scale
        size = QSize(int(width * scale), int(height * scale))
        return QRect(
            QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2), size
        ), scale

    def _compose(self) -> None:
        """Lays the images out in one array; its colours come from a table, or per image from the tint."""
        n = len(self._images)
        if not n:
            self._show_pixels(None)
            return
        height, width = self._images.shape[1:]
        paper = rgb(self._theme.paper)
        grid = rgb(self._theme.border)
        if self._colours is None:
            coloured = self._inked(self._images)
        else:
            ink = self._colours.astype(np.float32)[:, None, None, :]
            coloured = (paper + self._share(self._images)[..., None] * (ink - paper)).astype(np.uint8)
        rows, columns = self.rows, self.columns
        cells = np.empty((rows * columns, height + GAP, width + GAP, 3), np.uint8)
        cells[:] = grid
        cells[n:, GAP:, GAP:] = paper
        cells[:n, GAP:, GAP:] = coloured
        body = cells.reshape(rows, columns, height + GAP, width + GAP, 3).transpose(0, 2, 1, 3, 4)
        body = body.reshape(rows * (height + GAP), columns * (width + GAP), 3)
        pixels = np.empty((body.shape[0] + GAP, body.shape[1] + GAP, 3), np.uint8)
        pixels[:] = grid
        pixels[: body.shape[0], : body.shape[1]] = body
        self._show_pixels(pixels)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the picture at a whole scale, and a frame around the selection."""
        painter = QPainter(self)
        if self._picture is None:
            self._paint_placeholder(painter)
            return
        area, _ = self._area()
        painter.drawImage(area, self._picture)
        if self._selection is not None:
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.image_rect(self._selection).adjusted(-1, -1, 1, 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the image under the pointer."""
        index = self.index_at(event.position().toPoint())
        if index is not None:
            self.select(index)
            self.selected.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the selection."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not len(self._images):
            super().keyPressEvent(event)
            return
        index = 0 if self._selection is None else self._selection + step
        if 0 <= index < len(self._images):
            self.select(index)
            self.selected.emit(index)

    def event(self, event: QEvent) -> bool:
        """Shows the description of the image under the pointer."""
        if event.type() == QEvent.Type.ToolTip and self.describe is not None:
            position = self.cursor().pos()
            index = self.index_at(self.mapFromGlobal(position))
            if index is not None:
                QToolTip.showText(position, self.describe(index), self)
                return True
        return super().event(event)
