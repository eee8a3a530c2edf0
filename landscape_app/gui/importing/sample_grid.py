"""Some images in a grid: as they lie in a file, or as the model would see them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent

from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.pixel_widget import PixelWidget

GAP = 2
"""Pixels of the picture between two images."""

PLACE = (2, 3)
"""Width and height of the place for a grid, about, of which only the ratio counts."""

CELL = 96
"""About so many pixels has the longest side of an image in the picture."""


class SampleGrid(PixelWidget):
    """Shows images side by side, row by row.

    Args:
        name: object name.
        accessible_name: for screen readers.
        tooltip: what they are.
        theme: paper and ink of grey levels.
    """

    def __init__(self, name: str, accessible_name: str, tooltip: str, theme: Theme) -> None:
        super().__init__(name, accessible_name, 2)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(160, 160)
        self._levels_shown: np.ndarray | None = None
        self._originals: tuple[np.ndarray, ...] = ()
        self.set_theme(theme)

    @property
    def pixels(self) -> np.ndarray:
        """The picture, uint8, shape (height, width, 3)."""
        return self._pixels

    def show_originals(self, images: Sequence[np.ndarray]) -> None:
        """Shows images of any sizes, float32 from 0 to 1, each of shape (height, width) or (height, width, 3)."""
        self._originals, self._levels_shown = tuple(_shown_original(image) for image in images), None
        self._compose()

    def show_levels(self, images: np.ndarray, levels: int) -> None:
        """Shows images of levels, shape (n, height, width), in ink, or (n, height, width, 3), in their colours."""
        self._levels_shown, self._levels, self._originals = images, levels, ()
        self._compose()

    def show_nothing(self) -> None:
        """Shows no image."""
        self._levels_shown, self._originals = None, ()
        self._compose()

    def _compose(self) -> None:
        if self._levels_shown is not None and len(self._levels_shown):
            images = self._levels_shown
            coloured = self._inked(images) if images.ndim == 3 else np.uint8(255 * self._share(images))
            times = max(1, round(CELL / max(images.shape[1:3])))
            self._show_pixels(self._grid(list(coloured.repeat(times, axis=1).repeat(times, axis=2))))
        elif self._originals:
            self._show_pixels(self._grid(list(self._originals)))
        else:
            self._show_pixels(None)

    def _grid(self, images: list[np.ndarray]) -> np.ndarray:
        """Images in one picture, each in the middle of its cell."""
        height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
        columns = columns_for(len(images), height, width)
        rows = math.ceil(len(images) / columns)
        sheet = np.empty((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), np.uint8)
        sheet[:] = rgb(self._theme.raised)
        for i, image in enumerate(images):
            row, column = divmod(i, columns)
            top = row * (height + GAP) + (height - image.shape[0]) // 2
            left = column * (width + GAP) + (width - image.shape[1]) // 2
            sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
        return sheet

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the picture as large as fits."""
        painter = QPainter(self)
        if self._picture is None:
            self._paint_placeholder(painter)
            return
        height, width = self._pixels.shape[:2]
        scale = min((self.width() - 2) / width, (self.height() - 2) / height)
        smooth = scale < 1 or self._levels_shown is None
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        place = QRect(1, 1, round(width * scale), round(height * scale))
        painter.drawImage(place, self._picture)
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))


def columns_for(count: int, height: int, width: int) -> int:
    """Columns of a grid of so many images of a height and a width in which they are as large as can be."""
    place_width, place_height = PLACE

    def size(columns: int) -> float:
        return min(place_width / (columns * width), place_height / (math.ceil(count / columns) * height))

    return max(range(1, count + 1), key=size)


def _shown_original(image: np.ndarray) -> np.ndarray:
    """An image of a moderate size in its own colours, uint8, shape (height, width, 3)."""
    levels = (255 * np.clip(image, 0, 1)).round().astype(np.uint8)
    picture = Image.fromarray(levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=-1))
    scale = CELL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return np.asarray(picture.resize(size, way))
