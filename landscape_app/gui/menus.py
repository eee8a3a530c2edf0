"""Menus as one table: what an entry is called, its key, what it explains of itself and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QMainWindow

from landscape_app.gui.widgets.tips import wrapped


class MenuEntry(NamedTuple):
    """One entry of a menu.

    Attributes:
        text: in the menu.
        key: shortcut; empty for none.
        name: of the action, after `action-`.
        do: called when it is chosen.
        tip: what it does, in a sentence.
        chosen: for one of several between two lines, which exclude one another, whether it is in force; else None.
    """

    text: str
    key: str
    name: str
    do: Callable[[], object]
    tip: str
    chosen: bool | None = None


def pressing(text: str, key: str, button: QAbstractButton) -> MenuEntry:
    """The entry that presses a button, and explains itself as the button does."""
    return MenuEntry(text, key, button.objectName(), button.click, button.toolTip())


Row = MenuEntry | QAction | None
"""A row of a menu; None draws a line."""

Table = Mapping[str, Sequence[Row]]
"""Rows by the title of their menu, from left to right and from top to bottom."""


def add_menus(window: QMainWindow, table: Table) -> dict[str, QAction]:
    """Fills the menu bar of a window; returns the actions of its entries by their names."""
    actions: dict[str, QAction] = {}
    for title, entries in table.items():
        menu = window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        for entry in entries:
            if entry is None:
                menu.addSeparator()
                group = QActionGroup(menu)
                continue
            if isinstance(entry, QAction):
                menu.addAction(entry)
                continue
            action = actions[entry.name] = _action(window, entry)
            if entry.chosen is not None:
                action.setCheckable(True)
                action.setChecked(entry.chosen)
                group.addAction(action)
            menu.addAction(action)
    return actions


def _action(window: QMainWindow, entry: MenuEntry) -> QAction:
    action = QAction(entry.text, window)
    action.setObjectName(f"action-{entry.name}")
    action.setToolTip(wrapped(entry.tip))
    action.setShortcut(QKeySequence(entry.key))
    action.triggered.connect(lambda _=False: entry.do())
    return action
