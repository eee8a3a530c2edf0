"""A box for a number that takes any text, and says at once what is wrong with it."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette, QValidator
from PySide6.QtWidgets import QAbstractSpinBox

from landscape_app.experiments.parameter import Parameter


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
