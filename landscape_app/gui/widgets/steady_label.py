"""A label that keeps room for the longest text it will have, so that nothing below it jumps."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel


class SteadyLabel(QLabel):
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
