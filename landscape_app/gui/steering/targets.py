"""Make it a …: buttons of the classes, the quick way to a layer of a single class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from landscape_app.gui.state import DIGITS
from landscape_app.gui.steering.context import FieldContext
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel, shortened
from landscape_app.language import tr
from landscape_app.session.composition import request_for

LONGEST = 12
"""Characters of a name on a button; the tooltip has all of it."""

ROOM = 34
"""Characters that a row of buttons has room for, each button's edges counted as `EDGES`."""

EDGES = 4

MOST_ROWS = 3
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
        grid.setSpacing(3)
        columns = self._columns(names)
        for c, name in enumerate(names):
            button = self._make(c, name)
            button.setText(shortened(name, LONGEST).replace("&", "&&"))
            button.installEventFilter(self)
            grid.addWidget(button, c // columns, c % columns)
            self.buttons.append(button)
        self.setWidget(body)
        for part in (body, self.viewport()):
            part.setAutoFillBackground(False)
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


COLUMNS = 10

KEYS = 10
"""Classes that the keys 0 to 9 choose."""


class Targets(QObject):
    """The buttons by class. The Tab key reaches each: a group of Qt's would let it reach one of them only.

    Signals:
        chosen: class of the button that was pressed.
        changed: there are others now.
    """

    chosen = Signal(int)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.grid = ClassButtons(self._make, COLUMNS)

    def show_names(self, names: Sequence[str]) -> None:
        """Has a button for each class."""
        if self.grid.show_names(names):
            self.changed.emit()

    def button(self, c: int) -> QPushButton:
        """The button of a class."""
        return self.grid.buttons[c]

    def buttons(self) -> tuple[QPushButton, ...]:
        """All of them."""
        return tuple(self.grid.buttons)

    def _make(self, c: int, name: str) -> QPushButton:
        button = set_name(QPushButton(), f"target-{c}")
        button.setAccessibleName(request_for(name))
        if c < KEYS:
            meaning = tr(
                "Steer the chains to class {class_name} (key {key}); again to release them",
                class_name=escape(name),
                key=c,
            )
        else:
            meaning = tr(
                "Steer the chains to class {class_name}; again to release them", class_name=escape(name)
            )
        button.setToolTip(meaning)
        button.setCheckable(True)
        button.setProperty("small", True)
        button.setMinimumSize(22, 32)
        button.clicked.connect(lambda _=False: self.chosen.emit(c))
        return button


def name_targets(entries: Sequence[QAction], targets: Targets) -> None:
    """Has the entries of a menu say what the first buttons do; those beyond the last class are hidden."""
    buttons = targets.buttons()
    for entry, button in zip(entries, buttons, strict=False):
        entry.setText(button.accessibleName().replace("&", "&&"))
        entry.setToolTip(button.toolTip())
    for c, entry in enumerate(entries):
        entry.setVisible(c < len(buttons))


class TargetGrid:
    """The buttons, and the classifier that they depend on.

    Args:
        class_names: what to call each class.

    Attributes:
        card: the widget.
        targets: the buttons, by class.
    """

    def __init__(self, class_names: Sequence[str] = DIGITS) -> None:
        self.title = set_name(QLabel(), "title")
        self.title.setToolTip(
            tr("The class field V(x) = −log p(c | x), from a network trained on real images only")
        )
        self.targets = Targets()
        self._show_names(class_names)
        self._target: int | None = None
        self.accuracy = set_name(ShortenedLabel(), "muted")
        self.accuracy.setAccessibleName(tr("Classifier"))
        self.retrain = set_name(QPushButton(tr("Retrain")), "retrain")
        self.retrain.setProperty("small", True)
        self.retrain.setToolTip(tr("Train the classifier again, on real images only; it takes seconds"))
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.accuracy, 1)
        head.addWidget(self.retrain)
        self.card: QFrame = control_card(head, self.targets.grid)
        self.chosen = self.targets.chosen

    def _show_names(self, names: Sequence[str]) -> None:
        self.targets.show_names(names)
        are_numbers = all(name.isdecimal() for name in names)
        self.title.setText(tr("Make it a …") if are_numbers else tr("Steer to …"))

    def check(self, target: int | None) -> None:
        """Marks a class, or none."""
        self._target = target
        for c, button in enumerate(self.targets.buttons()):
            button.setChecked(c == target)

    def show_context(self, context: FieldContext) -> None:
        """Offers the classes that there are once there is a network that knows them."""
        self._show_names(context.class_names)
        self.check(self._target)
        known = context.accuracy is not None
        self.accuracy.setText(
            tr("Classifier: {accuracy:.1%} of unseen images right", accuracy=context.accuracy)
            if known
            else tr("No classifier")
        )
        self.retrain.setEnabled(context.facts is not None and not context.busy)
        for button in self.targets.buttons():
            button.setEnabled(known)
