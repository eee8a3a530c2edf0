"""Labels, scroll areas and ranges that stay in their places as numbers change."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QLayout, QScrollArea, QScrollBar, QToolTip, QVBoxLayout, QWidget

from landscape_app.gui.widgets.tips import wrapped


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


class FigureLabel(QLabel):
    """Figures in one line of plain text, as wide as they are; where there is no room they end with dots.

    A figure that is cut reads as another: −137.4 without its beginning as 37.4. The dots always stand behind what is
    left of its beginning, whichever side it is set to, and the tooltip has it all.

    Args:
        text: what it says.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)

    @property
    def shown(self) -> str:
        """The text as it is drawn."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def minimumSizeHint(self) -> QSize:
        """The dots: longer figures do not widen what they are in."""
        return QSize(self.fontMetrics().horizontalAdvance("…"), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self.alignment(), self.shown)

    def event(self, event: QEvent) -> bool:
        """Tells all of what is cut before what it means."""
        if (
            event.type() == QEvent.Type.ToolTip
            and isinstance(event, QHelpEvent)
            and self.shown != self.text()
        ):
            whole = f"<b>{html.escape(self.text())}</b>"
            tip = f"{whole}<br>{self.toolTip()}" if self.toolTip() else whole
            QToolTip.showText(event.globalPos(), wrapped(tip), self)
            return True
        return super().event(event)


class ShorteningLabel(FigureLabel):
    """Says the same in fewer words where there is less room: the longest wording that fits, else the shortest, cut.

    Its text is the longest.

    Args:
        text: the longest wording.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._shorter: tuple[str, ...] = ()

    def show_text(self, text: str, *shorter: str) -> None:
        """Shows one of these, the longest first."""
        if (text, shorter) != (self.text(), self._shorter):
            self._shorter = shorter
            self.setText(text)
            self.updateGeometry()
            self.update()

    def minimumSizeHint(self) -> QSize:
        """As wide as the shortest wording, where there are several."""
        least = super().minimumSizeHint()
        if not self._shorter:
            return least
        return QSize(self.fontMetrics().horizontalAdvance(self._shorter[-1]), least.height())

    @property
    def shown(self) -> str:
        """The text as it is drawn."""
        room, metrics = self.contentsRect().width(), self.fontMetrics()
        fitting = (text for text in (self.text(), *self._shorter) if metrics.horizontalAdvance(text) <= room)
        shortest = self._shorter[-1] if self._shorter else self.text()
        return next(fitting, metrics.elidedText(shortest, Qt.TextElideMode.ElideRight, room))


class IdleBar(QScrollBar):
    """Keeps its room where there is nothing to scroll, and is not drawn; as low as what it stands beside."""

    def sizeHint(self) -> QSize:
        """As wide as other bars."""
        return QSize(super().sizeHint().width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the bar, or nothing."""
        if self.maximum() > self.minimum():
            super().paintEvent(event)


class FixedScrollArea(QScrollArea):
    """Scrolls up and down; where there is nothing to scroll, the room of the scroll bar stays empty.

    What scrolls has one width, with a bar or without: text that wraps cannot need a bar at one width and none at
    another.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The Tab key goes from control to control, and what has the focus is scrolled into sight.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBar(IdleBar(Qt.Orientation.Vertical))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)

    def setWidget(self, widget: QWidget) -> None:
        """Takes what scrolls, which stands on the background of what the area is in."""
        super().setWidget(widget)
        for part in (widget, self.viewport()):
            part.setAutoFillBackground(False)

    @property
    def bar_width(self) -> int:
        """Pixels that the scroll bar takes."""
        return self.verticalScrollBar().sizeHint().width()

    def minimumSizeHint(self) -> QSize:
        """As wide as what scrolls and its bar: it scrolls up and down, never sideways."""
        body = self.widget()
        width = 0 if body is None else body.minimumSizeHint().width()
        return QSize(width + self.bar_width, super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Tells what it is in where what scrolls has become wider or narrower."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)


def least_height(widget: QWidget, width: int) -> int:
    """Height that a widget needs at a width, its plots as low as they may be."""
    layout = widget.layout()
    if layout is not None and layout.hasHeightForWidth():
        return layout.minimumHeightForWidth(width)
    return max(widget.minimumSizeHint().height(), widget.minimumHeight())


class Scrolled(QWidget):
    """Scrolls only where it cannot be made lower."""

    def heightForWidth(self, width: int) -> int:
        """The least; Qt would scroll as soon as plots are not as high as they might be."""
        return least_height(self, width)


EDGE, PANEL_MARGIN = 6, 8
"""Pixels above and below what scrolls, and around a panel; at the left of its cards, and between them."""


def lay_out_panel(
    panel: QWidget,
    body: Sequence[QWidget],
    head: Sequence[QWidget | QLayout] = (),
    foot: Sequence[QWidget | QLayout] = (),
    filling: int = -1,
) -> FixedScrollArea:
    """Puts cards into a panel, one below the other, and returns the area that scrolls.

    A panel that is too low for its body scrolls it; head and foot stay in sight.

    Args:
        panel: without a layout.
        body: cards that scroll.
        head: cards above them.
        foot: cards below them.
        filling: number of the card of the body that takes the room that is left.
    """
    area = FixedScrollArea()
    inside = Scrolled()
    area.setWidget(inside)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, EDGE, 0, EDGE)
    layout.setSpacing(EDGE)
    for cards, right in ((head, area.bar_width), (body, 0), (foot, area.bar_width)):
        column = QVBoxLayout()
        column.setContentsMargins(PANEL_MARGIN, 0, right, 0)
        column.setSpacing(PANEL_MARGIN)
        for card in cards:
            if isinstance(card, QWidget):
                column.addWidget(card)
            else:
                column.addLayout(card)
        if cards is body:
            column.setStretch(filling % len(body), 1)
            inside.setLayout(column)
            layout.addWidget(area, 1)
        elif cards:
            layout.addLayout(column)
    return area


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
