"""A small card beside a point of a plot: its image, and what it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.gui.widgets.naming import named

SIDE = 64
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
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = named(QLabel(), "muted")
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
