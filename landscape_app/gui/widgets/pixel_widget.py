"""A widget that shows images of integer levels as one picture, in the ink of a theme."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QFocusEvent, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.theme import Theme


class PixelWidget(QWidget):
    """Keeps the picture and its pixels, or says why there is none; subclasses lay the images out.

    Args:
        name: object name.
        accessible_name: for screen readers.
        levels: grey levels of the images until some are shown.
    """

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, name: str, accessible_name: str, levels: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._levels = levels
        self._placeholder = ""
        self._led_by_keys = False
        self._picture: QImage | None = None
        self._pixels = np.zeros((0, 0, 3), np.uint8)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tells keys from the mouse, which shows by itself where it is."""
        super().focusInEvent(event)
        reasons = Qt.FocusReason
        self._led_by_keys = event.reason() in (
            reasons.TabFocusReason,
            reasons.BacktabFocusReason,
            reasons.ShortcutFocusReason,
        )

    def set_theme(self, theme: Theme) -> None:
        """Takes the paper and ink of a theme."""
        self._theme = theme
        self._compose()

    def set_placeholder(self, text: str) -> None:
        """Text while there is nothing to show."""
        self._placeholder = text
        self.update()

    @abstractmethod
    def _compose(self) -> None:
        """Lays the images out and shows their pixels, or none."""

    def _inked(self, images: np.ndarray) -> np.ndarray:
        """Images of levels in the theme's ink, uint8, shape (*images.shape, 3)."""
        return self._theme.ink_table[(255 * self._share(images)).astype(np.uint8)]

    def _in_colour(self, images: np.ndarray) -> np.ndarray:
        """Coloured images of levels as they are, uint8, same shape (…, 3)."""
        return (255 * self._share(images)).astype(np.uint8)

    def _share(self, images: np.ndarray) -> np.ndarray:
        """Levels as a share of full ink, 0 to 1."""
        return images.astype(np.float32) / (self._levels - 1)

    def _show_pixels(self, pixels: np.ndarray | None) -> None:
        """Shows one array of colours, uint8, shape (height, width, 3); None for none."""
        if pixels is None:
            self._picture = None
        else:
            self._pixels = np.ascontiguousarray(pixels)
            height, width = self._pixels.shape[:2]
            self._picture = QImage(self._pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.update()

    def _paint_focus(self, painter: QPainter) -> None:
        """Draws a line around the widget while the keys have led there."""
        if self.hasFocus() and self._led_by_keys:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_placeholder(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.muted))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self._placeholder)
