"""Keys of widgets: tables that list them, undo passed on to the window, the focus led to a panel."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDialog,
    QDockWidget,
    QDoubleSpinBox,
    QLineEdit,
    QSpinBox,
    QWidget,
)


class KeyTable(NamedTuple):
    """The keys of one kind of widget, or of one menu.

    Attributes:
        title: where they are taken.
        rows: keys, separated by a comma and a space and written as Qt writes them, and what they do.
    """

    title: str
    rows: tuple[tuple[str, str], ...]


ARROW_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
"""Rows and columns that an arrow key goes by."""

KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


def pass_undo_on(box: QSpinBox | QDoubleSpinBox) -> None:
    """Leaves undo and redo to the window while nothing is being typed; else they would be lost in the box."""
    box.installEventFilter(_UndoKeys(box))


def leave_on_return(box: QAbstractSpinBox) -> None:
    """Gives the focus back to the chains once a number is typed, so that the next key steers them.

    Where a window has none, nothing has it; a dialog goes on as it is, as there Return presses a button.
    """

    def leave() -> None:
        window = box.window()
        if isinstance(window, QDialog):
            return
        chains = window.findChild(QWidget, "mosaic")
        if chains is not None and chains.isVisible():
            chains.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            box.clearFocus()

    line = box.findChild(QLineEdit)
    assert line is not None
    # Once the box has taken the number.
    line.returnPressed.connect(leave, Qt.ConnectionType.QueuedConnection)


class _UndoKeys(QObject):
    def __init__(self, box: QSpinBox | QDoubleSpinBox) -> None:
        super().__init__(box)
        self._box = box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ignores the keys where the text is that of the number."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        box = self._box
        is_typing = box.cleanText() != box.textFromValue(box.value())  # type: ignore[arg-type]
        if is_typing or not any(event.matches(key) for key in KEYS):
            return False
        event.ignore()
        return True


def go_to(place: QWidget) -> None:
    """Brings a panel to the front, and gives the focus to its first control."""
    if isinstance(place, QDockWidget):
        place.show()
        place.raise_()
    controls = [within for within in place.findChildren(QWidget) if _takes_keys(within)]
    ahead: QWidget | None = place.nextInFocusChain()
    while ahead is not None and ahead is not place:
        if ahead in controls:
            ahead.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        ahead = ahead.nextInFocusChain()


def _takes_keys(widget: QWidget) -> bool:
    """True if the Tab key leads to it."""
    tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return tabbed and widget.isEnabled() and widget.isVisible()
