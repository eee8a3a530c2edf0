"""A lattice window, its sweeps kept in a folder of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from landscape_app.gui.lattice.window import LatticeWindow
from landscape_app.gui.theme import LIGHT
from tests.gui.driving import PATIENCE


@pytest.fixture
def make_lattice(qtbot: QtBot, settings: QSettings, tmp_path: Path) -> Iterator[Callable[[], LatticeWindow]]:
    """Makes lattice windows that share one file for their sweeps, and are ended afterwards."""
    windows: list[LatticeWindow] = []

    def make() -> LatticeWindow:
        window = LatticeWindow(LIGHT, settings, tmp_path / "cache" / "sweep.h5")
        windows.append(window)
        window.bring_up()
        qtbot.waitUntil(
            lambda: window.shown is not None and window.shown.picture is not None, timeout=PATIENCE
        )
        # As fast as can be, as users have it, takes a core while tests wait.
        window.worker.set_speed(100.0)
        return window

    yield make
    for window in windows:
        window.end()
        window.deleteLater()


@pytest.fixture
def window(make_lattice: Callable[[], LatticeWindow]) -> LatticeWindow:
    """A window on one lattice at T_c, held."""
    return make_lattice()
