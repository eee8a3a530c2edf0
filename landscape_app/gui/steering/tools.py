"""Buttons above the list of layers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.physics.fields import KINDS
from landscape_app.session.composition import Preset

SMALL = 30
"""Width of the buttons with an arrow."""


class Tools(QWidget):
    """Two rows of buttons, and a third while two compositions are compared.

    Signals:
        added: kind of field.
        preset: the preset.
        undone, redone, opened, saved: the button of that name.
        compared: whether two compositions are compared.
        swapped, kept, returned: A and B change places; B stays alone; A does.
    """

    added = Signal(str)
    preset = Signal(object)
    undone = Signal()
    redone = Signal()
    opened = Signal()
    saved = Signal()
    compared = Signal(bool)
    swapped = Signal()
    kept = Signal()
    returned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("steering-tools")
        self.add_button = self._button("add-field", "Add field ▾", "Add a layer of any kind (Insert)")
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
        self.preset_button = self._button("presets", "Presets ▾", "Begin with a composition by name (P)")
        self.preset_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.preset_button.setMenu(QMenu(self.preset_button))
        self.undo = self._button("undo", "↶", "Undo the last edit (Ctrl+Z)", "Undo")
        self.redo = self._button("redo", "↷", "Do it again (Ctrl+Shift+Z)", "Redo")
        for button in (self.undo, self.redo):
            button.setProperty("small", True)
            button.setFixedWidth(SMALL)
        self.open = self._button("open-composition", "Open…", "Open a composition from a file (Ctrl+Shift+O)")
        self.save = self._button("save-composition", "Save…", "Save the composition to a file (Ctrl+Shift+S)")
        self.compare = self._button(
            "compare",
            "Compare",
            "Keeps what is composed now as A; further edits make B. Both move side by side, from the same start and "
            "on the same random numbers (C)",
        )
        self.compare.setCheckable(True)
        self.swap = self._button("swap", "Swap", "A becomes B, and B becomes A (Shift+C)")
        self.keep = self._button("keep-b", "Keep B", "Ends the comparison, and goes on with B")
        self.back = self._button("back-to-a", "Back to A", "Ends the comparison, and goes back to A")
        self.reference = set_name(ShortenedLabel(), "muted")
        self.reference.setAccessibleName("Composition A")
        for button, signal in (
            (self.undo, self.undone),
            (self.redo, self.redone),
            (self.open, self.opened),
            (self.save, self.saved),
            (self.swap, self.swapped),
            (self.keep, self.kept),
            (self.back, self.returned),
        ):
            button.clicked.connect(signal)
        self.compare.clicked.connect(self.compared)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(_row(self.add_button, self.preset_button, None, self.undo, self.redo))
        layout.addLayout(_row(self.open, self.save, None, self.compare))
        self._comparison = QWidget()
        below = QVBoxLayout(self._comparison)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(4)
        below.addWidget(self.reference)
        below.addLayout(_row(self.swap, self.keep, self.back, None))
        layout.addWidget(self._comparison)
        self.show_comparison("")

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

    def show_comparison(self, reference: str) -> None:
        """Shows what A is; empty where nothing is compared."""
        self.compare.setChecked(bool(reference))
        self.reference.setText(f"A: {reference}")
        self._comparison.setVisible(bool(reference))

    def set_ready(self, ready: bool, steady: bool) -> None:
        """Pair: there is a session to steer, and it does not train, so that chains can be compared."""
        for button in (self.add_button, self.open):
            button.setEnabled(ready)
        self.preset_button.setEnabled(ready and not self.preset_button.menu().isEmpty())
        self.compare.setEnabled(ready and steady)

    def _button(self, name: str, text: str, tooltip: str, accessible: str = "") -> QToolButton:
        button = set_name(QToolButton(), name, text=text)
        button.setAccessibleName(accessible or text.rstrip("▾ …"))
        button.setToolTip(tooltip)
        return button


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; None for what is left of the width."""
    row = QHBoxLayout()
    row.setSpacing(5)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
