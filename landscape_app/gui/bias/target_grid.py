"""Make it a …: a button for each class, the quick way to one layer of a single class."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton

from landscape_app.gui.bias.surroundings import Surroundings
from landscape_app.gui.widgets.card import control_card
from landscape_app.gui.widgets.naming import named

COLUMNS = 5


class Targets(QObject):
    """The buttons by class. The Tab key reaches each: a group of Qt's would let it reach one of them only.

    Signals:
        chosen: class of the button that was pressed.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._buttons: list[QPushButton] = []

    def add(self, button: QPushButton) -> None:
        """Takes the button of the next class."""
        c = len(self._buttons)
        button.clicked.connect(lambda _=False: self.chosen.emit(c))
        self._buttons.append(button)

    def button(self, c: int) -> QPushButton:
        """The button of a class."""
        return self._buttons[c]

    def buttons(self) -> tuple[QPushButton, ...]:
        """All of them."""
        return tuple(self._buttons)


class TargetGrid:
    """The buttons, and the class network that they depend on.

    Args:
        classes: number of classes.

    Attributes:
        card: the widget.
        targets: the buttons, by class.
    """

    def __init__(self, classes: int) -> None:
        title = named(QLabel("Make it a …"), "title")
        title.setToolTip("The class field V(x) = −log p(c | x), from a network trained on real images only")
        grid = QGridLayout()
        grid.setSpacing(5)
        self.targets = Targets()
        for c in range(classes):
            button = named(QPushButton(str(c)), f"target-{c}")
            button.setAccessibleName(f"Make it a {c}")
            button.setToolTip(f"Steer the chains to class {c} (key {c}); again to release them")
            button.setCheckable(True)
            button.setMinimumSize(36, 32)
            self.targets.add(button)
            grid.addWidget(button, c // COLUMNS, c % COLUMNS)
        self.accuracy = named(QLabel(), "muted")
        self.accuracy.setWordWrap(True)
        self.retrain = named(QPushButton("Retrain"), "retrain")
        self.retrain.setToolTip("Train the class network again, on real images only; it takes seconds")
        foot = QHBoxLayout()
        foot.addWidget(self.accuracy, 1)
        foot.addWidget(self.retrain)
        self.card: QFrame = control_card(title, grid, foot)
        self.chosen = self.targets.chosen

    def check(self, target: int | None) -> None:
        """Marks a class, or none."""
        for c, button in enumerate(self.targets.buttons()):
            button.setChecked(c == target)

    def show_surroundings(self, around: Surroundings) -> None:
        """Offers classes once there is a network that knows them."""
        known = around.accuracy is not None
        self.accuracy.setText(
            f"Class network: {around.accuracy:.1%} of unseen images right" if known else "No class network"
        )
        self.retrain.setEnabled(around.facts is not None and not around.busy)
        for button in self.targets.buttons():
            button.setEnabled(known)
