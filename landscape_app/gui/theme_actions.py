"""The menu's entries for the theme."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu

from landscape_app.gui.theme import THEMES, apply_theme, resolve_theme

if TYPE_CHECKING:
    from landscape_app.gui.main_window import MainWindow


def add_themes(menu: QMenu, window: MainWindow) -> None:
    """Adds an entry for each theme, that of the settings checked."""
    group = QActionGroup(menu)
    chosen = str(window.settings.value("theme", "auto"))
    for name in THEMES:
        text = {"auto": "Theme of the desktop", "light": "Light", "dark": "Dark"}[name]
        action = QAction(text, window)
        action.setObjectName(f"action-theme-{name}")
        action.setToolTip("Colours of every window, remembered for the next time")
        action.setCheckable(True)
        action.setChecked(name == chosen)
        action.triggered.connect(partial(_set_theme, window, name))
        group.addAction(action)
        menu.addAction(action)


def _set_theme(window: MainWindow, name: str, _: bool = False) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    window.settings.setValue("theme", name)
    theme = resolve_theme(name)
    apply_theme(application, theme)
    window.set_theme(theme)
