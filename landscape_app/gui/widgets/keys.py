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


def leave_by_keys(box: QAbstractSpinBox) -> None:
    """Gives the focus back to the chains once a number is typed, or given up, so that the next key steers them.

    Return takes the number; Escape brings back the one that the box had. In a dialog these keys are its own.
    """
    keys = _LeavingKeys(box)
    box.installEventFilter(keys)
    line = box.findChild(QLineEdit)
    assert line is not None
    # Once the box has taken the number.
    line.returnPressed.connect(keys.leave, Qt.ConnectionType.QueuedConnection)


def go_to_chains(within: QWidget) -> None:
    """Gives the focus to the chains of a window; to nothing where none are in view."""
    window = within.window()
    if isinstance(window, QDockWidget):
        window = window.parentWidget() or window
    chains = window.findChild(QWidget, "mosaic")
    if chains is not None and chains.isVisible():
        chains.setFocus(Qt.FocusReason.OtherFocusReason)
        return
    focused = window.focusWidget()
    if focused is not None:
        focused.clearFocus()


class _LeavingKeys(QObject):
    """Escape in a box of numbers, and the way from there to the chains."""

    def __init__(self, box: QAbstractSpinBox) -> None:
        super().__init__(box)
        self._box = box
        self._before = 0.0

    def leave(self) -> None:
        """Gives the focus to the chains."""
        if not isinstance(self._box.window(), QDialog):
            go_to_chains(self._box)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes back what was typed since the box has the focus, or since Return."""
        box = self._box
        if not isinstance(box, QSpinBox | QDoubleSpinBox):
            return False
        if event.type() == QEvent.Type.FocusIn:
            self._before = box.value()
        if not isinstance(event, QKeyEvent) or isinstance(box.window(), QDialog):
            return False
        if event.key() != Qt.Key.Key_Escape or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            # Else the window may have something else to end.
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        # A box that tells each digit has taken them; another still has its number, whatever is written.
        box.setValue(self._before if box.keyboardTracking() else box.value())  # type: ignore[arg-type]
        self.leave()
        return True


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
