"""One window on a small run for all tests of the editor, as good as new for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.session.composition import Composition
from tests.gui.conftest import open_anew, renew, rest
from tests.gui.driving import PATIENCE


def click(qtbot: QtBot, widget: QWidget) -> None:
    """Clicks near the left end of a widget, where a switch has its knob."""
    # What has just been added has its size only once the layout has been asked.
    QApplication.processEvents()
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(8, widget.height() // 2))


def arrives(window: MainWindow, qtbot: QtBot) -> None:
    """Waits until the chains follow what the editor says."""
    qtbot.waitUntil(lambda: window.engine.state.composition == window.steering.composition, timeout=PATIENCE)


@pytest.fixture(scope="module")
def editor(shared_window: MainWindow, small_run: Path) -> MainWindow:
    """The window that tests share, on a run that is opened once for a file: tests of the editor change its view."""
    renew(shared_window)
    return open_anew(shared_window, small_run)


@pytest.fixture
def window(editor: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with nothing composed, and its chains moving."""
    window = editor
    renew(window)
    window.steering.set_comparing(False)
    window.steering.clear()
    window.steering.show_composition(Composition())
    window.banner.hide()
    window.engine.compose(Composition())
    window.engine.play(True)
    qtbot.waitUntil(
        lambda: (
            window.engine.state.composition == Composition()
            and window.engine.state.activity is Activity.SAMPLING
            and window.engine.state.sweep is not None
            and not window.engine.state.busy
            and not window.engine.state.beside
        ),
        timeout=PATIENCE,
    )
    yield window
    rest(window)
