"""Make it a …: a button for each class, the quick way to one layer of a single class."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton

from landscape_app.gui.bias.surroundings import Surroundings
from landscape_app.gui.widgets.card import control_card
from landscape_app.gui.widgets.naming import named

COLUMNS = 5


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
        self.targets = QButtonGroup()
        self.targets.setExclusive(False)
        for c in range(classes):
            button = named(QPushButton(str(c)), f"target-{c}")
            button.setAccessibleName(f"Make it a {c}")
            button.setToolTip(f"Steer the chains to class {c} (key {c}); again to release them")
            button.setCheckable(True)
            button.setMinimumSize(36, 32)
            self.targets.addButton(button, c)
            grid.addWidget(button, c // COLUMNS, c % COLUMNS)
        self.accuracy = named(QLabel(), "muted")
        self.accuracy.setWordWrap(True)
        self.retrain = named(QPushButton("Retrain"), "retrain")
        self.retrain.setToolTip("Train the class network again, on real images only; it takes seconds")
        foot = QHBoxLayout()
        foot.addWidget(self.accuracy, 1)
        foot.addWidget(self.retrain)
        self.card: QFrame = control_card(title, grid, foot)
        self.chosen = self.targets.idClicked

    def check(self, target: int | None) -> None:
        """Marks a class, or none."""
        for button in self.targets.buttons():
            button.setChecked(self.targets.id(button) == target)
            # A group lets Tab reach one of its buttons only, as if one always had to be chosen.
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_surroundings(self, around: Surroundings) -> None:
        """Offers classes once there is a network that knows them."""
        known = around.accuracy is not None
        self.accuracy.setText(
            f"Class network: {around.accuracy:.1%} of unseen images right" if known else "No class network"
        )
        self.retrain.setEnabled(around.facts is not None and not around.busy)
        for button in self.targets.buttons():
            button.setEnabled(known)
