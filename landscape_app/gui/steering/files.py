"""Dialogs that open and save compositions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.widgets.file_dialogs import ask_to_open, ask_to_save
from landscape_app.language import tr
from landscape_app.physics.space import Space
from landscape_app.session.composition import Composition
from landscape_app.session.composition_file import read_composition, write_composition

COMPOSITIONS = tr("Compositions (*.json);;All files (*)")


def save_composition(parent: QWidget, composition: Composition) -> Path | None:
    """Asks where to, and writes the composition; returns where, or None where nothing was written."""
    name, _ = ask_to_save(parent, tr("Save the composition"), "composition.json", COMPOSITIONS)
    if not name:
        return None
    path = Path(name) if Path(name).suffix else Path(name).with_suffix(".json")
    try:
        path.write_text(write_composition(composition), encoding="utf-8")
    except OSError as error:
        _warn(
            parent,
            tr("Not saved"),
            tr("{file} cannot be written: {reason}", file=path.name, reason=error.strerror or error),
        )
        return None
    return path


def choose_composition(parent: QWidget) -> Path | None:
    """Asks for the file of a composition."""
    name = ask_to_open(parent, tr("Open a composition"), "", COMPOSITIONS)
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
        _warn(
            parent,
            tr("Not opened"),
            tr("{file} cannot be read: {reason}", file=path.name, reason=error.strerror or error),
        )
        return None
    except ValueError as error:
        _warn(parent, tr("Not opened"), f"{path.name}: {error}")
        return None
    if reading.notes:
        box = QMessageBox(parent)
        box.setObjectName("composition-notes")
        box.setIcon(QMessageBox.Icon.Information)
        box.setWindowTitle(tr("Opened in part"))
        box.setText(tr("Not all of {file} makes sense here:", file=path.name))
        box.setInformativeText("\n".join(f"• {note}" for note in reading.notes))
        box.exec()
    return reading.composition


def _warn(parent: QWidget, title: str, text: str) -> None:
    QMessageBox.warning(parent, title, capitalised(text))
