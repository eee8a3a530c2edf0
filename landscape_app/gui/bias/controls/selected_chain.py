"""A button that takes the image of the selected chain."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.gui.bias.surroundings import Requests
from landscape_app.gui.widgets.naming import named


class SelectedChain(QWidget):
    """Takes the image of the chain that is selected in the mosaic, and asks for one where none is.

    Signals:
        taken: the `ChosenChain`.

    Args:
        requests: who knows the selected chain.
        name: object name of the button.
        text: on it.
        tooltip: what is done with the image.
    """

    taken = Signal(object)

    def __init__(self, requests: Requests, name: str, text: str, tooltip: str) -> None:
        super().__init__()
        self._requests = requests
        self.button = named(QPushButton(text), name)
        self.button.setToolTip(tooltip)
        self.button.clicked.connect(self._take)
        self.told = named(QLabel("Select a chain in the mosaic first: click it"), "warning")
        self.told.setWordWrap(True)
        self.told.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.button)
        layout.addWidget(self.told)

    def _take(self) -> None:
        chosen = self._requests.chosen_chain()
        self.told.setVisible(chosen is None)
        if chosen is not None:
            self.taken.emit(chosen)
