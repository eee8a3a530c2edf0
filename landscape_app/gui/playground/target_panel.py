"""Target of the playground's chains: one of the surfaces or the user's points, and how hot it is."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.gui.playground.worker import DEFAULT_SURFACE, PlaygroundState
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.physics.surfaces import SURFACES

POINTS = "points"
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 50.0
LEAST_FACTOR, MOST_FACTOR = 0.1, 5.0
DEFAULT_FACTOR = 0.4
"""Scott's width suits one Gaussian; shapes that a person draws would be blurred by it."""


class TargetPanel(QWidget):
    """Picker, formula, temperature, and the points.

    Signals:
        chosen: name of a surface.
        drawing: the person wants to draw points.
        widened: factor of the width of the points' Gaussians.
        heated: temperature.
    """

    chosen = Signal(str)
    drawing = Signal()
    widened = Signal(float)
    heated = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.picker = set_name(QComboBox(), "playground-target")
        self.picker.setAccessibleName("Target")
        self.picker.setToolTip(
            "The density that the chains sample. All but your own points are known in closed form."
        )
        for name, make in SURFACES.items():
            self.picker.addItem(make().label, name)
        self.picker.setCurrentIndex(self.picker.findData(DEFAULT_SURFACE))
        self.picker.activated.connect(self._on_choice)
        self.formula = set_name(QLabel(), "formula")
        self.formula.setWordWrap(True)
        self.about = set_name(QLabel(), "muted")
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.temperature_box = set_name(
            NumberBox(LEAST_TEMPERATURE, MOST_TEMPERATURE), "playground-temperature"
        )
        self.temperature_box.setAccessibleName("Temperature")
        self.temperature_box.setToolTip(
            "<b>Temperature T</b>: the chains sample exp(−U/T). Above 1 barriers are lower, below 1 higher."
        )
        self.temperature_box.setValue(1.0)
        self.temperature_box.valueChanged.connect(self.heated)
        self.draw_button = set_name(QPushButton(), "playground-draw", text="Draw your own points…")
        self.draw_button.setToolTip("Draw points, and let the chains sample their density (Ctrl+D)")
        self.draw_button.clicked.connect(self.drawing)
        self.factor_box = set_name(NumberBox(LEAST_FACTOR, MOST_FACTOR), "playground-factor")
        self.factor_box.setAccessibleName("Width of each point's Gaussian")
        self.factor_box.setToolTip(
            "By what Scott's width of each point's Gaussian is multiplied: less shows the points, more blurs them"
        )
        self.factor_box.setValue(DEFAULT_FACTOR)
        self.factor_box.valueChanged.connect(self.widened)
        self._factor_label = set_name(QLabel("Width ×"), "muted")
        form = QFormLayout()
        form.addRow(set_name(QLabel("Temperature"), "muted"), self.temperature_box)
        form.addRow(self._factor_label, self.factor_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.picker, self.formula, self.about):
            layout.addWidget(widget)
        layout.addLayout(form)
        layout.addWidget(self.draw_button)
        self._show_factor(False)

    def offer_points(self, count: int) -> None:
        """Lists the person's points among the targets, and takes them."""
        text = f"Your {count:,} points"
        index = self.picker.findData(POINTS)
        if index < 0:
            self.picker.addItem(text, POINTS)
            index = self.picker.count() - 1
        with QSignalBlocker(self.picker):
            self.picker.setItemText(index, text)
            self.picker.setCurrentIndex(index)
        self._show_factor(True)

    def show_state(self, state: PlaygroundState) -> None:
        """Says what is sampled."""
        for label, text in ((self.formula, state.formula), (self.about, state.about)):
            if label.text() != text:
                label.setText(text)
        if (
            not math.isclose(state.temperature, self.temperature_box.value())
            and not self.temperature_box.hasFocus()
        ):
            self.temperature_box.show_value(state.temperature)

    def _on_choice(self, index: int) -> None:
        name = str(self.picker.itemData(index))
        self._show_factor(name == POINTS)
        self.chosen.emit(name)

    def _show_factor(self, shown: bool) -> None:
        self.factor_box.setVisible(shown)
        self._factor_label.setVisible(shown)
