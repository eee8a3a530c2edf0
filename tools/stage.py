"""The window opened without a display, on the model that ships, for its pictures and for the list of its controls."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from landscape_app.gui.main_window import MainWindow

PATIENCE = 120.0
"""Seconds after which a wait has failed."""


@contextmanager
def opened(theme: str, size: tuple[int, int] = (1280, 800)) -> Iterator[MainWindow]:
    """A window whose chains move, with settings and files of its own; closed afterwards.

    Args:
        theme: "light" or "dark".
        size: in pixels.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = folder
        from pyqtgraph.util.garbage_collector import GarbageCollector
        from PySide6.QtCore import QRect, QSettings
        from PySide6.QtWidgets import QApplication

        from landscape_app.gui.engine import Engine
        from landscape_app.gui.main_window import MainWindow
        from landscape_app.gui.theme import apply_theme, resolve_theme
        from landscape_app.gui.widgets import screens

        application = QApplication.instance() or QApplication(["Landscape"])
        assert isinstance(application, QApplication)
        # A screen that there is not has room for every window.
        screens.room_for = lambda window: QRect(0, 0, 1920, 1200)
        # A worker's thread that collects garbage could end widgets, which only this thread may.
        garbage = GarbageCollector()
        look = resolve_theme(theme)
        apply_theme(application, look)
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Engine(device="cpu"), look, settings)
        window.resize(*size)
        window.show()
        window.engine.open_shipped()
        try:
            wait(lambda: window.shown is not None and window.shown.sweep is not None)
            yield window
        finally:
            if window.experiments is not None:
                # Else it would ask whether it may stop.
                window.experiments.end()
            window.may_discard = lambda: True  # type: ignore[method-assign]
            window.close()
            garbage.timer.stop()
            gc.enable()


def wait(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Lets the window live until something holds.

    Raises:
        TimeoutError: it has not come.
    """
    from PySide6.QtWidgets import QApplication

    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the window has not come to what was waited for")
        QApplication.processEvents()
        time.sleep(0.005)


def rest(seconds: float) -> None:
    """Lets the window live for so long."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


def dialogs(window: QWidget) -> list[QWidget]:
    """Dialogs that are open over a window."""
    from PySide6.QtWidgets import QDialog

    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
