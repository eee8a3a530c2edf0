"""The foot of the import dialog: how far the reading is, what was told last, and what to do."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from landscape_app.gui.widgets.naming import named

SHARES = 1_000
"""Steps of the progress bar."""


class Foot(QWidget):
    """Progress and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._told, self._wrong = "", False
        self.progress = named(QProgressBar(), "import-progress")
        self.progress.setRange(0, SHARES)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(140, 6)
        self.progress.setAccessibleName("How much is read")
        self.state = named(QLabel(), "import-state")
        self.state.setAccessibleName("What the dialog is doing")
        self.state.setWordWrap(True)
        self.another = self._button(
            "import-another", "Other data…", "Begin again with another file or folder"
        )
        self.save = self._button(
            "import-save",
            "Save data…",
            "Write the data to a file, as landscape import does, to train on it later",
        )
        self.cancel = self._button("import-cancel", "Cancel", "Close the dialog; nothing is changed (Esc)")
        self.train = self._button("train", "Train", "Begin a run on these data in the window (Ctrl+Return)")
        self.train.setShortcut("Ctrl+Return")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.progress)
        layout.addWidget(self.state, 1)
        for button in (self.another, self.save, self.cancel, self.train):
            layout.addWidget(button)

    def say(self, text: str, wrong: bool = False) -> None:
        """Leaves a message, or none; it stays until there is another."""
        self._told, self._wrong = text[:1].upper() + text[1:], wrong

    def show_state(self, found: bool, ready: bool, reading: float | None, wrong: bool) -> None:
        """Shows how things stand.

        Args:
            found: whether there is something to choose of.
            ready: whether it can be trained.
            reading: how much is read, 0 to 1; None where nothing is.
            wrong: whether something that was chosen cannot stand.
        """
        self.progress.setVisible(reading is not None)
        self.progress.setValue(round(SHARES * (reading or 0.0)))
        self.another.setVisible(found)
        self.save.setVisible(found)
        self.train.setVisible(found)
        self.save.setEnabled(ready)
        self.train.setEnabled(ready)
        if wrong:
            self._show("⚠ Mend what is marked", wrong=True)
        elif found and reading is not None:
            self._show(f"Reading … {reading:.0%}", wrong=False)
        else:
            self._show(self._told, self._wrong)

    def _show(self, text: str, wrong: bool) -> None:
        kind = "complaint" if wrong else ""
        if (text, kind) == (self.state.text(), self.state.property("kind")):
            return
        self.state.setText(text)
        self.state.setProperty("kind", kind)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = named(QPushButton(text), name)
        button.setAccessibleName(text.rstrip("…"))
        button.setToolTip(tooltip)
        button.setAutoDefault(False)
        return button
