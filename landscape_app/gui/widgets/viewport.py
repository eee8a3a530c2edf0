"""Which part of a picture a widget shows: the whole of it, or enlarged about a point."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSizeF

WHOLE_SCALE = 3.0
"""From here scales are whole numbers, so that all pixels of the picture are drawn alike."""


class Viewport:
    """Maps a picture to a widget; the picture never leaves the widget where it is larger, nor its middle where not.

    Attributes:
        zoom: 1 shows all of it.
    """

    def __init__(self) -> None:
        self._widget = QSizeF(1, 1)
        self._picture = QSizeF(1, 1)
        self._most = 1.0
        self.zoom = 1.0
        self._centre = QPointF(0.5, 0.5)

    def set_sizes(self, widget: QSizeF, picture: QSizeF, smallest: QSizeF) -> None:
        """Takes the sizes of widget and picture; a part of size `smallest` fills the widget at most."""
        if (widget, picture) != (self._widget, self._picture):
            centre = QPointF(
                self._centre.x() / self._picture.width() * picture.width(),
                self._centre.y() / self._picture.height() * picture.height(),
            )
            self._widget, self._picture, self._centre = widget, picture, centre
            fit = self._fit(picture)
            self._most = max(1.0, self._fit(smallest) / fit)
            self.zoom = min(self.zoom, self._most)
            self._keep_inside()

    @property
    def scale(self) -> float:
        """Pixels of the widget for one of the picture."""
        scale = self._fit(self._picture) * self.zoom
        return math.floor(scale) if scale >= WHOLE_SCALE else scale

    @property
    def area(self) -> QRectF:
        """Where the whole picture lies in the widget, in part outside where it is enlarged."""
        scale = self.scale
        x = round(self._widget.width() / 2 - self._centre.x() * scale)
        y = round(self._widget.height() / 2 - self._centre.y() * scale)
        return QRectF(x, y, self._picture.width() * scale, self._picture.height() * scale)

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the widget, in pixels of the picture."""
        return (point - self.area.topLeft()) / self.scale

    def zoom_at(self, factor: float, point: QPointF) -> None:
        """Enlarges by a factor; what is under a point of the widget stays there."""
        held = self.to_picture(point)
        self.zoom = min(max(self.zoom * factor, 1.0), self._most)
        middle = QPointF(self._widget.width() / 2, self._widget.height() / 2)
        self._centre = held + (middle - point) / self.scale
        self._keep_inside()

    def pan(self, by: QPointF) -> None:
        """Moves the picture by so many pixels of the widget."""
        self._centre -= by / self.scale
        self._keep_inside()

    def show_part(self, part: QRectF) -> None:
        """Moves just so far that a part of the picture is in sight."""
        half = self._half()
        x = min(max(self._centre.x(), part.right() - half.width()), part.left() + half.width())
        y = min(max(self._centre.y(), part.bottom() - half.height()), part.top() + half.height())
        self._centre = QPointF(x, y)
        self._keep_inside()

    def reset(self) -> None:
        """Shows all of it."""
        self.zoom = 1.0
        self._keep_inside()

    def _fit(self, size: QSizeF) -> float:
        return max(1e-6, min(self._widget.width() / size.width(), self._widget.height() / size.height()))

    def _half(self) -> QSizeF:
        """Half of what the widget shows, in pixels of the picture."""
        return self._widget / (2 * self.scale)

    def _keep_inside(self) -> None:
        half = self._half()
        self._centre = QPointF(
            _between(self._centre.x(), half.width(), self._picture.width()),
            _between(self._centre.y(), half.height(), self._picture.height()),
        )


def _between(centre: float, half: float, size: float) -> float:
    """A centre such that half on both sides is inside; the middle where that cannot be."""
    return size / 2 if 2 * half >= size else min(max(centre, half), size - half)
