"""What a person does with the import dialog."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.importing.dialog import FoundPage, ImportDialog
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.widgets.numbers import ParameterBox
from tests.gui.driving import PATIENCE


def enter(window: QWidget, *paths: Path) -> QMimeData:
    """Drags files over the middle of a window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place = QPoint(window.width() // 2, window.height() // 2)
    event = QDragEnterEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)
    assert event.isAccepted()
    return data


def drop(window: QWidget, *paths: Path) -> None:
    """Drags files over the middle of a window and lets go."""
    data = enter(window, *paths)
    place = QPointF(window.width() / 2, window.height() / 2)
    event = QDropEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, event)


def dialog_of(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    """The dialog, once it has opened."""
    qtbot.waitUntil(lambda: window.importing.dialog is not None, timeout=PATIENCE)
    assert window.importing.dialog is not None
    return window.importing.dialog


def page_of(dialog: ImportDialog) -> FoundPage:
    """What was found."""
    assert dialog.found is not None
    return dialog.found


def wait_ready(dialog: ImportDialog, qtbot: QtBot) -> None:
    """Waits until what is chosen has been read."""
    qtbot.waitUntil(lambda: dialog.chosen is not None, timeout=PATIENCE)


def type_into(qtbot: QtBot, dialog: ImportDialog, name: str, text: str) -> None:
    """Types a number in place of the one in a box of the dialog."""
    box = dialog.findChild(ParameterBox, f"parameter-{name}")
    assert box is not None
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)


def complaint(dialog: ImportDialog, name: str) -> str:
    """What is said to be wrong with a field."""
    label = dialog.findChild(QLabel, f"complaint-{name}")
    assert label is not None
    return label.text().replace("\n", " ") if label.isVisible() else ""
