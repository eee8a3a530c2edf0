"""The parameters of an experiment: boxes that take any text, and say at once what is wrong with it."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.experiments import Experiment, Parameter, Values, describe_minutes
from landscape_app.gui.widgets.naming import named


class ParameterBox(QAbstractSpinBox):
    """A number that is typed, or stepped by a tenth of its leading digit.

    Unlike Qt's own boxes it lets a wrong number stand, so that what is wrong with it can be said.

    Args:
        parameter: what it is.

    Signals:
        changed: the text is another.
    """

    changed = Signal()

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self.setObjectName(f"parameter-{parameter.name}")
        self.setAccessibleName(parameter.label)
        self._say_meaning()
        self.lineEdit().textChanged.connect(lambda _: self.changed.emit())
        self.set_value(parameter.default)

    def limit(self, high: float) -> None:
        """Allows no more than so much from now on."""
        default = min(self.parameter.default, high)
        self.parameter = replace(self.parameter, default=default, high=high)
        self._say_meaning()

    def _say_meaning(self) -> None:
        parameter = self.parameter
        self.setToolTip(f"{parameter.meaning}<br>{parameter.allowed[:1].upper()}{parameter.allowed[1:]}")

    @property
    def value(self) -> float | None:
        """The number, None while the text is none that is allowed."""
        return None if self.complaint else self._number

    @property
    def complaint(self) -> str:
        """What is wrong, empty for nothing."""
        number = self._number
        try:
            self.parameter.check(math.nan if number is None else number)
        except ValueError:
            return f"Needs {self.parameter.allowed.replace(' from ', chr(10) + 'from ')}"
        return ""

    def set_value(self, value: float) -> None:
        """Shows a number."""
        if self.parameter.whole:
            self.lineEdit().setText(self.locale().toString(int(value)))
        else:
            self.lineEdit().setText(f"{value:g}".replace(".", self.locale().decimalPoint()))

    def show_wrong(self, wrong: bool) -> None:
        """Marks the text as one that cannot stand, or as one that can."""
        palette = QPalette()
        if wrong:
            palette.setColor(QPalette.ColorRole.Text, palette.color(QPalette.ColorRole.BrightText))
        self.lineEdit().setPalette(palette)

    def stepBy(self, steps: int) -> None:
        """Steps within the range; from a text that is no number, to the default."""
        number = self._number
        if number is None:
            self.set_value(self.parameter.default)
            return
        size = 10.0 ** (math.floor(math.log10(abs(number))) - 1) if number else 1.0
        step = max(1.0, size) if self.parameter.whole else size
        stepped = round((number + steps * step) / step) * step
        self.set_value(min(max(stepped, self.parameter.low), self.parameter.high))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways, but for the ends of the range."""
        flags, number = QAbstractSpinBox.StepEnabledFlag, self._number
        down = flags.StepDownEnabled if number is None or number > self.parameter.low else flags.StepNone
        up = flags.StepUpEnabled if number is None or number < self.parameter.high else flags.StepNone
        return down | up

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Any text may stand."""
        return QValidator.State.Acceptable, text, position

    @property
    def _number(self) -> float | None:
        number, known = self.locale().toDouble(self.text().strip())
        return float(number) if known and math.isfinite(number) else None


class ParameterForm(QWidget):
    """All parameters of an experiment, and the two settings they come from.

    Args:
        experiment: whose.

    Signals:
        changed: a parameter is another.
        submitted: Return was pressed in a box.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment
        self.quick = self._setting("quick", "Quick", experiment.minutes[0], "The quick setting")
        self.full = self._setting("full", "Full", experiment.minutes[1], "The paper's scale")
        self._scales = QButtonGroup(self)
        for i, button in enumerate((self.quick, self.full)):
            self._scales.addButton(button, i)
        self._scales.idClicked.connect(self._choose_scale)
        self.quick.setChecked(True)
        self.boxes = [ParameterBox(parameter) for parameter in experiment.parameters]
        self.complaints = [_complaint(parameter) for parameter in experiment.parameters]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.quick, 1)
        row.addWidget(self.full, 1)
        layout.addLayout(row)
        layout.addSpacing(4)
        for box, complaint in zip(self.boxes, self.complaints, strict=True):
            label = QLabel(box.parameter.label)
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            line = QHBoxLayout()
            line.addWidget(label, 1)
            box.setFixedWidth(118)
            line.addWidget(box)
            layout.addLayout(line)
            layout.addWidget(complaint)
            box.changed.connect(self._check)
        self._check()

    @property
    def values(self) -> dict[str, float] | None:
        """All parameters, None while one is wrong."""
        chosen = {box.parameter.name: box.value for box in self.boxes}
        known = {name: value for name, value in chosen.items() if value is not None}
        return known if len(known) == len(chosen) else None

    def box(self, name: str) -> ParameterBox:
        """The box of a parameter."""
        return next(box for box in self.boxes if box.parameter.name == name)

    def set_values(self, values: Values) -> None:
        """Shows parameters, such as those of a result."""
        for box in self.boxes:
            if box.parameter.name in values:
                box.set_value(values[box.parameter.name])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return runs the experiment."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
            return
        super().keyPressEvent(event)

    def _setting(self, name: str, title: str, minutes: float, tooltip: str) -> QPushButton:
        button = named(QPushButton(f"{title} · {describe_minutes(minutes)}"), f"scale-{name}")
        button.setCheckable(True)
        button.setAccessibleName(f"{tooltip}, about {describe_minutes(minutes)}")
        button.setToolTip(f"{tooltip}: about {describe_minutes(minutes)} on two cores. The seed stays")
        return button

    def _choose_scale(self, index: int) -> None:
        for box in self.boxes:
            if box.parameter.name != "seed":
                box.set_value(box.parameter.full if index else box.parameter.default)

    def _check(self) -> None:
        for box, complaint in zip(self.boxes, self.complaints, strict=True):
            text = box.complaint
            if box.accessibleDescription() != text:
                complaint.setText(f"⚠ {text}" if text else "")
                complaint.setVisible(bool(text))
                box.setAccessibleDescription(text)
                box.show_wrong(bool(text))
        self._mark_scale()
        self.changed.emit()

    def _mark_scale(self) -> None:
        """Shows which setting the numbers are, if either."""
        others = [box for box in self.boxes if box.parameter.name != "seed"]
        quick = all(box.value == box.parameter.default for box in others)
        full = not quick and all(box.value == box.parameter.full for box in others)
        with QSignalBlocker(self._scales):
            self._scales.setExclusive(False)
            self.quick.setChecked(quick)
            self.full.setChecked(full)
            self._scales.setExclusive(True)


def _complaint(parameter: Parameter) -> QLabel:
    label = named(QLabel(), f"complaint-{parameter.name}")
    label.setProperty("kind", "complaint")
    label.hide()
    return label
