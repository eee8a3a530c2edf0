"""Every key of a window: those of its menus, and those of the widgets that take keys of their own."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.menus import MenuEntry
from landscape_app.gui.widgets import screens
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.screens import place
from landscape_app.language import tr

COLUMNS, AROUND = 3, 24
"""Most columns of the dialog, where there are keys and room enough for them; and pixels beside them."""

LEAST_ROWS = 16
"""For which a column more is begun."""

TITLE_ROWS, TITLE_SPACE = 2, 12
"""As much room as a title takes, in rows; what of it is above the title, in pixels."""

ARROWS = "←→↑↓"
SIGNS = {
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
    "PgUp": "Page Up",
    "PgDown": "Page Down",
    "Del": "Delete",
    "Ins": "Insert",
    "-": "−",
}


class KeyboardDialog(QDialog):
    """Lists keys, table by table.

    Args:
        tables: the keys.
        parent: the window.
    """

    def __init__(self, tables: Sequence[KeyTable], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("keyboard")
        self.setWindowTitle(tr("Keyboard"))
        self.tables = tuple(tables)
        self.area = set_name(QScrollArea(), "keyboard-list")
        self.area.setAccessibleName(tr("Keys of this window"))
        self.area.setToolTip(
            tr("While the widget named in a title has the focus; those of menus, anywhere in the window")
        )
        self.area.setWidgetResizable(True)
        bar = self.area.verticalScrollBar().sizeHint().width()
        most, body = screens.room_for(self).width() - bar - AROUND, QWidget()
        for count in range(COLUMNS, 0, -1):
            body = _card(_columns(self.tables, count))
            if body.sizeHint().width() <= most:
                break
        self.area.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("keyboard-close")
        close.setToolTip(tr("Close the list (Esc)"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.area, 1)
        layout.addWidget(buttons)
        needed = body.sizeHint()
        place(self, needed.width() + bar + AROUND, needed.height() + buttons.sizeHint().height() + 32)


def show_keyboard(window: QWidget, tables: Sequence[KeyTable]) -> None:
    """Shows every key of a window.

    Args:
        window: its menus and shortcuts are listed.
        tables: the keys of its widgets.
    """
    dialog = KeyboardDialog([*window_keys(window), *tables], window)
    dialog.exec()
    dialog.deleteLater()


def keys_entry(window: QWidget, tables: Sequence[KeyTable]) -> MenuEntry:
    """The entry of a menu that shows every key of a window."""
    return MenuEntry(
        tr("Keyboard…"),
        "F1",
        "keys",
        lambda: show_keyboard(window, tables),
        tr("Every key of this window, also those that a widget takes while it has the focus"),
    )


def add_shortcut(window: QWidget, key: str, do: Callable[[], object], meaning: str) -> None:
    """Lets a key of a window without menus do something, and says what in its list of keys."""
    shortcut = QShortcut(QKeySequence(key), window, do)
    shortcut.setWhatsThis(meaning)


def window_keys(window: QWidget) -> list[KeyTable]:
    """The keys of a window's menus and of its shortcuts."""
    tables = []
    if isinstance(window, QMainWindow):
        for entry in window.menuBar().actions():
            menu = entry.menu()
            if isinstance(menu, QMenu):
                rows = [_row(action) for action in menu.actions()]
                tables.append(KeyTable(_plain(entry.text()), _merged(rows)))
    shortcuts = [found for found in window.findChildren(QShortcut) if _window_of(found) is window]
    named_keys = tuple((found.key().toString(), found.whatsThis()) for found in shortcuts)
    tables.append(KeyTable(tr("Anywhere in the window"), named_keys))
    return [table for table in tables if table.rows]


def _row(action: QAction) -> tuple[str, str]:
    return ", ".join(key.toString() for key in action.shortcuts()), _plain(action.text()).rstrip("…")


def _merged(rows: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Rows that have a key; those of digits in one."""
    digits = [(key, meaning) for key, meaning in rows if key.isdigit()]
    merged = [row for row in rows if row[0] and row not in digits]
    if digits:
        first, last = digits[0], digits[-1]
        span = f"{first[0]} … {last[0]}"
        merged.insert(0, (span, first[1].replace(first[0], span)))
    return tuple(merged)


def _plain(text: str) -> str:
    return text.replace("&", "")


def _window_of(thing: QObject) -> QWidget | None:
    parent = thing.parent()
    return parent.window() if isinstance(parent, QWidget) else None


def _card(columns: Sequence[Sequence[KeyTable]]) -> QFrame:
    """The columns beside each other."""
    card = set_name(QFrame(), "card")
    row = QHBoxLayout(card)
    row.setContentsMargins(18, 14, 18, 14)
    row.setSpacing(24)
    for column in columns:
        label = QLabel(_written(column))
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        row.addWidget(label)
    return card


def _columns(tables: Sequence[KeyTable], most: int) -> list[list[KeyTable]]:
    """Tables in so many columns at most, of which the longest is as short as can be."""
    lengths = [len(table.rows) + TITLE_ROWS for table in tables]
    count = max(1, min(most, sum(lengths) // LEAST_ROWS))
    longest = max(lengths)
    while len(columns := _filled(tables, longest)) > count:
        longest += 1
    return columns


def _filled(tables: Sequence[KeyTable], longest: int) -> list[list[KeyTable]]:
    """Tables in columns of so many rows at most, each in the first that has room for it."""
    columns: list[list[KeyTable]] = []
    rooms: list[int] = []
    for table in tables:
        length = len(table.rows) + TITLE_ROWS
        place = next((i for i, room in enumerate(rooms) if room >= length), len(columns))
        if place == len(columns):
            columns.append([])
            rooms.append(longest)
        columns[place].append(table)
        rooms[place] -= length
    return columns


def _written(column: Sequence[KeyTable]) -> str:
    rows = []
    for table in column:
        above = 0 if table is column[0] else TITLE_SPACE
        rows.append(
            f"<tr><td colspan='2' style='padding-top:{above}px'><b>{html.escape(table.title)}</b></td></tr>"
        )
        rows += [
            f"<tr><td style='padding-right:14px; white-space:nowrap'>{_shown(keys)}</td>"
            f"<td>{html.escape(meaning)}</td></tr>"
            for keys, meaning in table.rows
        ]
    return f"<table cellpadding='1'>{''.join(rows)}</table>"


def _shown(keys: str) -> str:
    """Keys as a person reads them, arrows as arrows."""
    chords = [[_name(key) for key in _split(chord)] for chord in keys.split(", ")]
    held = {tuple(chord[:-1]) for chord in chords}
    last = [chord[-1] for chord in chords]
    if len(held) == 1 and all(sign in ARROWS for sign in last):
        return html.escape("+".join([*held.pop(), " ".join(last)]))
    return html.escape(", ".join("+".join(chord) for chord in chords))


def _name(key: str) -> str:
    """Name of a key in the language of the window, as Qt has it in menus."""
    sign = SIGNS.get(key, key)
    name = key if len(sign) == 1 else QCoreApplication.translate("QShortcut", key)
    return sign if name == key else name


def _split(chord: str) -> list[str]:
    """The keys of a chord, the one that is struck last."""
    if not chord.endswith("+"):
        return chord.split("+")
    return [*(key for key in chord[:-1].split("+") if key), "+"]
