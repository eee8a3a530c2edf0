"""Spins as pixels: one lattice, or a mosaic of many."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.plots import PlotMenu, Series
from landscape_app.language import tr

LEAST_SIDE = 280
DOWN, UP, GAP = 0, 1, 2


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
                "or CSV"
            )
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(LEAST_SIDE, LEAST_SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.spins = np.zeros((0, 1, 1), np.uint8)
        self._pixels = np.zeros((0, 0), np.uint8)
        self.menu = PlotMenu(self, self.series)
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

    def series(self) -> list[Series]:
        """Every spin with its lattice, row and column."""
        lattice, row, column = (index.ravel() + 1 for index in np.indices(self.spins.shape))
        signs = 2 * self.spins.ravel().astype(int) - 1
        return [Series(("lattice", lattice), (("row", row), ("column", column), ("spin", signs)))]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the spins as large as they fit, undistorted, and a line where the keys are."""
        painter = QPainter(self)
        height, width = self._pixels.shape
        if width and height:
            image = QImage(self._pixels.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(self._colours)
            painter.drawImage(self._frame(width, height), image)
            frame = self._frame(width, height).adjusted(0, 0, -1, -1)
            painter.setPen(QColor(self._theme.border))
            painter.drawRect(frame)
        if self.hasFocus():
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _frame(self, width: int, height: int) -> QRect:
        scale = min(self.width() / width, self.height() / height)
        wide, high = math.floor(width * scale), math.floor(height * scale)
        return QRect((self.width() - wide) // 2, (self.height() - high) // 2, wide, high)


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
