"""Controls of a class condition: one of some classes, all or none of them, and in what shares."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.steering.targets import ClassButtons
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import leave_by_keys, pass_undo_on
from landscape_app.gui.widgets.numbers import DecimalBox
from landscape_app.gui.widgets.paragraph import shortened
from landscape_app.language import tr
from landscape_app.physics.fields import ALL_OF, MODES, NONE_OF, ONE_OF, ClassCondition, Field

LEAST_SHARE = 1.0
"""Per cent."""

COLUMNS = 10

LONGEST_NAME = 10
"""Characters of a class's name beside its share."""

SHARE_COLUMNS = 2

MEANINGS = {
    ONE_OF: tr("one of (OR)"),
    ALL_OF: tr("all of (AND)"),
    NONE_OF: tr("none of (NOT)"),
}


class ClassControls(FieldControls):
    """Mode, a button for each class, and the shares of a mixture."""

    field_type = ClassCondition
    title = tr("Condition on classes")
    meaning = tr("One of, all of or none of some classes")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._names = context.class_names
        self._field = ClassCondition((0,)).named(self._names)
        self.mode = set_name(ChoiceBox(), "class-mode")
        self.mode.setAccessibleName(tr("How the classes are combined"))
        self.mode.setToolTip(
            tr(
                "<b>one of</b>: a mixture of the classes, in the shares below.<br><b>all of</b>: images that pass "
                "for each of them, V the sum of theirs.<br><b>none of</b>: any other class."
            )
        )
        for mode in MODES:
            self.mode.addItem(MEANINGS[mode], mode)
        self.mode.activated.connect(lambda _: self._choose(self._field.classes))
        self.body.addWidget(self.mode)
        self._grid = ClassButtons(self._make, COLUMNS)
        self._grid.show_names(self._names)
        self.body.addWidget(self._grid)
        self._shares = QWidget()
        self._share_grid = QGridLayout(self._shares)
        self._share_grid.setContentsMargins(0, 0, 0, 0)
        self._share_grid.setSpacing(4)
        self.shares: dict[int, DecimalBox] = {}
        """Boxes of the shares in per cent, by class; empty where there is nothing to share."""
        self.body.addWidget(self._shares)
        self.show_field(self._field)

    @classmethod
    def new_field(cls, context: FieldContext) -> ClassCondition:
        """3 or 8, where the data have these classes."""
        return ClassCondition(tuple(c for c in (3, 8) if c < context.classes) or (0,))

    @property
    def buttons(self) -> list[QPushButton]:
        """Those of the classes."""
        return self._grid.buttons

    def _make(self, c: int, name: str) -> QPushButton:
        button = set_name(QPushButton(), f"class-{c}")
        button.setAccessibleName(tr("Class {name}", name=name))
        button.setToolTip(tr("Class {name} takes part, or not", name=escape(name)))
        button.setCheckable(True)
        button.setProperty("small", True)
        button.setMinimumSize(20, 28)
        button.clicked.connect(lambda _=False: self._on_button(c))
        return button

    def show_field(self, field: Field) -> None:
        """Sets the controls to a condition."""
        assert isinstance(field, ClassCondition)
        field = field.named(self._names)
        self._field = field
        self.mode.setCurrentIndex(MODES.index(field.mode))
        for c, button in enumerate(self.buttons):
            button.setChecked(c in field.classes)
        shared = field.classes if field.mode == ONE_OF and len(field.classes) > 1 else ()
        if tuple(self.shares) != shared:
            self._build_shares(shared)
        whole = sum(field.weights.values())
        for c, box in self.shares.items():
            with QSignalBlocker(box):
                box.setValue(100 * field.weights[c] / whole)

    def show_context(self, context: FieldContext) -> None:
        """Offers classes once there is a network that knows them."""
        self._names = context.class_names
        if self._grid.show_names(self._names):
            self._build_shares(())
            self.show_field(self._field)
        for button in self.buttons:
            button.setEnabled(context.accuracy is not None)

    def _on_button(self, c: int) -> None:
        chosen = set(self._field.classes) ^ {c}
        most = len(self.buttons) - (self.mode.currentData() == NONE_OF)
        if not 1 <= len(chosen) <= most:
            self.buttons[c].setChecked(c in self._field.classes)
            return
        self._choose(tuple(sorted(chosen)))

    def _choose(self, classes: tuple[int, ...]) -> None:
        """Another mode or other classes: shares begin anew, as they are of what they were set for."""
        mode = self.mode.currentData()
        if mode == NONE_OF and len(classes) == len(self.buttons):
            classes = classes[:-1]
        field = ClassCondition(classes, mode).named(self._names)
        self.show_field(field)
        self.changed.emit(field, "")

    def _build_shares(self, classes: tuple[int, ...]) -> None:
        while (item := self._share_grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.shares = {}
        for i, c in enumerate(classes):
            box = set_name(DecimalBox(), f"share-{c}")
            name = self._names[c] if c < len(self._names) else str(c)
            box.setAccessibleName(tr("Share of class {name}", name=name))
            box.setToolTip(
                tr(
                    "How many of the chains are to be {name}; the other shares make up the rest to 100%",
                    name=escape(name),
                )
            )
            box.setRange(LEAST_SHARE, 100 - LEAST_SHARE * (len(classes) - 1))
            box.setDecimals(0)
            box.setSingleStep(5)
            box.setSuffix("%")
            box.setKeyboardTracking(False)
            pass_undo_on(box)
            leave_by_keys(box)
            box.valueChanged.connect(lambda value, c=c: self._on_share(c, value))
            row, column = divmod(i, SHARE_COLUMNS)
            label = set_name(QLabel(shortened(name, LONGEST_NAME)), "muted")
            label.setTextFormat(Qt.TextFormat.PlainText)
            self._share_grid.addWidget(label, row, 2 * column)
            self._share_grid.addWidget(box, row, 2 * column + 1)
            self.shares[c] = box
        for column in range(SHARE_COLUMNS):
            self._share_grid.setColumnStretch(2 * column + 1, 1)
        self._shares.setVisible(bool(classes))

    def _on_share(self, c: int, percent: float) -> None:
        """One share is set; the others keep their proportions in what is left."""
        others = {other: box.value() for other, box in self.shares.items() if other != c}
        rest, whole = 100 - percent, sum(others.values())
        shares = {other: max(LEAST_SHARE, rest * value / whole) for other, value in others.items()} | {
            c: percent
        }
        field = ClassCondition(self._field.classes, ONE_OF, tuple(shares[k] for k in self._field.classes))
        field = field.named(self._names)
        self.show_field(field)
        self.changed.emit(field, f"share {c}")


CONTROLS: tuple[type[FieldControls], ...] = (ClassControls,)
