"""A toggle switch, an eye, a button that unfolds, named buttons, and icons of play, pause and duplicate."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QCheckBox, QPushButton, QToolButton, QWidget

TRACK = QSize(32, 18)
GAP = 8


class ToggleSwitch(QCheckBox):
    """On: accent track, knob to the right. Off: empty track, knob to the left."""

    def sizeHint(self) -> QSize:
        """Track, gap and text."""
        text = self.fontMetrics().size(0, self.text())
        return QSize(TRACK.width() + GAP + text.width() + 4, max(TRACK.height(), text.height()) + 6)

    def minimumSizeHint(self) -> QSize:
        """The same: the text is never cut."""
        return self.sizeHint()

    def hitButton(self, position: object) -> bool:
        """The whole widget switches."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws track, knob and text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        palette = self.palette()
        accent = palette.color(group, QPalette.ColorRole.Highlight)
        line = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(group, QPalette.ColorRole.WindowText)
        top = (self.height() - TRACK.height()) / 2
        track = QRectF(1, top, TRACK.width(), TRACK.height())
        on = self.isChecked()
        painter.setPen(QPen(accent if on else line, 1.5))
        painter.setBrush(accent if on else QColor(Qt.GlobalColor.transparent))
        radius = TRACK.height() / 2
        painter.drawRoundedRect(track, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.HighlightedText) if on else line)
        x = track.right() - radius if on else track.left() + radius
        painter.drawEllipse(QPointF(x, track.center().y()), radius - 4, radius - 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setPen(text)
        area = self.rect().adjusted(TRACK.width() + GAP, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())


def named_button(name: str, text: str, tooltip: str) -> QPushButton:
    """A button with its object name, its name for screen readers and its explanation; Return is not its key."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    button.setToolTip(tooltip)
    return button


EYE = QSize(26, 22)
LID = 6.5
"""Height of the open lid above the middle of the eye, and of the lower one below it, in pixels."""


class EyeSwitch(QCheckBox):
    """On: an open eye. Off: a faint eye, crossed out."""

    def sizeHint(self) -> QSize:
        """The eye and the frame of the focus."""
        return EYE

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return EYE

    def hitButton(self, position: object) -> bool:
        """The whole widget switches."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws lids and pupil, or the eye crossed out, and the frame of the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        palette, on = self.palette(), self.isChecked()
        if self.hasFocus():
            painter.setPen(palette.color(group, QPalette.ColorRole.Highlight))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        roles = QPalette.ColorRole
        colour = palette.color(group, roles.WindowText if on else roles.PlaceholderText)
        painter.setPen(QPen(colour, 1.5))
        middle = QRectF(self.rect()).center()
        left, right = middle - QPointF(8.5, 0), middle + QPointF(8.5, 0)
        lids = QPainterPath(left)
        # The curve comes half as far as the point that bends it.
        lids.quadTo(middle - QPointF(0, 2 * LID), right)
        lids.quadTo(middle + QPointF(0, 2 * LID), left)
        painter.drawPath(lids)
        if on:
            painter.setBrush(colour)
            painter.drawEllipse(middle, 2.0, 2.0)
        else:
            painter.drawLine(middle + QPointF(-6, 7), middle + QPointF(6, -7))


class FoldButton(QToolButton):
    """Shows what it names, or folds it away, as at first.

    Args:
        name: object name.
        title: of what is shown.
        tooltip: what that is.
        content: what is shown.
    """

    def __init__(self, name: str, title: str, tooltip: str, content: QWidget) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setCheckable(True)
        self.setProperty("quiet", True)
        self._title, self._content = title, content
        self.toggled.connect(self._show)
        self._show(False)

    def _show(self, unfolded: bool) -> None:
        self.setText(f"{'▾' if unfolded else '▸'} {self._title}")
        self._content.setVisible(unfolded)


SIDE = 32


def duplicate_icon(colour: str) -> QIcon:
    """A sheet in front of another.

    Args:
        colour: as #rrggbb.
    """
    picture = QPixmap(SIDE, SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QPen(QColor(colour), 2.5))
    painter.drawRect(QRectF(11, 11, 15, 15))
    painter.drawPolyline(
        QPolygonF([QPointF(7, 21), QPointF(6, 21), QPointF(6, 6), QPointF(21, 6), QPointF(21, 7)])
    )
    painter.end()
    return QIcon(picture)


def transport_icon(pause: bool, colour: str) -> QIcon:
    """Two bars, or a triangle that points to the right.

    Args:
        pause: the bars.
        colour: as #rrggbb.
    """
    picture = QPixmap(SIDE, SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    if pause:
        for left in (8, 19):
            painter.drawRect(QRectF(left, 6, 5, 20))
    else:
        painter.drawPolygon(QPolygonF([QPointF(9, 5), QPointF(9, 27), QPointF(26, 16)]))
    painter.end()
    return QIcon(picture)
