"""A slider for steps a second, from a slow look at each to as fast as can be."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from landscape_app.gui.widgets.naming import named

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
        self.slider = named(QSlider(Qt.Orientation.Horizontal), name)
        self.slider.setAccessibleName("Speed of the chains")
        self.slider.setToolTip(
            f"Kernel steps a second, from {slowest:g}, at which each proposal can be watched.<br>"
            "At the right end: as fast as this machine can."
        )
        self.slider.setRange(0, MARKS)
        self.label = named(QLabel(), "muted")
        self.label.setMinimumWidth(self.fontMetrics().horizontalAdvance("as fast as can be "))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(named(QLabel("Speed"), "muted"))
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
        self.label.setText("as fast as can be" if math.isinf(speed) else f"{number} steps/s")
