"""Controls of the import dialog: numbers that say what is wrong with them, and choices, each under its name."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from landscape_app.experiments.parameter import Parameter
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.parameter_box import ParameterBox

BOX_WIDTH, LIST_WIDTH = 118, 212


@dataclass(frozen=True)
class EvenNumber(Parameter):
    """An even whole number: a side of an image, which is averaged over 2 × 2 pixels."""

    def check(self, value: float) -> None:
        """Refuses a value.

        Raises:
            ValueError: it is out of range, or not even; with the range.
        """
        super().check(value)
        if value % 2:
            raise ValueError(f"{self.name} must be {self.allowed}, got {value:g}")

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        return f"an even number from {int(self.low):,} to {int(self.high):,}"


def whole(name: str, label: str, default: float, low: float, high: float, meaning: str) -> Parameter:
    """A whole number to choose."""
    return Parameter(name, label, default, default, low, high, meaning)


class NumberField(QWidget):
    """A number, its name before it, and below it what is wrong with it.

    Args:
        parameter: what it is.

    Signals:
        changed: the text is another.
    """

    changed = Signal()

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.box = ParameterBox(parameter)
        self.box.setFixedWidth(BOX_WIDTH)
        self.label = QLabel(parameter.label)
        self.label.setBuddy(self.box)
        self.label.setToolTip(self.box.toolTip())
        self.complaint = named(QLabel(), f"complaint-{parameter.name}")
        self.complaint.setProperty("kind", "complaint")
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        line = QHBoxLayout()
        line.addWidget(self.label, 1)
        line.addWidget(self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.complaint)
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
        """Says what is wrong, or that nothing is."""
        self.complaint.setText(f"⚠ {text}" if text else "")
        self.complaint.setVisible(bool(text))
        self.box.setAccessibleDescription(text)
        self.box.show_wrong(bool(text))

    def _check(self) -> None:
        self.complain(self.box.complaint)
        self.changed.emit()


class ChoiceField(QWidget):
    """One of a few, its name before it.

    Args:
        name: object name of the box.
        label: its name.
        tooltip: what it means.

    Signals:
        changed: another was chosen.
    """

    changed = Signal()

    def __init__(self, name: str, label: str, tooltip: str) -> None:
        super().__init__()
        self.box = named(QComboBox(), name)
        self.box.setAccessibleName(label)
        self.box.setToolTip(tooltip)
        self.box.setFixedWidth(LIST_WIDTH)
        text = QLabel(label)
        text.setBuddy(self.box)
        text.setToolTip(tooltip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(text, 1)
        layout.addWidget(self.box)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> str:
        """What is chosen."""
        return str(self.box.currentData())

    def offer(self, choices: dict[str, str], chosen: str) -> None:
        """Offers choices, a text for each value, without a signal."""
        with QSignalBlocker(self.box):
            self.box.clear()
            for value, text in choices.items():
                self.box.addItem(text, value)
            self.box.setCurrentIndex(self.box.findData(chosen))
