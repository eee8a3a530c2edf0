"""Texts that keep a readable shape: paragraphs not too wide, lines that are shortened, words in the middle."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QLabel, QSizePolicy

from landscape_app.gui.theme import Theme

WIDEST = 900
"""Of a paragraph, in pixels: longer lines are hard to follow."""


class Paragraph(QLabel):
    """Wraps its text at words, in lines of a readable length.

    Args:
        text: what it says.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)
        self.setMaximumWidth(WIDEST)

    def heightForWidth(self, width: int) -> int:
        """Height at the width that it takes of what there is; Qt's own does not know the widest."""
        return super().heightForWidth(min(width, WIDEST))


class ShortenedLabel(QLabel):
    """One line, which ends with dots where there is no room; the tooltip has it all."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """What it says."""
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Any width."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws as much as there is room for."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def say_in_the_middle(area: QAbstractScrollArea, text: str, theme: Theme) -> None:
    """Draws words in the middle of a list or table that is empty; called from its `paintEvent`."""
    painter = QPainter(area.viewport())
    painter.setPen(QColor(theme.muted))
    painter.drawText(area.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
