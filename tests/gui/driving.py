"""Steps that many tests take with the main window, or with an engine without one."""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox
from pytestqt.qtbot import QtBot

from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.messages import Message
from landscape_app.gui.new_run import NewRunDialog
from landscape_app.gui.playground.window import PlaygroundWindow
from landscape_app.gui.playground.worker import PlaygroundState
from landscape_app.gui.state import Activity, EngineState
from landscape_app.session.session import Session

PATIENCE = 120_000
"""Milliseconds after which a wait has failed: many, as other processes may keep every core busy."""


def click(qtbot: QtBot, widget: QAbstractButton) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def pick(qtbot: QtBot, box: QComboBox, data: object) -> None:
    """Goes to an entry with the arrow keys, as a person does."""
    box.setFocus()
    wanted = box.findData(data)
    while box.currentIndex() != wanted:
        down = box.currentIndex() < wanted
        qtbot.keyClick(box, Qt.Key.Key_Down if down else Qt.Key.Key_Up)


def open_new_run(window: MainWindow, qtbot: QtBot, button: QAbstractButton | None = None) -> NewRunDialog:
    """Presses New run, or another button that leads there, and returns the dialog."""
    button = window.toolbar.new_run_button if button is None else button
    qtbot.waitUntil(button.isEnabled, timeout=PATIENCE)
    click(qtbot, button)
    (dialog,) = (found for found in window.findChildren(NewRunDialog) if found.isVisible())
    return dialog


def choose_data(dialog: NewRunDialog, qtbot: QtBot, name: str) -> None:
    """Clicks on data in the list of a new run."""
    place = dialog.list.visualItemRect(dialog.list.item(dialog.names.index(name))).center()
    qtbot.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.source.name == name


def begin_run(window: MainWindow, qtbot: QtBot, name: str, train: bool = True) -> None:
    """Begins a run on data as they are proposed."""
    dialog = open_new_run(window, qtbot)
    choose_data(dialog, qtbot, name)
    click(qtbot, dialog.train_button if train else dialog.open_button)


def wait_for_scene(
    qtbot: QtBot, window: PlaygroundWindow, holds: Callable[[PlaygroundState], bool]
) -> PlaygroundState:
    """Waits until the playground shows a scene of which something holds."""

    def shown() -> bool:
        return window.shown is window.worker.state and holds(window.worker.state)

    qtbot.waitUntil(shown, timeout=PATIENCE)
    return window.worker.state


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


class Desk:
    """An engine whose turns the test takes, without its thread; its chains move as fast as they can.

    Args:
        run: file that it opens; None for none.
    """

    def __init__(self, run: Path | None = None) -> None:
        self.engine = Engine(threads=1)
        self.engine.set_speed(math.inf)
        if run is not None:
            self.engine.open(run)
        self.turn()

    @property
    def session(self) -> Session:
        return self.engine.session

    @property
    def state(self) -> EngineState:
        return self.engine.state

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            # Something to do, as a turn without anything waits for it.
            self.engine.post(lambda: None)
            self.engine.turn()


def wait(holds: Callable[[], object]) -> None:
    """Waits for what another thread does."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline, "it has not come"
        time.sleep(0.002)


def show_until(holds: Callable[[], object]) -> None:
    """Waits for what another thread does, and windows show meanwhile."""

    def shown() -> object:
        QApplication.processEvents()
        return holds()

    wait(shown)


def missing(*_: Any, **__: Any) -> Any:
    raise KeyError("lost")


def leave(*_: Any, **__: Any) -> Any:
    sys.exit("gone")


def is_told(message: Message | None, words: str = "“lost” is missing") -> bool:
    return message is not None and message.kind == "error" and words in message.text
