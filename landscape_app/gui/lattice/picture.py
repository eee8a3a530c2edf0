"""Spins as pixels: one lattice, or a mosaic of many."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import PlotMenu, Series, write_widget
from landscape_app.language import tr

LEAST_SIDE = 280
DOWN, UP, GAP = 0, 1, 2
SHEET_SIDE, SHEET_TITLE = 512, 28
"""Pixels of the spins of a picture that is exported, and of the title above them."""


class SpinPicture(QWidget):
    """Shows spins, one pixel each, up in ink and down in paper.

    Args:
        theme: colours.
    """

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("plot-lattice")
        self.setAccessibleName(tr("Spins of the lattice"))
        self.setToolTip(
            tr(
                "<b>Spins</b> s = ±1, a pixel each: up in ink, down in paper. Many lattices lie side by side. A "
                "ring and a complete graph are written row by row.<br>At Tc patches of all sizes; below, one "
                "colour wins; far above, noise.<br>Its menu, by right click or Shift+F10, exports it as PNG, SVG "
                "or CSV, as do entries of the menu Lattice"
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(LEAST_SIDE, LEAST_SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.spins = np.zeros((0, 1, 1), np.uint8)
        self._pixels = np.zeros((0, 0), np.uint8)
        self.title = ""
        self.menu = PlotMenu(self, self.series, picture=self.write_picture)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Takes the paper and ink of a theme."""
        self._theme = theme
        colours = {DOWN: theme.paper, UP: theme.ink, GAP: theme.muted}
        self._colours = [QColor(colours[k]).rgb() for k in sorted(colours)]
        self.update()

    def show_spins(self, spins: np.ndarray) -> None:
        """Shows lattices: 1 for up, uint8, shape (count, L, L)."""
        self.spins = spins
        self._pixels = tiled(spins)
        self.update()

    def write_picture(self, path: Path, format: str) -> None:
        """Writes the spins as "png" or "svg", below a title that says at which T and h they are.

        Raises:
            RunFileError: the file cannot be written.
        """
        write_widget(_Sheet(self), path, format)

    def paint_title(self, painter: QPainter, place: QRect) -> None:
        """Draws a sheet's paper, and the title on it."""
        painter.fillRect(place.adjusted(0, 0, 0, SHEET_SIDE), QColor(self._theme.surface))
        painter.setPen(QColor(self._theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.title)

    def paint_spins(self, painter: QPainter, place: QRect) -> None:
        """Draws the spins as large as they fit in a place, undistorted."""
        height, width = self._pixels.shape
        if width and height:
            image = QImage(self._pixels.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(self._colours)
            painter.drawImage(_frame(place, width, height), image)
            painter.setPen(QColor(self._theme.border))
            painter.drawRect(_frame(place, width, height).adjusted(0, 0, -1, -1))

    def series(self) -> list[Series]:
        """Every spin with its lattice, row and column."""
        lattice, row, column = (index.ravel() + 1 for index in np.indices(self.spins.shape))
        signs = 2 * self.spins.ravel().astype(int) - 1
        return [Series(("lattice", lattice), (("row", row), ("column", column), ("spin", signs)))]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the spins as large as they fit, undistorted, and a line where the keys are."""
        painter = QPainter(self)
        self.paint_spins(painter, self.rect())
        if self.hasFocus():
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class _Sheet(QWidget):
    """Spins and their title as they are exported, without what surrounds them in the window."""

    def __init__(self, picture: SpinPicture) -> None:
        super().__init__()
        self._picture = picture
        self.setFont(picture.font())
        self.resize(SHEET_SIDE, SHEET_SIDE + SHEET_TITLE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws them."""
        painter = QPainter(self)
        self._picture.paint_title(painter, QRect(0, 0, SHEET_SIDE, SHEET_TITLE))
        self._picture.paint_spins(painter, QRect(0, SHEET_TITLE, SHEET_SIDE, SHEET_SIDE))


def _frame(place: QRect, width: int, height: int) -> QRect:
    """Place of so many pixels in the middle of a place, as large as they fit."""
    scale = min(place.width() / width, place.height() / height)
    wide, high = math.floor(width * scale), math.floor(height * scale)
    return QRect(
        place.x() + (place.width() - wide) // 2, place.y() + (place.height() - high) // 2, wide, high
    )


def tiled(spins: np.ndarray) -> np.ndarray:
    """Lattices of shape (count, L, L) in a square mosaic, gaps between them."""
    count, side, _ = spins.shape
    if count == 1:
        return np.ascontiguousarray(spins[0])
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    cells = np.full((rows * columns, side + 1, side + 1), GAP, np.uint8)
    cells[:count, :side, :side] = spins
    sheet = cells.reshape(rows, columns, side + 1, side + 1).swapaxes(1, 2)
    return np.ascontiguousarray(sheet.reshape(rows * (side + 1), columns * (side + 1))[:-1, :-1])
