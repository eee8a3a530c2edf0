"""Compositions and own fields from files: the dialogs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from landscape_app.gui.bias.trust_dialog import TrustDialog
from landscape_app.physics.fields import FieldError
from landscape_app.physics.space import Space
from landscape_app.session import Composition, Source, read_composition, read_source, write_composition

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
    """Asks for the file of an own field."""
    name, _ = QFileDialog.getOpenFileName(parent, "Choose your field", "", FIELDS)
    return Path(name) if name else None


def reviewed(parent: QWidget, path: Path, trusted: frozenset[str]) -> Source | FieldError | None:
    """Reads the file of an own field, and asks whether to run it unless it is trusted already.

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
