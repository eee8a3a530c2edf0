"""A scroll area whose contents keep their width when its scroll bar comes or goes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget


class SteadyScrollArea(QScrollArea):
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
