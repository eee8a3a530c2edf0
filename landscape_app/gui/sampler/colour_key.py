"""Key to the colours of the chains: a widget beside the mosaic, and the same in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from landscape_app.gui.theme import Theme
from landscape_app.language import tr


@dataclass(frozen=True)
class ColourScale:
    """The colours of a trait, for the key beside the mosaic.

    Attributes:
        title: what it is, with its unit.
        colours: from the least to the largest.
        labels: texts and where they stand along the scale, from 0 to 1.
    """

    title: str
    colours: tuple[QColor, ...]
    labels: tuple[tuple[float, str], ...]


STRIP = 8
"""Height of the strip."""

WIDTH = 130
"""Width that is asked for the strip."""

LEAST_WIDTH = 110
"""Width that the strip keeps where words beside it are long."""

GAP = 8


class ColourKey(QWidget):
    """Shows a scale of colours, or nothing in the same place.

    Args:
        theme: colours of the text.
    """

    accessible_role = QAccessible.Role.Graphic

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("colour-key")
        self.setAccessibleName(tr("Key to the colours"))
        self._theme = theme
        self._scale: ColourScale | None = None
        font = QFont(self.font())
        font.setPointSizeF(7.5)
        self.setFont(font)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def scale(self) -> ColourScale | None:
        """State on show."""
        return self._scale

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self._theme = theme
        self.update()

    def show_scale(self, scale: ColourScale | None) -> None:
        """Shows a scale, or none."""
        if scale != self._scale:
            self._scale = scale
            names = "" if scale is None else ", ".join(text for _, text in scale.labels)
            self.setAccessibleDescription("" if scale is None else f"{scale.title}: {names}")
            self.setToolTip("" if scale is None else tr("Colour of the ink: {title}", title=scale.title))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """A strip, the title beside it, and a line of numbers."""
        return QSize(WIDTH + self._title_width, STRIP + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """As high, and wide enough to tell the numbers apart; of any width without a scale."""
        least = LEAST_WIDTH + self._title_width if self._scale else 0
        return QSize(least, self.sizeHint().height())

    @property
    def strip(self) -> QRectF:
        """Place of the colours."""
        left = self._title_width + GAP
        return QRectF(left, 1, self.width() - left - GAP, STRIP)

    def label_place(self, share: float, text: str) -> QRectF:
        """Place of a number below the strip: below its colour, but never cut by the edge.

        Args:
            share: of the strip to the left of the colour.
            text: the number.
        """
        width = self.fontMetrics().horizontalAdvance(text) + 2
        left = self.strip.x() + share * self.strip.width() - width / 2
        return QRectF(min(left, self.width() - width), STRIP, width, self.height() - STRIP)

    @property
    def _title_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._scale.title) + GAP if self._scale else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws title, strip and numbers."""
        if self._scale is None:
            return
        painter = QPainter(self)
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(
            QRectF(0, 0, self._title_width, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self._scale.title,
        )
        strip = self.strip
        step = strip.width() / len(self._scale.colours)
        for i, colour in enumerate(self._scale.colours):
            painter.fillRect(QRectF(strip.x() + i * step, strip.y(), step + 0.5, STRIP), colour)
        for share, text in self._scale.labels:
            painter.drawText(self.label_place(share, text), Qt.AlignmentFlag.AlignCenter, text)


DRAWN_HEIGHT = 50
"""Of the key in a picture, in pixels of the file: a title, the strip, and a line of numbers."""

MOST_DRAWN_WIDTH = 320
"""Of its strip."""

EDGE, TITLE_HEIGHT, TITLE_SIZE, NUMBER_SIZE, APART = 2, 24, 13, 11, 4
"""Beside what is drawn; of the title with what is free above it; of letters; and between two numbers."""


def drawn_strip(width: int) -> tuple[slice, slice]:
    """Rows and columns of the strip in the key of a picture.

    Args:
        width: of the picture.
    """
    return slice(TITLE_HEIGHT, TITLE_HEIGHT + STRIP), slice(EDGE, min(width - EDGE, MOST_DRAWN_WIDTH))


@lru_cache(maxsize=8)
def drawn_words(title: str, labels: tuple[tuple[float, str], ...], width: int) -> np.ndarray:
    """Mask of the title and the numbers of a key in a picture, bool, shape (DRAWN_HEIGHT, width).

    Numbers that there is no room for are left out, the last one never.

    Args:
        title: of the scale.
        labels: of the scale.
        width: of the picture.
    """
    image = QImage(width, DRAWN_HEIGHT, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter, font = QPainter(image), QFont()
    painter.setPen(QColor(255, 255, 255))
    font.setPixelSize(TITLE_SIZE)
    painter.setFont(font)
    room = QRectF(EDGE, 0, width - 2 * EDGE, TITLE_HEIGHT)
    written = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, written)
    font.setPixelSize(NUMBER_SIZE)
    painter.setFont(font)
    _, strip = drawn_strip(width)
    places: list[QRectF] = []
    for share, text in reversed(labels):
        wide = painter.fontMetrics().horizontalAdvance(text) + 2
        left = strip.start + share * (strip.stop - strip.start) - wide / 2
        left = max(EDGE, min(left, strip.stop - wide))
        place = QRectF(left, TITLE_HEIGHT + STRIP, wide, DRAWN_HEIGHT - TITLE_HEIGHT - STRIP)
        if not places or place.right() + APART <= places[-1].left():
            places.append(place)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(DRAWN_HEIGHT, image.bytesPerLine())
    return rows[:, :width] > 127
