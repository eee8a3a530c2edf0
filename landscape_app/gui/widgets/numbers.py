"""Inputs of numbers: boxes, sliders with a box, sliders of speed, boxes with the range that a parameter has."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPalette, QValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import leave_by_keys, pass_undo_on
from landscape_app.language import tr

if TYPE_CHECKING:
    from landscape_app.experiments.experiment import Parameter

DIGITS = 3
"""Significant digits shown."""

MOST_DECIMALS = 8


GROUPED = re.compile(r"\D*[1-9]\d{0,2}(,\d{3})+\D*")
"""A number whose thousands are set apart, as the window writes them."""


def with_point(text: str) -> str:
    """A written number with a decimal point, where it has a comma for it.

    Example:
        >>> with_point("0,25"), with_point("-1,5 nats"), with_point("1,000"), with_point("2.5")
        ('0.25', '-1.5 nats', '1,000', '2.5')
    """
    is_decimal = text.count(",") == 1 and "." not in text and not GROUPED.fullmatch(text)
    return text.replace(",", ".") if is_decimal else text


class DecimalBox(QDoubleSpinBox):
    """A box for a number, whose decimals may be written behind a comma too."""

    def valueFromText(self, text: str) -> float:
        """The number that is written."""
        return super().valueFromText(with_point(text))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """True of numbers, with a comma or a point."""
        state, _, _ = super().validate(with_point(text), position)
        return state, text, position


class NumberBox(DecimalBox):
    """Shows three digits of a number; its steps are a tenth to a hundredth of it.

    Args:
        low: least number.
        high: largest number.
        unit: shown behind it; of whole numbers in the plural, which one of them takes off.
        whole: whether there are only whole numbers.
    """

    def __init__(self, low: float, high: float, unit: str = "", whole: bool = False) -> None:
        super().__init__()
        self._whole = whole
        self.setDecimals(0 if whole else min(MOST_DECIMALS, max(2, DIGITS - 1 - math.floor(math.log10(low)))))
        self.setRange(low, high)
        self._unit = unit
        self.setSuffix(f" {unit}" if unit else "")
        self.valueChanged.connect(self._show_unit)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setKeyboardTracking(False)
        leave_by_keys(self)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        longest = max((self.textFromValue(x) for x in (1.23, high)), key=len)
        room = QFontMetrics(self.font()).horizontalAdvance(longest + self.suffix())
        self.setFixedWidth(room + 36)

    def textFromValue(self, value: float) -> str:
        """Three significant digits, as the person's language writes them."""
        return self.locale().toString(value, "f", self._decimals(value))

    def show_live(self, live: bool) -> None:
        """Shows a number that the program changes, or lets the person change it."""
        self.setReadOnly(live)
        buttons = QAbstractSpinBox.ButtonSymbols
        self.setButtonSymbols(buttons.NoButtons if live else buttons.UpDownArrows)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if live else Qt.FocusPolicy.StrongFocus)

    def show_value(self, value: float) -> None:
        """Shows a number without a signal, and leaves the text alone where it says so already."""
        if round(value, self.decimals()) == self.value():
            return
        blocked = self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(blocked)
        self._show_unit(value)

    def _show_unit(self, value: float) -> None:
        """The unit of one thing, or of several."""
        if self._whole and self._unit:
            unit = self._unit.removesuffix("s") if round(value) == 1 else self._unit
            if self.suffix() != f" {unit}":
                blocked = self.blockSignals(True)
                self.setSuffix(f" {unit}")
                self.blockSignals(blocked)

    def _decimals(self, value: float) -> int:
        if self._whole:
            return 0
        size = math.floor(math.log10(value)) if value > 0 else 0
        return min(self.decimals(), max(0, DIGITS - 1 - size))


STEPS = 400


class NumberSlider(QWidget):
    """A slider with a numeric box, linear or logarithmic.

    Signals:
        changed: the new number.
        settled: the slider was let go.

    Args:
        name: object name of the box; the slider's is that with "-slider".
        label: for screen readers.
        limits: of the slider.
        value: at first.
        tooltip: what it is.
        logarithmic: whether equal ways along the slider are equal ratios.
        box_limits: of the box, where it takes more than the slider reaches.
        step: of the box.
    """

    changed = Signal(float)
    settled = Signal()

    def __init__(
        self,
        name: str,
        label: str,
        limits: tuple[float, float],
        value: float,
        tooltip: str,
        logarithmic: bool = False,
        box_limits: tuple[float, float] | None = None,
        step: float = 0.25,
    ) -> None:
        super().__init__()
        self.setToolTip(tooltip)
        self._limits, self._logarithmic = limits, logarithmic
        self.slider = set_name(QSlider(Qt.Orientation.Horizontal), f"{name}-slider")
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumWidth(60)
        self.box = set_name(DecimalBox(), name)
        self.set_label(label)
        self.box.setRange(*(box_limits or limits))
        self.box.setDecimals(2)
        self.box.setSingleStep(step)
        self.box.setKeyboardTracking(False)
        pass_undo_on(self.box)
        leave_by_keys(self.box)
        self.box.setValue(value)
        # As wide as a number of the slider's, however much more the box would take.
        self.box.setFixedWidth(self.fontMetrics().horizontalAdvance("−0000.00") + 34)
        self.slider.setValue(self._position(value))
        self._describe_slider()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)
        self.slider.valueChanged.connect(lambda position: self.box.setValue(self._number(position)))
        self.slider.sliderReleased.connect(self.settled)
        self.box.valueChanged.connect(self._on_value)

    @property
    def value(self) -> float:
        """The number."""
        return self.box.value()

    @property
    def limits(self) -> tuple[float, float]:
        """Range of the slider."""
        return self._limits

    @property
    def is_sliding(self) -> bool:
        """True if the number is changed with the slider, rather than with the box."""
        return self.slider.isSliderDown() or self.slider.hasFocus()

    def set_value(self, value: float) -> None:
        """Sets the number."""
        self.box.setValue(value)

    def set_label(self, label: str) -> None:
        """Takes another name for screen readers."""
        for part in (self.slider, self.box):
            part.setAccessibleName(label)

    def show_value(self, value: float) -> None:
        """Shows a number, without a signal."""
        if round(value, self.box.decimals()) == self.box.value():
            return
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self._show_position(value)

    def set_limits(self, limits: tuple[float, float]) -> None:
        """Lets the slider reach from here to there; the number stays."""
        if limits != self._limits:
            self._limits = limits
            self._show_position(self.value)

    def _on_value(self, value: float) -> None:
        if abs(self._number(self.slider.value()) - value) > 0.5 * 10.0 ** -self.box.decimals():
            self._show_position(value)
        self._describe_slider()
        self.changed.emit(value)

    def _show_position(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._position(value))
        self._describe_slider()

    def _describe_slider(self) -> None:
        """Tells screen readers the number: of a slider they say how far along it is."""
        self.slider.setAccessibleDescription(self.box.text())

    def _number(self, position: int) -> float:
        low, high = self._limits
        share = position / STEPS
        return low * (high / low) ** share if self._logarithmic else low + share * (high - low)

    def _position(self, value: float) -> int:
        low, high = self._limits
        value = min(max(value, low), high)
        share = (
            math.log(value / low) / math.log(high / low)
            if self._logarithmic
            else (value - low) / (high - low)
        )
        return round(STEPS * share)


MARKS = 100


class SpeedSlider(QWidget):
    """Steps a second on a logarithmic scale; its right end is as fast as can be.

    Args:
        name: object name of the slider.
        speed: to begin with.
        slowest: steps a second at the left end.
        fastest: steps a second at the last mark but one.

    Signals:
        changed: steps a second; infinity for as fast as can be.
    """

    changed = Signal(float)

    def __init__(self, name: str, speed: float, slowest: float = 0.5, fastest: float = 250.0) -> None:
        super().__init__()
        self._slowest, self._fastest = slowest, fastest
        self.slider = set_name(QSlider(Qt.Orientation.Horizontal), name)
        self.slider.setAccessibleName(tr("Speed of the chains"))
        self.slider.setToolTip(
            tr(
                "Kernel steps a second, from {slowest:g}, at which each proposal can be watched.<br>"
                "At the right end: as fast as this machine can.",
                slowest=slowest,
            )
        )
        self.slider.setRange(0, MARKS)
        self.label = set_name(QLabel(), "muted")
        self.label.setMinimumWidth(self.fontMetrics().horizontalAdvance(f"{tr('full speed')} "))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(set_name(QLabel(tr("Speed")), "muted"))
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.label)
        share = math.log(speed / slowest) / math.log(fastest / slowest)
        self.slider.setValue(round((MARKS - 1) * share))
        self._write(self.speed)
        self.slider.valueChanged.connect(self._on_value)

    @property
    def speed(self) -> float:
        """Steps a second."""
        value = self.slider.value()
        if value >= MARKS:
            return math.inf
        return float(self._slowest * (self._fastest / self._slowest) ** (value / (MARKS - 1)))

    def _on_value(self) -> None:
        self._write(self.speed)
        self.changed.emit(self.speed)

    def _write(self, speed: float) -> None:
        number = f"{speed:.1f}" if speed < 9.95 else f"{speed:.0f}"
        self.label.setText(tr("full speed") if math.isinf(speed) else tr("{number} steps/s", number=number))
        self.slider.setAccessibleDescription(self.label.text())


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
        self.setToolTip(f"{parameter.meaning}<br>{capitalised(parameter.allowed)}")

    @property
    def value(self) -> float | None:
        """The number, None while the text is none that is allowed."""
        return None if self.complaint else self._number

    @property
    def complaint(self) -> str:
        """Complaint; empty for none."""
        number = self._number
        try:
            self.parameter.check(math.nan if number is None else number)
        except ValueError:
            return tr("Needs {allowed}", allowed=self.parameter.allowed).replace(" from ", "\nfrom ")
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
        number, known = self.locale().toDouble(with_point(self.text().strip()))
        return float(number) if known and math.isfinite(number) else None


BOX_WIDTH = 118
"""Of a number in a form, in pixels."""


class FormField(QWidget):
    """A box to write in, its name before it, and below it what is wrong with what is written.

    Args:
        name: of what is written.
        label: for people.
        box: the box.
        width: of the box.

    Signals:
        changed: the text is another.
    """

    changed = Signal()

    def __init__(self, name: str, label: str, box: QWidget, width: int) -> None:
        super().__init__()
        box.setFixedWidth(width)
        self._box = box
        self.label = QLabel(label)
        self.label.setBuddy(box)
        self.label.setToolTip(box.toolTip())
        self.complaint = set_name(QLabel(), f"complaint-{name}")
        self.complaint.setProperty("kind", "complaint")
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        row = QHBoxLayout()
        row.addWidget(self.label, 1)
        row.addWidget(box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.complaint)

    def complain(self, text: str) -> None:
        """Says what is wrong, or that nothing is."""
        self.complaint.setText(f"⚠ {text}" if text else "")
        self.complaint.setVisible(bool(text))
        self._box.setAccessibleDescription(text)


class NumberField(FormField):
    """A number.

    Args:
        parameter: what it is.
    """

    def __init__(self, parameter: Parameter) -> None:
        box = ParameterBox(parameter)
        super().__init__(parameter.name, parameter.label, box, BOX_WIDTH)
        self.box = box
        self.box.changed.connect(self._check)

    @property
    def value(self) -> int | None:
        """The number; None while the text is none that is allowed."""
        return None if self.box.value is None else int(self.box.value)

    def show_value(self, value: float) -> None:
        """Shows a number without a signal."""
        with QSignalBlocker(self):
            self.box.set_value(value)

    def complain(self, text: str) -> None:
        """Says what is wrong, also by the box's colour."""
        super().complain(text)
        self.box.show_wrong(bool(text))

    def _check(self) -> None:
        self.complain(self.box.complaint)
        self.changed.emit()
