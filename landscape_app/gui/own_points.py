"""Points of a person's own, to train on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from landscape_app.data import Dataset
from landscape_app.data.importing import import_points, open_table

POINT_FILES = "Points (*.csv *.tsv *.txt *.npy);;All files (*)"


def ask_for_points(parent: QWidget) -> Dataset | None:
    """Points of a person's own, from a file that they choose; None where they choose none that can be read."""
    name, _ = QFileDialog.getOpenFileName(parent, "Points to learn, one a row", "", POINT_FILES)
    if not name:
        return None
    try:
        done = import_points(open_table(Path(name)))
    except ValueError as error:
        QMessageBox.warning(parent, "No points", _sentence(str(error)))
        return None
    if done.omissions:
        QMessageBox.information(parent, "Points taken in part", _sentence(done.omissions))
    return done.dataset


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
