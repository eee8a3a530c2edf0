"""The parameters of an experiment, all of them in boxes that say at once what is wrong, and its two settings."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QWidget

from landscape_app.counting import describe_minutes
from landscape_app.experiments import Experiment, Values
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import NumberField, ParameterBox
from landscape_app.language import tr

FIELD_WIDTH, BETWEEN = 230, 20
"""Least width of a parameter with its name, and between two of them, in pixels."""


class ParameterForm(QWidget):
    """All parameters of an experiment, in as many columns as there is room for, and the two settings they come from.

    Args:
        experiment: whose.

    Attributes:
        quick, full: buttons of the two settings, which stand beside the form.

    Signals:
        changed: a parameter is another.
        submitted: Return was pressed in a box.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment
        self.quick = self._setting("quick", tr("Quick"), experiment.minutes[0], tr("The quick setting"))
        self.full = self._setting("full", tr("Full"), experiment.minutes[1], tr("The paper's scale"))
        self._scales = QButtonGroup(self)
        for i, button in enumerate((self.quick, self.full)):
            self._scales.addButton(button, i)
        self._scales.idClicked.connect(self._choose_scale)
        self.quick.setChecked(True)
        fields = [NumberField(parameter) for parameter in experiment.parameters]
        self.boxes = [field.box for field in fields]
        self.complaints = [field.complaint for field in fields]
        self._fields = fields
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(BETWEEN)
        self._grid.setVerticalSpacing(4)
        for field in fields:
            field.changed.connect(self._on_change)
        self._arrange(1)
        self._mark_scale()

    def minimumSizeHint(self) -> QSize:
        """As narrow as one column."""
        return QSize(FIELD_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes as many columns as there is room for."""
        super().resizeEvent(event)
        self._arrange(max(1, (self.width() + BETWEEN) // (FIELD_WIDTH + BETWEEN)))

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for index, field in enumerate(self._fields):
            self._grid.addWidget(field, *divmod(index, columns), Qt.AlignmentFlag.AlignTop)
        for column in range(len(self._fields)):
            self._grid.setColumnStretch(column, int(column < columns))

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
        button = set_name(QPushButton(f"{title} · {describe_minutes(minutes)}"), f"scale-{name}")
        button.setCheckable(True)
        button.setAccessibleName(
            tr("{setting}, about {minutes}", setting=tooltip, minutes=describe_minutes(minutes))
        )
        button.setToolTip(
            tr(
                "{setting}: about {minutes} on two cores. The seed stays",
                setting=tooltip,
                minutes=describe_minutes(minutes),
            )
        )
        return button

    def _choose_scale(self, index: int) -> None:
        for box in self.boxes:
            if box.parameter.name != "seed":
                box.set_value(box.parameter.full if index else box.parameter.default)

    def _on_change(self) -> None:
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
