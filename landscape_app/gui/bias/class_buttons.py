"""A button for each class, in as many columns as names leave room for; of many classes in a part that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QWidget

from landscape_app.gui.class_names import shortened

LONGEST = 12
"""Characters of a name on a button; the tooltip has all of it."""

ROOM = 34
"""Characters that a row of buttons has room for, each button's edges counted as `EDGES`."""

EDGES = 4

MOST_ROWS = 6
"""Rows of buttons beyond which the part scrolls."""


class ClassButtons(QScrollArea):
    """The buttons of all classes, made anew where these change.

    Args:
        make: the button of a class, by number and name.
        most_columns: columns where names are short.
    """

    def __init__(self, make: Callable[[int, str], QPushButton], most_columns: int) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._make = make
        self._most_columns = most_columns
        self._names: tuple[str, ...] | None = None
        self.buttons: list[QPushButton] = []

    def show_names(self, names: Sequence[str]) -> bool:
        """Has a button for each name; whether they had to be made anew."""
        if tuple(names) == self._names:
            return False
        self._names = tuple(names)
        self.buttons = []
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(5 if self._most_columns < 10 else 3)
        columns = self._columns(names)
        for c, name in enumerate(names):
            button = self._make(c, name)
            button.setText(shortened(name, LONGEST).replace("&", "&&"))
            button.installEventFilter(self)
            grid.addWidget(button, c // columns, c % columns)
            self.buttons.append(button)
        self.setWidget(body)
        rows = -(-len(names) // columns)
        step = max((button.sizeHint().height() for button in self.buttons), default=0)
        step = max([step, *(button.minimumHeight() for button in self.buttons)]) + grid.spacing()
        self.setFixedHeight(max(0, min(rows, MOST_ROWS) * step - grid.spacing()))
        bars = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            bars.ScrollBarAsNeeded if rows > MOST_ROWS else bars.ScrollBarAlwaysOff
        )
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Brings a button into sight that the keys have led to."""
        if isinstance(event, QFocusEvent) and event.gotFocus() and isinstance(watched, QWidget):
            self.ensureWidgetVisible(watched)
        return super().eventFilter(watched, event)

    def _columns(self, names: Sequence[str]) -> int:
        """As many as there is room for, the same for every row, and no more than there are names."""
        longest = max((min(len(name), LONGEST) for name in names), default=1)
        if longest <= 2:
            return self._most_columns
        return max(1, min(self._most_columns, ROOM // (longest + EDGES)))
