"""One window on a small run for all tests of the editor, as good as new for each."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from landscape_app.gui.engine import Engine
from landscape_app.gui.main_window import MainWindow
from landscape_app.gui.state import Activity
from landscape_app.gui.theme import LIGHT, apply_theme
from landscape_app.session.composition import Composition
from tests.gui.conftest import end
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
def shared_window(
    qapp: QApplication, small_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MainWindow]:
    """The window; opening it takes longer than most tests."""
    apply_theme(qapp, LIGHT)
    settings = QSettings(str(tmp_path_factory.mktemp("editor") / "settings.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Engine(threads=1), LIGHT, settings)
    window.show()
    window.engine.open(small_run)
    deadline = time.monotonic() + PATIENCE / 1000
    while window.steering.context.facts is None and time.monotonic() < deadline:
        qapp.processEvents()
        time.sleep(0.01)
    yield window
    end(window)


@pytest.fixture
def window(shared_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with nothing composed, and its chains moving."""
    window = shared_window
    # Another window may have had the keys.
    window.activateWindow()
    window.steering.set_comparing(False)
    window.steering.clear()
    window.steering.show_composition(Composition())
    window.steering.class_strength = 4.0
    window.sampler.select(None)
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
    return window
