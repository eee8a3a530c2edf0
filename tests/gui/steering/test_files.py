"""Compositions to and from files by their dialogs."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.steering.files import choose_composition, open_composition, save_composition
from landscape_app.physics.space import Levels
from landscape_app.session.composition import Composition


def test_a_composition_is_saved_and_opened_again(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "hot"), ""))
    path = save_composition(parent, Composition(temperature=2.0))
    assert path == tmp_path / "hot.json"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    assert choose_composition(parent) == path
    assert open_composition(parent, path, Levels((8, 8), 17), 10) == Composition(temperature=2.0)
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *text: told.append(text[2]))
    assert open_composition(parent, tmp_path / "gone.json", Levels((8, 8), 17), 10) is None
    assert "gone.json cannot be read" in told[0].lower()
