"""Dialogs that open and save compositions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from landscape_app.counting import capitalised
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition, write_composition

COMPOSITIONS = "Compositions (*.json);;All files (*)"


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


def _warn(parent: QWidget, title: str, text: str) -> None:
    QMessageBox.warning(parent, title, capitalised(text))
