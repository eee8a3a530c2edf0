"""A message where the person is looking: it stays until closed, and covers nothing."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from landscape_app.gui.messages import Message
from landscape_app.gui.widgets.containers import set_name

DONE_MILLISECONDS = 4_000


class Banner(QFrame):
    """Shows one message; errors stay, good news goes by itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._detail = ""
        self.text = QLabel()
        self.text.setObjectName("banner-text")
        self.text.setWordWrap(True)
        self.copy = set_name(QToolButton(), "banner-copy", text="Copy details")
        self.copy.setToolTip("Copy the technical details to the clipboard, for a bug report")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self._detail))
        close = set_name(QToolButton(), "banner-close", text="✕")
        close.setAccessibleName("Close the message")
        close.setToolTip("Close the message")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.copy)
        layout.addWidget(close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_message(self, message: Message) -> None:
        """Shows a message."""
        self._detail = message.detail
        self.text.setText(message.text[:1].upper() + message.text[1:])
        self.text.setAccessibleName(message.text)
        self.copy.setVisible(bool(message.detail))
        self.setProperty("kind", message.kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        self._timer.stop()
        if message.kind == "done":
            self._timer.start(DONE_MILLISECONDS)
