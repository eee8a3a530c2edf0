"""Parts that the controls of several fields share."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.physics.fields import Field


class FieldControls(QWidget):
    """Widgets that show a field and let the user change it.

    Signals:
        changed: the new field, and the gesture that the change is part of; "" for none.
        settled: a gesture has ended.

    Args:
        context: the run.
        signals: of what the controls ask for.
        theme: colours.
    """

    field_type: ClassVar[type[Field]]
    title: ClassVar[str]
    """Name of the kind, in the menu and on its layers."""

    meaning: ClassVar[str]
    """Tooltip of the kind in the menu."""

    changed = Signal(object, str)
    settled = Signal()

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(6)

    @classmethod
    def new_field(cls, context: FieldContext) -> Field:
        """Field of a new layer; by default the one without arguments.

        Raises:
            ValueError: the run lacks what it needs.
        """
        return cls.field_type()

    @abstractmethod
    def show_field(self, field: Field) -> None:
        """Sets every control to a field, without a signal."""

    def show_context(self, context: FieldContext) -> None:
        """Follows what the run has."""

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""


class SelectedChain(QWidget):
    """Takes the image of the chain that is selected in the mosaic, and asks for one where none is.

    Signals:
        taken: the `ChosenChain`.

    Args:
        signals: who knows the selected chain.
        name: object name of the button.
        text: on it.
        tooltip: what is done with the image.
    """

    taken = Signal(object)

    def __init__(self, signals: FieldSignals, name: str, text: str, tooltip: str) -> None:
        super().__init__()
        self._signals = signals
        self.button = set_name(QPushButton(text), name)
        self.button.setToolTip(wrapped(tooltip))
        self.button.clicked.connect(self._take)
        self.told = set_name(QLabel(tr("Select a chain in the mosaic first: click it")), "warning")
        self.told.setWordWrap(True)
        self.told.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.button)
        layout.addWidget(self.told)

    def _take(self) -> None:
        chosen = self._signals.chosen_chain()
        self.told.setVisible(chosen is None)
        if chosen is not None:
            self.taken.emit(chosen)
