"""Controls of fixed columns: a column and its value, row by row."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from landscape_app.data import ColumnMeaning
from landscape_app.gui.state import Facts
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import DecimalBox
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.physics.fields import Field, FixedColumns
from landscape_app.session.conditioning import in_words, place_of, site_of

DIGITS = 3
"""Of a number, beyond those of the spread of its column."""

REACH = 10.0
"""Ranges of the data beyond which no number can be fixed."""

SHORTEST = 6
"""Letters of a name that a box has room for."""


class ColumnNumber(DecimalBox):
    """A number of a column in the unit of the file; a date as a date."""

    def __init__(self) -> None:
        super().__init__()
        self._column = ColumnMeaning("")
        self.setKeyboardTracking(False)

    def show_value(self, column: ColumnMeaning, data: np.ndarray, value: float) -> None:
        """Shows a value, in a range about that of a column's data, shape (n,)."""
        self._column = column
        low, high, spread = float(data.min()), float(data.max()), float(data.std())
        least = low if column.is_log else spread
        self.setDecimals(max(0, DIGITS - 1 - math.floor(math.log10(max(least, 1e-12)))))
        if column.is_log:
            ends = low / REACH**DIGITS, high * REACH**DIGITS
        else:
            room = REACH * max(high - low, 1e-12)
            ends = low - room, high + room
        self.setRange(min(ends[0], value), max(ends[1], value))
        steps = QAbstractSpinBox.StepType
        by_days = column.is_date and column.scale >= 1
        self.setStepType(steps.DefaultStepType if by_days else steps.AdaptiveDecimalStepType)
        self.setValue(value)

    def textFromValue(self, value: float) -> str:
        """The number, or the date."""
        return self._column.text_in_unit(value) if self._column.is_date else super().textFromValue(value)

    def valueFromText(self, text: str) -> float:
        """The number, or the date in days since 1970."""
        if not self._column.is_date:
            return super().valueFromText(text)
        return float(self._column.in_unit(self._column.number_of(text)))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Lets dates be written."""
        if not self._column.is_date:
            return super().validate(text, position)
        try:
            self._column.number_of(text)
        except ValueError:
            return QValidator.State.Intermediate, text, position
        return QValidator.State.Acceptable, text, position


class FixedColumn(QWidget):
    """A column that is fixed, and its value.

    Signals:
        changed: column or value is another; True where more of the same gesture may follow.
        settled: a number is complete.
        removed: the column is to be free.

    Args:
        facts: of the session, whose columns are offered.
        number: of the row, from 0.
    """

    changed = Signal(bool)
    settled = Signal()
    removed = Signal()

    def __init__(self, facts: Facts, number: int) -> None:
        super().__init__()
        self._facts = facts
        self.column = set_name(ChoiceBox(), f"fixed-column-{number}")
        self.column.setAccessibleName(tr("Fixed column {number}", number=number + 1))
        self.column.setToolTip(
            wrapped(tr("Column that has one value in every chain; the model draws the others given it"))
        )
        self.column.addItems([column.name for column in facts.columns])
        self.number = set_name(ColumnNumber(), f"fixed-number-{number}")
        self.word = set_name(ChoiceBox(), f"fixed-word-{number}")
        for box in (self.column, self.word):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(SHORTEST)
        for widget in (self.number, self.word):
            widget.setAccessibleName(tr("Value of fixed column {number}", number=number + 1))
            widget.setToolTip(tr("Its value in every chain, in the unit of the data"))
        self._values = QStackedWidget()
        self._values.addWidget(self.number)
        self._values.addWidget(self.word)
        self.free = set_name(QPushButton("×"), f"fixed-free-{number}")
        self.free.setAccessibleName(tr("Free column {number}", number=number + 1))
        self.free.setToolTip(tr("Lets the model draw this column again"))
        self.free.setFixedWidth(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.column, 1)
        row.addWidget(set_name(QLabel("="), "muted"))
        row.addWidget(self._values, 1)
        row.addWidget(self.free)
        self.column.activated.connect(self._take_column)
        self.word.activated.connect(lambda _: self.changed.emit(False))
        self.number.valueChanged.connect(lambda _: self.changed.emit(True))
        self.number.editingFinished.connect(self.settled)
        self.free.clicked.connect(self.removed)

    @property
    def value(self) -> tuple[int, float]:
        """Column and value, as the field has them."""
        index = self.column.currentIndex()
        column = self._facts.columns[index]
        if column.values:
            return index, site_of(column, self._facts.space, self.word.currentIndex())
        return index, float(column.from_unit(self.number.value()))

    def show_value(self, index: int, value: float) -> None:
        """Shows a column and its value, without a signal."""
        column = self._facts.columns[index]
        with QSignalBlocker(self.column), QSignalBlocker(self.word), QSignalBlocker(self.number):
            self.column.setCurrentIndex(index)
            self._values.setCurrentWidget(self.word if column.values else self.number)
            if column.values:
                self.word.clear()
                self.word.addItems(column.values)
                self.word.setCurrentIndex(round(place_of(column, self._facts.space, value)))
                return
            self.number.show_value(column, self._facts.counted_items[:, index], float(column.in_unit(value)))

    def _take_column(self, index: int) -> None:
        self.show_value(index, usual_value(self._facts, index))
        self.changed.emit(False)


def usual_value(facts: Facts, index: int) -> float:
    """The median of a number, or the commonest value of a category, as items have it."""
    data = facts.counted_items[:, index]
    if not facts.columns[index].values:
        return float(facts.columns[index].from_unit(np.median(data)))
    values, counts = np.unique(data, return_counts=True)
    return float(values[counts.argmax()])


class ColumnControls(FieldControls):
    """The columns that are fixed, and a button for one more."""

    field_type = FixedColumns
    title = tr("Fixed columns")
    meaning = tr("Give columns a value, such as age = 40; the model draws the others given these")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._facts = context.facts
        self._field = FixedColumns()
        self.rows: list[FixedColumn] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self.more = set_name(QPushButton(tr("Fix another column")), "columns-more")
        self.more.setToolTip(
            wrapped(
                tr(
                    "Chains have the values in every fixed column, and follow the law of the others given these: "
                    "P(free | fixed) ∝ q(free | fixed) exp(−H). One column at least stays free"
                )
            )
        )
        self.more.clicked.connect(self._add)
        self.body.addLayout(self._list)
        self.body.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    @classmethod
    def new_field(cls, context: FieldContext) -> Field:
        """The first column at its usual value.

        Raises:
            ValueError: there is no session.
        """
        if context.facts is None:
            raise ValueError(tr("there are no columns yet; open a run first"))
        return _told(context.facts, ((0, usual_value(context.facts, 0)),))

    def show_field(self, field: Field) -> None:
        """Shows a row for every fixed column."""
        assert isinstance(field, FixedColumns)
        self._field = field
        self._show()

    def show_context(self, context: FieldContext) -> None:
        """Takes the columns of the run."""
        if context.facts is not self._facts:
            self._facts = context.facts
            while self.rows:
                self._drop()
            self._show()

    def _show(self) -> None:
        facts = self._facts
        if facts is None:
            return
        known = [(column, value) for column, value in self._field.columns if column < len(facts.columns)]
        while len(self.rows) > len(known):
            self._drop()
        while len(self.rows) < len(known):
            row = FixedColumn(facts, len(self.rows))
            row.changed.connect(self._on_row)
            row.settled.connect(self.settled)
            row.removed.connect(lambda row=row: self._free(row))
            self.rows.append(row)
            self._list.addWidget(row)
        for row, (column, value) in zip(self.rows, known, strict=True):
            if row.value != (column, value) or row.column.count() == 0:
                row.show_value(column, value)
        self.more.setEnabled(len(known) + 1 < len(facts.columns))

    def _drop(self) -> None:
        row = self.rows.pop()
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _add(self) -> None:
        if self._facts is None:
            return
        taken = {column for column, _ in self._field.columns}
        column = next(i for i in range(len(self._facts.columns)) if i not in taken)
        self._choose((*self._field.columns, (column, usual_value(self._facts, column))), "")

    def _free(self, row: FixedColumn) -> None:
        index = self.rows.index(row)
        self._choose(tuple(one for i, one in enumerate(self._field.columns) if i != index), "")

    def _on_row(self, going_on: bool) -> None:
        sender = self.sender()
        assert isinstance(sender, FixedColumn)
        # A column that another row has already is freed there.
        kept = [row.value for row in self.rows if row is sender or row.value[0] != sender.value[0]]
        self._choose(tuple(kept), "column value" if going_on else "")

    def _choose(self, columns: tuple[tuple[int, float], ...], gesture: str) -> None:
        if self._facts is None:
            return
        field = _told(self._facts, columns)
        self.show_field(field)
        self.changed.emit(field, gesture)


def _told(facts: Facts, columns: tuple[tuple[int, float], ...]) -> FixedColumns:
    return in_words(FixedColumns(columns), facts.columns, facts.space)


CONTROLS: tuple[type[FieldControls], ...] = (ColumnControls,)
