"""A panel of a figure that shows images side by side."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from landscape_app.experiments.figure import Images, Panel, mosaic_of
from landscape_app.gui.theme import Theme, rgb
from landscape_app.gui.widgets.panel_series import series_of_images
from landscape_app.gui.widgets.pixel_widget import PixelWidget
from landscape_app.gui.widgets.plot_menu import PlotMenu
from landscape_app.gui.widgets.plot_series import Series

GAP = 6
"""Pixels between the names and the images."""

MOST_FOR_NAMES = 0.35
"""Share of the width that the names of rows take at most."""


class ImagesPanel(PixelWidget):
    """Draws a mosaic in the theme's ink, with names of its rows and columns.

    Args:
        name: object name.
        theme: colours.
    """

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__(name, "Images", 2)
        self.setMinimumSize(160, 110)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setToolTip("Its menu, by right click or Shift+F10, exports it as PNG, SVG or CSV")
        self.menu = PlotMenu(self, self.series, lambda: self.parentWidget() or self)
        self._mark: Images | None = None
        self._small = QFont(self.font())
        self._small.setPointSizeF(7.5)
        self.set_placeholder("No images yet")
        self.set_theme(theme)

    def show_panel(self, panel: Panel, fresh: bool) -> None:
        """Draws a panel of images; where there are several mosaics, the last."""
        mark = panel.marks[-1] if panel.marks else None
        self._mark = mark if isinstance(mark, Images) else None
        self._compose()

    def series(self) -> list[Series]:
        """The value of every pixel."""
        return [] if self._mark is None else series_of_images(self._mark)

    @property
    def pixels(self) -> np.ndarray:
        """The mosaic as it is drawn, a pixel a pixel of the images, uint8, shape (height, width, 3)."""
        return self._pixels

    def _compose(self) -> None:
        mark = self._mark
        if mark is None or not len(mark.images):
            self._show_pixels(None)
            return
        share = np.clip(np.nan_to_num(mosaic_of(mark) / mark.top), 0.0, 1.0)
        pixels = self._theme.ink_table[(255 * share).astype(int)]
        height, width = mark.images.shape[1:]
        grid = rgb(self._theme.border)
        pixels[height :: height + 1] = grid
        pixels[:, width :: width + 1] = grid
        self._show_pixels(pixels)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the mosaic as large as fits, at a whole scale where it is not tiny."""
        painter = QPainter(self)
        if self._picture is None or self._mark is None:
            self._paint_placeholder(painter)
            return
        painter.setFont(self._small)
        area, scale = self._area(self._mark)
        painter.drawImage(area, self._picture)
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(area.adjusted(-1, -1, 0, 0))
        self._paint_names(painter, self._mark, area, scale)
        self._paint_focus(painter)

    def _area(self, mark: Images) -> tuple[QRect, float]:
        metrics = QFontMetrics(self._small)
        left = max((metrics.horizontalAdvance(row) for row in mark.rows), default=0)
        left = min(left, int(MOST_FOR_NAMES * self.width())) + (GAP if mark.rows else 1)
        top = metrics.height() + 2 if mark.heads else 1
        height, width = self._pixels.shape[:2]
        scale = min((self.width() - left - 2) / width, (self.height() - top - 2) / height)
        scale = max(math.floor(scale) if scale >= 2 else scale, 0.1)
        x = left + (self.width() - left - width * scale) / 2
        y = top + (self.height() - top - height * scale) / 2
        return QRect(round(x), round(y), round(width * scale), round(height * scale)), scale

    def _paint_names(self, painter: QPainter, mark: Images, area: QRect, scale: float) -> None:
        painter.setPen(QColor(self._theme.muted))
        metrics, line = painter.fontMetrics(), painter.fontMetrics().height()
        cell_height, cell_width = ((side + 1) * scale for side in mark.images.shape[1:])
        dots = Qt.TextElideMode.ElideRight
        for i, name in enumerate(mark.rows):
            middle = area.y() + (i + 0.5) * cell_height - scale / 2
            place = QRectF(0, middle - line, area.x() - GAP, 2 * line)
            text = metrics.elidedText(name, dots, int(place.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        for i, name in enumerate(mark.heads):
            place = QRectF(area.x() + i * cell_width, area.y() - line - 2, cell_width, line + 1)
            text = metrics.elidedText(name, dots, int(cell_width) + 2)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
