"""Roles of widgets that draw themselves, and names of boxes of choices, for screen readers."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import (
    QAccessibleWidget,
    QComboBox,
    QLabel,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)


def _interface_of(_: str, thing: QObject) -> QAccessibleInterface | None:
    """Tells the `accessible_role` of a widget that has one: Qt calls one that draws itself a client area."""
    role = getattr(thing, "accessible_role", None)
    return QAccessibleWidget(thing, role) if isinstance(thing, QWidget) and role is not None else None


QAccessible.installFactory(_interface_of)


class ChoiceBox(QComboBox):
    """A box of choices whose name is heard and whose focus is seen.

    Where there is no label beside it, it makes one that is hidden: on Linux and macOS Qt tells readers what is chosen
    instead of the name.
    """

    def showEvent(self, event: QShowEvent) -> None:
        """Looks for its label."""
        super().showEvent(event)
        parent = self.parentWidget()
        if parent is None:
            return
        beside = parent.findChildren(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if self.accessibleName() and not any(label.buddy() is self for label in beside):
            label = QLabel(self.accessibleName().replace("&", "&&"), parent)
            label.setBuddy(self)
            label.hide()

    def shown_text(self) -> str:
        """The choice, with dots in place of what has no room: Qt cuts a letter in two."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - 2
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + 4
        return self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the box, and a frame while the keys go there."""
        styled, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        styled.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown_text()
        styled.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        styled.end()
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 3, 3)
