"""A slider with a numeric box."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget

from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.undo_keys import pass_undo_on

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
        self.slider = named(QSlider(Qt.Orientation.Horizontal), f"{name}-slider")
        self.slider.setAccessibleName(label)
        self.slider.setRange(0, STEPS)
        self.slider.setMinimumWidth(60)
        self.box = named(QDoubleSpinBox(), name)
        self.box.setAccessibleName(label)
        self.box.setRange(*(box_limits or limits))
        self.box.setDecimals(2)
        self.box.setSingleStep(step)
        self.box.setKeyboardTracking(False)
        pass_undo_on(self.box)
        self.box.setValue(value)
        # As wide as a number of the slider's, however much more the box would take.
        self.box.setFixedWidth(self.fontMetrics().horizontalAdvance("−0000.00") + 34)
        self.slider.setValue(self._position(value))
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
        """What the slider reaches."""
        return self._limits

    @property
    def is_sliding(self) -> bool:
        """Whether the number is changed with the slider, rather than with the box."""
        return self.slider.isSliderDown() or self.slider.hasFocus()

    def set_value(self, value: float) -> None:
        """Sets the number."""
        self.box.setValue(value)

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
        self.changed.emit(value)

    def _show_position(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._position(value))

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
