"""Make it a …: a button for each class, the quick way to one layer of a single class."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from landscape_app.gui.bias.class_buttons import ClassButtons
from landscape_app.gui.bias.surroundings import DIGITS, Surroundings
from landscape_app.gui.widgets.card import control_card
from landscape_app.gui.widgets.naming import named

COLUMNS = 5

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
        button = named(QPushButton(), f"target-{c}")
        button.setAccessibleName(f"Make it a {name}")
        key = f" (key {c})" if c < KEYS else ""
        button.setToolTip(f"Steer the chains to class {escape(name)}{key}; again to release them")
        button.setCheckable(True)
        button.setMinimumSize(36, 32)
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
    """The buttons, and the class network that they depend on.

    Args:
        class_names: what to call each class.

    Attributes:
        card: the widget.
        targets: the buttons, by class.
    """

    def __init__(self, class_names: Sequence[str] = DIGITS) -> None:
        title = named(QLabel("Make it a …"), "title")
        title.setToolTip("The class field V(x) = −log p(c | x), from a network trained on real images only")
        self.targets = Targets()
        self.targets.show_names(class_names)
        self._target: int | None = None
        self.accuracy = named(QLabel(), "muted")
        self.accuracy.setWordWrap(True)
        self.retrain = named(QPushButton("Retrain"), "retrain")
        self.retrain.setToolTip("Train the class network again, on real images only; it takes seconds")
        foot = QHBoxLayout()
        foot.addWidget(self.accuracy, 1)
        foot.addWidget(self.retrain)
        self.card: QFrame = control_card(title, self.targets.grid, foot)
        self.chosen = self.targets.chosen

    def check(self, target: int | None) -> None:
        """Marks a class, or none."""
        self._target = target
        for c, button in enumerate(self.targets.buttons()):
            button.setChecked(c == target)

    def show_surroundings(self, around: Surroundings) -> None:
        """Offers the classes that there are once there is a network that knows them."""
        self.targets.show_names(around.class_names)
        self.check(self._target)
        known = around.accuracy is not None
        self.accuracy.setText(
            f"Class network: {around.accuracy:.1%} of unseen images right" if known else "No class network"
        )
        self.retrain.setEnabled(around.facts is not None and not around.busy)
        for button in self.targets.buttons():
            button.setEnabled(known)
