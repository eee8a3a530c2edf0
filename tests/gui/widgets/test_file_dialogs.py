"""A window has the keys again once a dialog of files has closed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

import landscape_app.gui
from landscape_app.gui.widgets.file_dialogs import ask_for_files, ask_for_folder, ask_to_open, ask_to_save

Ask = Callable[[QWidget], object]
CASES: dict[str, Ask] = {
    "open": lambda parent: ask_to_open(parent, "Open", "", "All (*)"),
    "several": lambda parent: ask_for_files(parent, "Open", "", "All (*)"),
    "save": lambda parent: ask_to_save(parent, "Save", "plot.csv", "CSV (*.csv)"),
    "folder": lambda parent: ask_for_folder(parent, "A folder"),
}


def close_dialog() -> None:
    """Presses Cancel in the dialog of files that is open, once there is one."""
    dialog = QApplication.activeModalWidget()
    if isinstance(dialog, QFileDialog):
        dialog.reject()
    else:
        QTimer.singleShot(20, close_dialog)


@pytest.mark.parametrize("case", CASES)
def test_the_field_that_had_the_keys_has_them_again(qtbot: QtBot, case: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    first, second = QLineEdit(), QLineEdit()
    for field in (first, second):
        layout.addWidget(field)
    window.show()
    window.activateWindow()
    second.setFocus()
    qtbot.waitUntil(second.hasFocus)
    close_dialog_soon = QTimer(window, singleShot=True, interval=20)
    close_dialog_soon.timeout.connect(close_dialog)
    close_dialog_soon.start()
    # The parent may be any widget of the window.
    assert CASES[case](first) in ("", [], ("", ""))
    qtbot.waitUntil(second.hasFocus)


def test_no_other_module_asks_for_files() -> None:
    """Or its window would be left without keys."""
    folder = Path(landscape_app.gui.__file__).parent
    asking = [
        path.name for path in folder.rglob("*.py") if "QFileDialog." in path.read_text(encoding="utf-8")
    ]
    assert asking == ["file_dialogs.py"]
