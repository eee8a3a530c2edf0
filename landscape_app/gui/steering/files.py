"""Dialogs that open and save compositions, and that show a custom field's source before it runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.widgets.containers import set_name
from landscape_app.physics.fields import FieldError
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition, write_composition
from landscape_app.session.custom_field import FieldSource, read_source


class TrustDialog(QDialog):
    """Run this file? It can do anything that you can.

    Args:
        source: as it was read; nothing of it has run.
        parent: the window.
    """

    def __init__(self, source: FieldSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trust-dialog")
        self.setWindowTitle("Run this file?")
        self.resize(640, 480)
        question = set_name(QLabel("Run this file? It can do anything that you can."), "heading")
        path = set_name(QLabel(str(source.path)), "muted")
        path.setWordWrap(True)
        self.text = set_name(QPlainTextEdit(source.text), "trust-source")
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
        self.run = set_name(QPushButton(), "trust-run", text="Run this file")
        self.run.setToolTip("Runs the file once, and its function energy(x) at every step of the chains")
        self.cancel = set_name(QPushButton(), "trust-cancel", text="Cancel")
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


COMPOSITIONS = "Compositions (*.json);;All files (*)"
FIELDS = "Fields (*.py);;All files (*)"


def save_composition(parent: QWidget, composition: Composition) -> Path | None:
    """Asks where to, and writes the composition; returns where, or None where nothing was written."""
    name, _ = QFileDialog.getSaveFileName(parent, "Save the composition", "composition.json", COMPOSITIONS)
    if not name:
        return None
    path = Path(name) if Path(name).suffix else Path(name).with_suffix(".json")
    try:
        path.write_text(write_composition(composition), encoding="utf-8")
    except OSError as error:
        _warn(parent, "Not saved", f"{path.name} cannot be written: {error.strerror or error}")
        return None
    return path


def choose_composition(parent: QWidget) -> Path | None:
    """Asks for the file of a composition."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open a composition", "", COMPOSITIONS)
    return Path(name) if name else None


def open_composition(parent: QWidget, path: Path, space: Space, classes: int) -> Composition | None:
    """Reads a file, listing what it leaves out; None where nothing was read.

    Args:
        parent: of the dialogs.
        path: of the file.
        space: of the run on view.
        classes: of its data.
    """
    try:
        reading = read_composition(path.read_text(encoding="utf-8"), space, classes)
    except OSError as error:
        _warn(parent, "Not opened", f"{path.name} cannot be read: {error.strerror or error}")
        return None
    except ValueError as error:
        _warn(parent, "Not opened", f"{path.name}: {error}")
        return None
    if reading.notes:
        box = QMessageBox(parent)
        box.setObjectName("composition-notes")
        box.setIcon(QMessageBox.Icon.Information)
        box.setWindowTitle("Opened in part")
        box.setText(f"Not all of {path.name} makes sense here:")
        box.setInformativeText("\n".join(f"• {note}" for note in reading.notes))
        box.exec()
    return reading.composition


def choose_field(parent: QWidget) -> Path | None:
    """Asks for the file of a user-defined field."""
    name, _ = QFileDialog.getOpenFileName(parent, "Choose the field's file", "", FIELDS)
    return Path(name) if name else None


def reviewed(parent: QWidget, path: Path, trusted: frozenset[str]) -> FieldSource | FieldError | None:
    """Reads the file of a user-defined field, and asks whether to run it unless it is trusted already.

    Returns:
        The source that may run; what is wrong with the file; None where the person does not want it to run.
    """
    try:
        source = read_source(path)
    except FieldError as error:
        return error
    if source.digest in trusted or TrustDialog(source, parent).exec() == QDialog.DialogCode.Accepted:
        return source
    return None


def _warn(parent: QWidget, title: str, text: str) -> None:
    QMessageBox.warning(parent, title, text[:1].upper() + text[1:])
