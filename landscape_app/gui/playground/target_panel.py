"""Target of the playground's chains: one of the surfaces, the user's points or energy, and how hot it is."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.counting import counted
from landscape_app.gui.playground.worker import DEFAULT_SURFACE, PlaygroundState
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.formula_field import FormulaField
from landscape_app.gui.widgets.numbers import NumberBox
from landscape_app.language import tr
from landscape_app.physics.surfaces import SURFACES

POINTS, FORMULA, CODE = "points", "formula", "file"
"""Targets of the user's own."""

FIRST_FORMULA = "x**4 - x**2 + y**2"
DEFAULT_WALL, LEAST_WALL, MOST_WALL = 3.0, 0.1, 100.0
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 50.0
LEAST_FACTOR, MOST_FACTOR = 0.1, 5.0
DEFAULT_FACTOR = 0.4
"""Scott's width suits one Gaussian; shapes that a person draws would be blurred by it."""


class TargetPanel(QWidget):
    """Picker, formula, temperature, and the points.

    Signals:
        chosen: name of a surface.
        written: formula of the user's own, and where the walls of its box are, ±.
        file_wanted: the person wants to choose a Python file.
        widened_box: the walls of the Python file's box, ±.
        drawing: the person wants to draw points.
        widened: factor of the width of the points' Gaussians.
        heated: temperature.
    """

    chosen = Signal(str)
    written = Signal(str, float)
    file_wanted = Signal()
    widened_box = Signal(float)
    drawing = Signal()
    widened = Signal(float)
    heated = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.picker = set_name(ChoiceBox(), "playground-target")
        self.picker.setAccessibleName(tr("Target"))
        self.picker.setToolTip(
            tr(
                "The density that the chains sample: surfaces that are known in closed form, or an energy of your "
                "own, whose exact means come from quadrature."
            )
        )
        for name, make in SURFACES.items():
            self.picker.addItem(make().label, name)
        self.picker.insertSeparator(self.picker.count())
        self.picker.addItem(tr("Formula"), FORMULA)
        self.picker.addItem(tr("Python file"), CODE)
        self.picker.setCurrentIndex(self.picker.findData(DEFAULT_SURFACE))
        self.picker.activated.connect(self._on_choice)
        self.formula_field = FormulaField("playground-formula", FIRST_FORMULA, 2)
        self.formula_field.taken.connect(lambda _: self._write())
        self.wall_box = set_name(NumberBox(LEAST_WALL, MOST_WALL), "playground-wall")
        self.wall_box.setAccessibleName(tr("Walls of the box"))
        self.wall_box.setToolTip(
            tr(
                "<b>Walls</b> of the box, in the units of x and y: your energy is sampled from minus this to plus "
                "this"
            )
        )
        self.wall_box.setValue(DEFAULT_WALL)
        self.wall_box.valueChanged.connect(self._on_wall)
        self._wall_label = set_name(QLabel(tr("Walls at ±")), "muted")
        self.file_button = set_name(QPushButton(), "playground-file", text=tr("Choose a Python file…"))
        self.file_button.setToolTip(
            tr(
                "A file with a torch function energy(x): x of shape (batch, 2) to nats, shape (batch,). It is "
                "shown before it runs; until then the last target goes on"
            )
        )
        self.file_button.clicked.connect(self.file_wanted)
        self.formula = set_name(QLabel(), "formula")
        self.formula.setWordWrap(True)
        self.about = set_name(QLabel(), "muted")
        self.about.setWordWrap(True)
        self.about.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self.temperature_box = set_name(
            NumberBox(LEAST_TEMPERATURE, MOST_TEMPERATURE), "playground-temperature"
        )
        self.temperature_box.setAccessibleName(tr("Temperature"))
        self.temperature_box.setToolTip(
            tr(
                "<b>Temperature T</b>: the chains sample exp(−U/T). Above 1 barriers are lower, below 1 higher."
            )
        )
        self.temperature_box.setValue(1.0)
        self.temperature_box.valueChanged.connect(self.heated)
        self.draw_button = set_name(QPushButton(), "playground-draw", text=tr("Draw your own points…"))
        self.draw_button.setToolTip(tr("Draw points, and let the chains sample their density (Ctrl+D)"))
        self.draw_button.clicked.connect(self.drawing)
        self.factor_box = set_name(NumberBox(LEAST_FACTOR, MOST_FACTOR), "playground-factor")
        self.factor_box.setAccessibleName(tr("Width of each point's Gaussian"))
        self.factor_box.setToolTip(
            tr(
                "By what Scott's width of each point's Gaussian is multiplied: less shows the points, more blurs "
                "them"
            )
        )
        self.factor_box.setValue(DEFAULT_FACTOR)
        self.factor_box.valueChanged.connect(self.widened)
        self._factor_label = set_name(QLabel(tr("Width ×")), "muted")
        form = QFormLayout()
        form.addRow(set_name(QLabel(tr("Temperature")), "muted"), self.temperature_box)
        form.addRow(self._factor_label, self.factor_box)
        form.addRow(self._wall_label, self.wall_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.picker, self.formula_field, self.file_button, self.formula, self.about):
            layout.addWidget(widget)
        layout.addLayout(form)
        layout.addWidget(self.draw_button)
        self._show_controls()

    def offer_points(self, count: int) -> None:
        """Lists the person's points among the targets, and takes them."""
        text = tr("Your {points}", points=counted(count, "point"))
        index = self.picker.findData(POINTS)
        if index < 0:
            self.picker.addItem(text, POINTS)
            index = self.picker.count() - 1
        with QSignalBlocker(self.picker):
            self.picker.setItemText(index, text)
            self.picker.setCurrentIndex(index)
        self._show_controls()

    def offer_code(self, name: str) -> None:
        """Names the Python file that is sampled in the list of targets."""
        self.picker.setItemText(self.picker.findData(CODE), tr("Python file: {name}", name=name))

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
        self._show_controls()
        if name == FORMULA:
            self._write()
        elif name == CODE:
            self.widened_box.emit(self.wall_box.value())
        else:
            self.chosen.emit(name)

    def _write(self) -> None:
        self.written.emit(self.formula_field.text, self.wall_box.value())

    def _on_wall(self, wall: float) -> None:
        if self.picker.currentData() == FORMULA:
            self._write()
        else:
            self.widened_box.emit(wall)

    def _show_controls(self) -> None:
        """Shows what can be set of the target that is chosen."""
        name = self.picker.currentData()
        self.formula_field.setVisible(name == FORMULA)
        self.file_button.setVisible(name == CODE)
        for widgets, shown in (
            ((self.factor_box, self._factor_label), name == POINTS),
            ((self.wall_box, self._wall_label), name in (FORMULA, CODE)),
        ):
            for widget in widgets:
                widget.setVisible(shown)
