"""Buttons above the list of layers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.widgets.containers import set_name
from landscape_app.language import tr
from landscape_app.physics.fields import KINDS
from landscape_app.session.composition import Preset

SMALL, BETWEEN = 30, 5
"""Width of the buttons with an arrow, and between two buttons, in pixels."""


class Tools(QWidget):
    """Two rows of buttons; while two compositions are compared, theirs stand in the place of those of files.

    Signals:
        added: kind of field.
        preset: the preset.
        undone, redone, opened, saved: the button of that name.
        cleared: back to the trained model.
        compared: whether two compositions are compared.
        swapped, kept_a, kept_b: A and B change places; A goes on alone; B does.
    """

    added = Signal(str)
    preset = Signal(object)
    undone = Signal()
    redone = Signal()
    opened = Signal()
    saved = Signal()
    compared = Signal(bool)
    cleared = Signal()
    swapped = Signal()
    kept_a = Signal()
    kept_b = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("steering-tools")
        self.add_button = self._button("add-field", tr("Add field ▾"), tr("Add a layer of any kind (Insert)"))
        self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.add_button)
        menu.setToolTipsVisible(True)
        for kind, field_type in KINDS.items():
            controls = CONTROLS[field_type]
            action = menu.addAction(controls.title)
            action.setObjectName(f"add-{kind}")
            action.setToolTip(controls.meaning)
            action.triggered.connect(lambda _=False, kind=kind: self.added.emit(kind))
        self.add_button.setMenu(menu)
        self.preset_button = self._button(
            "presets", tr("Presets ▾"), tr("Begin with a composition by name (P)")
        )
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setMenu(QMenu(self.preset_button))
        self.undo = self._button("undo", "↶", tr("Undo the last edit (Ctrl+Z)"), tr("Undo"))
        self.redo = self._button("redo", "↷", tr("Do it again (Ctrl+Shift+Z)"), tr("Redo"))
        for button in (self.undo, self.redo):
            button.setFixedWidth(SMALL)
        self.open = self._button(
            "open-composition", tr("Open…"), tr("Open a composition from a file (Ctrl+Shift+O)")
        )
        self.save = self._button(
            "save-composition", tr("Save…"), tr("Save the composition to a file (Ctrl+Shift+S)")
        )
        self.clear = self._button(
            "clear-steering",
            tr("Clear"),
            tr("Back to the trained model: no layers, both temperatures 1, Hamiltonian on (Backspace)"),
            tr("Back to the trained model"),
        )
        self.compare = self._button(
            "compare",
            tr("Compare"),
            tr(
                "Keeps what is composed now as A; further edits make B. Both move side by side, from the same "
                "start and on the same random numbers (C)"
            ),
        )
        self.compare.setCheckable(True)
        self.swap = self._button("swap", tr("Swap"), tr("A becomes B, and B becomes A (Shift+C)"))
        self.keep_a = self._button("keep-a", tr("Keep A"), tr("Ends the comparison; the chains of A go on"))
        self.keep_b = self._button("keep-b", tr("Keep B"), tr("Ends the comparison, and goes on with B"))
        for button, signal in (
            (self.undo, self.undone),
            (self.redo, self.redone),
            (self.open, self.opened),
            (self.save, self.saved),
            (self.clear, self.cleared),
            (self.swap, self.swapped),
            (self.keep_a, self.kept_a),
            (self.keep_b, self.kept_b),
        ):
            button.clicked.connect(signal)
        self.compare.clicked.connect(self.compared)
        # In the same place, so that no other button moves as a comparison begins.
        self._changing = QStackedWidget()
        self._changing.addWidget(_row(self.open, self.save, self.clear))
        self._changing.addWidget(_row(self.swap, self.keep_a, self.keep_b))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        rows: tuple[tuple[Sequence[QWidget], Sequence[QWidget]], ...] = (
            ((self.add_button, self.preset_button), (self.undo, self.redo)),
            ((self.compare,), (self._changing,)),
        )
        for left, right in rows:
            row = QHBoxLayout()
            row.setSpacing(BETWEEN)
            for widget in left:
                row.addWidget(widget)
            row.addStretch(1)
            for widget in right:
                row.addWidget(widget)
            layout.addLayout(row)
        self.show_comparison(False)

    def show_history(self, can_undo: bool, can_redo: bool) -> None:
        """Pair: there is something to take back, there is something to do again."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)

    def show_kinds(self, kinds: tuple[str, ...]) -> None:
        """Offers the kinds of field that fit the data."""
        for kind, action in zip(KINDS, self.add_button.menu().actions(), strict=True):
            action.setVisible(kind in kinds)

    def show_presets(self, known: tuple[Preset, ...]) -> None:
        """Lists presets."""
        menu = self.preset_button.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        for number, preset in enumerate(known):
            action = menu.addAction(preset.title)
            action.setObjectName(f"preset-{number}")
            action.setToolTip(preset.meaning)
            action.triggered.connect(lambda _=False, preset=preset: self.preset.emit(preset))

    def show_comparison(self, compared: bool) -> None:
        """Has the buttons of a comparison, or those of files."""
        self.compare.setChecked(compared)
        self._changing.setCurrentIndex(int(compared))

    def set_ready(self, ready: bool, steady: bool) -> None:
        """Pair: there is a session to steer, and it does not train, so that chains can be compared."""
        for button in (self.add_button, self.open):
            button.setEnabled(ready)
        self.preset_button.setEnabled(ready and not self.preset_button.menu().isEmpty())
        self.compare.setEnabled(ready and steady)

    def _button(self, name: str, text: str, tooltip: str, accessible: str = "") -> QToolButton:
        button = set_name(QToolButton(), name, text=text)
        button.setProperty("small", True)
        button.setAccessibleName(accessible or text.rstrip("▾ …"))
        button.setToolTip(tooltip)
        return button


def _row(*buttons: QToolButton) -> QWidget:
    """Buttons side by side, all the width shared among them."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(BETWEEN)
    for button in buttons:
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(button)
    return group
