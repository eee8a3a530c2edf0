"""Python files of the user: chosen, and shown before they run, whether they are fields or energies."""

from __future__ import annotations

from collections.abc import Collection
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
from landscape_app.gui.widgets.screens import place
from landscape_app.physics.fields import CodeError, FieldError
from landscape_app.session.custom_field import TEMPLATE, FieldSource, read_source

CODE = "Python (*.py);;All files (*)"


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
        place(self, 640, 480)
        self.cancel.setFocus()


def choose_code(parent: QWidget, what: str) -> Path | None:
    """Asks for a Python file.

    Args:
        parent: of the dialog.
        what: the file in words, such as "the field's file".
    """
    name, _ = QFileDialog.getOpenFileName(parent, f"Choose {what}", "", CODE)
    return Path(name) if name else None


def begin_code(parent: QWidget, what: str, shape: tuple[int, ...]) -> Path | None:
    """Asks for a Python file that there is, or writes a template to begin with.

    Args:
        parent: of the dialogs.
        what: the file in words, such as "the field's file".
        shape: of a configuration.
    """
    box = QMessageBox(parent)
    box.setObjectName("begin-code")
    box.setWindowTitle("Python file")
    box.setText(f"Open {what}, or begin with a template?")
    box.setInformativeText(
        "The template has a function energy(x) that runs as it is; write your own in any editor, then press Reload."
    )
    opening = box.addButton("Open a file…", QMessageBox.ButtonRole.AcceptRole)
    beginning = box.addButton("Template…", QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    for button, name, tip in (
        (opening, "begin-open", "Choose a Python file with a function energy(x)"),
        (beginning, "begin-template", "Choose where to write the template"),
        (cancel, "begin-cancel", "Add nothing"),
    ):
        set_name(button, name).setToolTip(tip)
    box.setDefaultButton(opening)
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    if chosen is beginning:
        return write_template(parent, shape)
    return choose_code(parent, what) if chosen is opening else None


def write_template(parent: QWidget, shape: tuple[int, ...]) -> Path | None:
    """Asks where to, and writes a file to begin with; returns where, or None where nothing was written.

    Args:
        parent: of the dialog.
        shape: of a configuration.
    """
    name, _ = QFileDialog.getSaveFileName(parent, "Write a template", "energy.py", CODE)
    if not name:
        return None
    path = Path(name) if Path(name).suffix else Path(name).with_suffix(".py")
    try:
        path.write_text(TEMPLATE.format(shape=", ".join(map(str, shape))), encoding="utf-8")
    except OSError as error:
        QMessageBox.warning(
            parent, "Not written", f"{path.name} cannot be written: {error.strerror or error}"
        )
        return None
    return path


def reviewed(
    parent: QWidget, path: Path, trusted: Collection[str], error: type[CodeError] = FieldError
) -> FieldSource | CodeError | None:
    """Reads a Python file, and asks whether to run it unless it is trusted already.

    Args:
        parent: of the dialog.
        path: of the file.
        trusted: digests of the sources that may run.
        error: kind of what is wrong with the file.

    Returns:
        The source that may run; what is wrong with the file; None where the person does not want it to run.
    """
    try:
        source = read_source(path, error)
    except CodeError as failure:
        return failure
    return source if is_trusted(parent, source, trusted) else None


def is_trusted(parent: QWidget, source: FieldSource, trusted: Collection[str]) -> bool:
    """True if a source may run: it is trusted already, or the person says so now."""
    return source.digest in trusted or TrustDialog(source, parent).exec() == QDialog.DialogCode.Accepted
