"""What a person does with the main window in many tests."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity

PATIENCE = 120_000
"""Milliseconds after which a wait has failed: many, as other processes may keep every core busy."""


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def train_for(window: MainWindow, qtbot: QtBot, epochs: int) -> None:
    start = window.engine.state.epoch
    qtbot.waitUntil(window.toolbar.train_button.isEnabled, timeout=PATIENCE)
    click(qtbot, window.toolbar.train_button)
    qtbot.waitUntil(
        lambda: (
            window.engine.state.activity is Activity.TRAINING and window.engine.state.epoch >= start + epochs
        ),
        timeout=PATIENCE,
    )
