"""Controls in one row where there is room, else in two."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

SPACING = 10


class FoldingRow(QWidget):
    """Two groups of widgets: beside each other, the second at the right end, or one below the other.

    Args:
        first, second: the groups, in their order.
    """

    def __init__(self, first: Sequence[QWidget], second: Sequence[QWidget]) -> None:
        super().__init__()
        self._groups = (_group(first, stretch_behind=True), _group(second, stretch_behind=False))
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING)
        for group in self._groups:
            self._layout.addWidget(group)

    @property
    def is_folded(self) -> bool:
        """Whether the groups are one below the other."""
        return self._layout.direction() == QBoxLayout.Direction.TopToBottom

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider group."""
        sizes = [group.minimumSizeHint() for group in self._groups]
        return QSize(max(size.width() for size in sizes), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Folds or unfolds."""
        super().resizeEvent(event)
        self._fold()

    def event(self, event: QEvent) -> bool:
        """Folds or unfolds where widgets have been shown or hidden."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fold()
        return done

    def _fold(self) -> None:
        wanted = sum(group.minimumSizeHint().width() for group in self._groups) + SPACING
        directions = QBoxLayout.Direction
        direction = directions.LeftToRight if wanted <= self.width() else directions.TopToBottom
        if direction != self._layout.direction():
            self._layout.setDirection(direction)
            self.updateGeometry()


def _group(widgets: Sequence[QWidget], stretch_behind: bool) -> QWidget:
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACING)
    if not stretch_behind:
        row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    if stretch_behind:
        row.addStretch(1)
    return group
