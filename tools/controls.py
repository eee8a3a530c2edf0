"""Every control of every window by the words of its tooltip, as a page in Markdown."""

from __future__ import annotations

import html
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tools.reference import table
from tools.stage import FIELDS, fill, opened, others

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from landscape_app.gui.main_window import MainWindow


class Section(NamedTuple):
    """Controls of a part of the program.

    Attributes:
        title: of the part.
        rows: its controls.
        window: class of the window or dialog that it is; None of a menu or panel.
    """

    title: str
    rows: list[Row]
    window: type | None = None


SHARED = ("card", "sheet", "muted", "title", "figure", "heading", "verdict", "summary", "warning", "badge")
"""Names that many widgets have, for their looks."""


class Row(NamedTuple):
    """A control.

    Attributes:
        name: its text, or its name for screen readers.
        key: that does the same; empty for none.
        words: of its tooltip.
        called: its name in lessons.
    """

    name: str
    key: str
    words: str
    called: str


def page() -> str:
    """A table for each menu, panel, window and dialog, those without a tooltip left out."""
    return "\n\n".join(f"## {one.title}\n\n{_table(one.rows)}" for one in _every_control() if one.rows)


def tooltips() -> list[str]:
    """Words of all tooltips, each once."""
    return sorted({row.words for one in _every_control() for row in one.rows})


def unlisted() -> list[str]:
    """Windows and dialogs of the program whose controls are not listed, a line for each."""
    from PySide6.QtWidgets import QDialog, QMainWindow

    import landscape_app.gui

    for module in pkgutil.walk_packages(landscape_app.gui.__path__, "landscape_app.gui."):
        importlib.import_module(module.name)
    listed = {one.window.__name__ for one in _every_control() if one.window is not None}
    return [
        f"no page lists the controls of {name}: tools/stage.py does not open it"
        for name in sorted(_kinds(QDialog) | _kinds(QMainWindow))
        if name not in listed and name != "MainWindow"
    ]


def _kinds(window: type) -> set[str]:
    """Names of the program's classes below a class of windows that have none below themselves."""
    below: list[type] = window.__subclasses__()
    if not below:
        return {window.__name__} if window.__module__.startswith("landscape_app.") else set()
    return {name for kind in below for name in _kinds(kind)}


@cache
def _every_control() -> tuple[Section, ...]:
    with opened("light") as window:
        return tuple(_sections(window))


def _table(rows: list[Row]) -> str:
    return table(
        ("control", "key", "what it does", "name in lessons"), [tuple(map(_escaped, row)) for row in rows]
    )


def _escaped(text: str) -> str:
    """Text in which no sign is one of Markdown."""
    for sign in "\\`*_[]<>$":
        text = text.replace(sign, f"&#{ord(sign)};")
    return text


def _sections(window: MainWindow) -> Iterator[Section]:
    """Titles and controls, one part of the program after the other."""
    from landscape_app.gui.steering.context import FieldContext, FieldSignals
    from landscape_app.gui.steering.controls import CONTROLS
    from landscape_app.physics.fields import KINDS

    fill(window)
    for menu in window.menuBar().actions():
        yield Section(f"Menu {_plain(menu.text())}", list(_entry(menu)))
    parts: dict[str, QWidget] = {
        "Toolbar": window.toolbar,
        "Chains": window.sampler,
        "Steer": window.steering,
        "Training": window.training,
        "Equilibrium": window.equilibrium,
        "Landscape": window.landscape,
        "Strip below the chains": window.welcome,
        "Tour and lessons": window.guide.callout,
    }
    for title, part in parts.items():
        yield Section(title, _controls(part))
    for kind in sorted(set(KINDS) - set(FIELDS)):
        # They need a file, a training, or a table.
        controls = CONTROLS[KINDS[kind]](FieldContext(), FieldSignals(), window.theme)
        yield Section(f"Steer: {controls.title.rstrip('…')}", _controls(controls))
    for other in others(window):
        yield _section(other)


def _section(window: QWidget) -> Section:
    title = window.windowTitle().removesuffix(" – Landscape")
    return Section(title, [*_menus(window), *_controls(window)], type(window))


def _menus(window: QWidget) -> list[Row]:
    from PySide6.QtWidgets import QMainWindow

    if not isinstance(window, QMainWindow):
        return []
    return [row for menu in window.menuBar().actions() for row in _entry(menu)]


def _entry(action: QAction) -> Iterator[Row]:
    """The row of a menu's entry; of a menu within it, those of its entries."""
    from PySide6.QtWidgets import QMenu

    menu = action.menu()
    if isinstance(menu, QMenu):
        for inner in menu.actions():
            yield from _entry(inner)
    elif not action.isSeparator():
        keys = ", ".join(key.toString() for key in action.shortcuts())
        yield Row(_plain(action.text()), keys, _words(action.toolTip()), action.objectName())


def _controls(part: QWidget) -> list[Row]:
    """Every widget of a part of a window that has a tooltip, in the order in which they were made, each once."""
    from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

    rows: dict[tuple[str, str, str], list[str]] = {}
    for widget in [part, *part.findChildren(QWidget)]:
        words = _words(widget.toolTip())
        if words and widget.window() is part.window():
            shown = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
            key = widget.shortcut().toString() if isinstance(widget, QAbstractButton) else ""
            name = widget.accessibleName() or _words(_plain(shown)) or widget.objectName().replace("-", " ")
            called = rows.setdefault((name, key, words), [])
            if widget.objectName() not in (*SHARED, *called):
                called.append(widget.objectName())
    return [Row(*row, ", ".join(filter(None, called))) for row, called in rows.items()]


def _words(tip: str) -> str:
    """A tooltip as plain text in one line."""
    from PySide6.QtGui import Qt, QTextDocument

    if Qt.mightBeRichText(tip):
        document = QTextDocument()
        document.setHtml(tip)
        tip = document.toPlainText()
    return " ".join(html.unescape(tip).split())


def _plain(text: str) -> str:
    return text.replace("&", "")
