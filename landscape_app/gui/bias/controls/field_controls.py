"""What the controls of every field have in common."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from landscape_app.gui.bias.surroundings import Surroundings
from landscape_app.gui.theme import Theme
from landscape_app.session.fields import Field


class FieldControls(QWidget):
    """Shows what a person has chosen about a field, and lets them choose otherwise.

    Signals:
        changed: the new field, and the gesture that the change is part of; "" for none.
        settled: a gesture has ended.
    """

    changed = Signal(object, str)
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(6)

    @abstractmethod
    def show_field(self, field: Field) -> None:
        """Sets every control to a field, without a signal."""

    def show_surroundings(self, around: Surroundings) -> None:
        """Follows what the run has."""

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
