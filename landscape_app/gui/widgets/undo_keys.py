"""Undo and redo in a box of a number: of what is being typed, then of what the window keeps."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

KEYS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


def pass_undo_on(box: QSpinBox | QDoubleSpinBox) -> None:
    """Leaves undo and redo to the window while nothing is being typed; else they would be lost in the box."""
    box.installEventFilter(_UndoKeys(box))


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
