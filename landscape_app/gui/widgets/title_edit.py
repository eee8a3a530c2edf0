"""A title that can be changed in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QStackedWidget, QWidget

from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.paragraph import ShortenedLabel


class TitleEdit(QStackedWidget):
    """Shows a title in one line; a double click makes it a line to type in. Return keeps, Escape leaves as it was.

    Signals:
        renamed: the new title; empty where all was deleted.

    Args:
        name: object name of the line.
    """

    renamed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.label = named(ShortenedLabel(), "title")
        self.line = named(QLineEdit(), name)
        self.line.setAccessibleName("Name of the layer")
        self.line.setToolTip("Return keeps the name, Escape leaves it as it was; empty for the field's own")
        self.line.setMaxLength(200)
        self.addWidget(self.label)
        self.addWidget(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.line.sizeHint().height())
        self.label.installEventFilter(self)
        self.line.installEventFilter(self)
        self.line.editingFinished.connect(self._keep)

    def show_title(self, title: str) -> None:
        """Shows a title."""
        if self.label.text() != title:
            self.label.setText(title)
            self.label.setToolTip(f"{title}<br>Double click or F2 to rename")

    def begin(self) -> None:
        """Lets the title be typed."""
        self.line.setText(self.label.text())
        self.setCurrentWidget(self.line)
        self.line.selectAll()
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click begins, Escape ends without a change."""
        if watched is self.label and event.type() == QEvent.Type.MouseButtonDblClick:
            self.begin()
            return True
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if watched is self.line and escape and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if watched is self.line and escape and event.type() == QEvent.Type.KeyPress:
            self._end()
            return True
        return super().eventFilter(watched, event)

    def _keep(self) -> None:
        if self.currentWidget() is self.line:
            text = self.line.text().strip()
            self._end()
            if text != self.label.text():
                self.renamed.emit(text)

    def _end(self) -> None:
        focused = self.line.hasFocus()
        # Hiding the line takes its focus, which it would tell as the end of editing.
        with QSignalBlocker(self.line):
            self.setCurrentWidget(self.label)
        parent = self.parentWidget()
        if focused and isinstance(parent, QWidget):
            parent.setFocus()
