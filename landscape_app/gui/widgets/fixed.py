"""Labels, scroll areas and ranges that stay in their places as numbers change."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget


class FixedLabel(QLabel):
    """Wraps its text at words, and is as high as the text it keeps room for would be.

    Args:
        text: what it says.
        room_for: the longest text to expect.
    """

    def __init__(self, text: str, room_for: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._room_for = room_for

    def keep_room_for(self, text: str) -> None:
        """Takes another text for the longest to expect."""
        if text != self._room_for:
            self._room_for = text
            self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Always: Qt's own label has none while it is empty."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the longer of the two texts."""
        area = QRect(0, 0, width, 10_000)
        reserved = self.fontMetrics().boundingRect(area, Qt.TextFlag.TextWordWrap, self._room_for)
        return max(super().heightForWidth(width), reserved.height())


class FixedScrollArea(QScrollArea):
    """Scrolls up and down; where there is nothing to scroll, the room of the scroll bar stays empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().rangeChanged.connect(self._keep_room)
        self._keep_room(0, 0)

    @property
    def bar_width(self) -> int:
        """Pixels that the scroll bar takes."""
        return self.verticalScrollBar().sizeHint().width()

    def _keep_room(self, least: int, most: int) -> None:
        self.setViewportMargins(0, 0, 0 if most > least else self.bar_width, 0)


ROOM = 3.0
"""A range is kept while it is at most so many times as wide as the numbers need."""


def fixed_range(
    low: float, high: float, before: tuple[float, float] | None = None, least: float = 1.0
) -> tuple[float, float]:
    """A range that holds low and high: the one before where it still fits, else one in round numbers.

    Args:
        low: least number.
        high: largest number.
        before: the range so far.
        least: numbers that are closer together count as so far apart.
    """
    width = max(high - low, least)
    if (
        before is not None
        and before[0] <= low
        and high <= before[1]
        and before[1] - before[0] <= ROOM * width
    ):
        return before
    step = 10.0 ** math.floor(math.log10(width))
    step *= 0.5 if width < 3 * step else 2.0 if width > 7 * step else 1.0
    return math.floor(low / step) * step, (math.floor(high / step) + 1) * step
