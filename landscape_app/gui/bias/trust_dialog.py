"""Shows the source of a person's own field, and asks whether to run it."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from landscape_app.gui.widgets.naming import named
from landscape_app.session import Source


class TrustDialog(QDialog):
    """Run this file? It can do anything that you can.

    Args:
        source: as it was read; nothing of it has run.
        parent: the window.
    """

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trust-dialog")
        self.setWindowTitle("Run this file?")
        self.resize(640, 480)
        question = named(QLabel("Run this file? It can do anything that you can."), "heading")
        path = named(QLabel(str(source.path)), "muted")
        path.setWordWrap(True)
        self.text = named(QPlainTextEdit(source.text), "trust-source")
        self.text.setAccessibleName("Source of the file")
        self.text.setToolTip("All of the file, as it was read; nothing of it has run")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        advice = QLabel(
            "Run it only if you wrote it or know what every line does. It is asked again when it changes."
        )
        advice.setWordWrap(True)
        # Qt's own box of buttons lets the Tab key reach only one of them under our style.
        self.run = named(QPushButton(), "trust-run", text="Run this file")
        self.run.setToolTip("Runs the file once, and its function energy(x) at every step of the chains")
        self.cancel = named(QPushButton(), "trust-cancel", text="Cancel")
        self.cancel.setToolTip("Runs nothing of it")
        self.run.setAutoDefault(False)
        self.cancel.setDefault(True)
        self.run.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.run)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        for widget in (question, path, self.text, advice):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.cancel.setFocus()
