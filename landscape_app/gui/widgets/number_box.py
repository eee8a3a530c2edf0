"""A box for a positive number of any size, which also shows one that moves by itself."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox

DIGITS = 3
"""Significant digits shown."""

MOST_DECIMALS = 8


class NumberBox(QDoubleSpinBox):
    """Shows three digits of a number; its steps are a tenth to a hundredth of it.

    Args:
        low: least number.
        high: largest number.
        unit: shown behind it.
        whole: whether there are only whole numbers.
    """

    def __init__(self, low: float, high: float, unit: str = "", whole: bool = False) -> None:
        super().__init__()
        self._whole = whole
        self.setDecimals(0 if whole else min(MOST_DECIMALS, max(2, DIGITS - 1 - math.floor(math.log10(low)))))
        self.setRange(low, high)
        self.setSuffix(f" {unit}" if unit else "")
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setKeyboardTracking(False)
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

    def _decimals(self, value: float) -> int:
        if self._whole:
            return 0
        size = math.floor(math.log10(value)) if value > 0 else 0
        return min(self.decimals(), max(0, DIGITS - 1 - size))
