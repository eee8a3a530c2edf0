"""Own fields on their way from a file to a layer: chosen, read, shown, trusted, taken up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from landscape_app.gui.bias.controls.own_controls import OwnControls
from landscape_app.gui.bias.files import choose_field, reviewed
from landscape_app.gui.bias.layer_card import LayerCard
from landscape_app.gui.bias.strengths import start_strength
from landscape_app.gui.frame import Fault
from landscape_app.physics.fields import FieldError
from landscape_app.session import Layer, OwnField, Source

if TYPE_CHECKING:
    from landscape_app.gui.bias.editor import BiasEditor

GESTURE = "own field"
"""Choosing a file and switching its layer on, once it runs, are one step of undo."""


class OwnFiles(QObject):
    """What the controls of own fields ask for.

    Args:
        editor: whose layers.
    """

    def __init__(self, editor: BiasEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self._waiting: set[str] = set()
        editor.requests.file.connect(self._on_choose)
        editor.requests.reload.connect(self._on_reload)

    def add(self) -> None:
        """Asks for a file, and adds a layer that is switched on once the file has run."""
        path = choose_field(self._editor)
        if path is None:
            return
        found = reviewed(self._editor, path, self._editor.around.trusted)
        if isinstance(found, FieldError):
            QMessageBox.warning(self._editor, "No field", _sentence(found))
        elif found is not None:
            field = OwnField(str(found.path), found.digest)
            self._editor.add_layer(Layer(field, start_strength(field), enabled=False), GESTURE)
            self._trust(found)

    def take_up(self, trusted: frozenset[str]) -> None:
        """Switches the layers on whose files were waited for and have run."""
        arrived = self._waiting & trusted
        self._waiting -= arrived
        composition = self._editor.composition
        for index, layer in enumerate(composition.layers):
            if isinstance(layer.field, OwnField) and layer.field.digest in arrived:
                composition = composition.with_layer(index, enabled=True)
        self._editor.edit(composition, GESTURE)
        if arrived:
            self._editor.settle()

    def show_fault(self, fault: Fault) -> list[int]:
        """Tells what has failed in the card of that name; returns the indices of the layers."""
        failed = []
        for index, card in enumerate(self._editor.layers.cards):
            if not isinstance(card.controls, OwnControls) or card.controls.field is None:
                continue
            if fault.name in (card.layer.title, card.controls.field.label):
                self._waiting.discard(card.controls.field.digest)
                card.controls.show_error(fault.text, failed=True)
                card.set_expanded(True)
                failed.append(index)
        return failed

    def _on_choose(self, controls: QObject) -> None:
        path = choose_field(self._editor)
        if path is not None:
            self._review(controls, path)

    def _on_reload(self, controls: QObject) -> None:
        assert isinstance(controls, OwnControls)
        assert controls.field is not None
        self._review(controls, Path(controls.field.path))

    def _review(self, controls: QObject, path: Path) -> None:
        """Reads a file for a layer there is; what is wrong with it is told in its card."""
        assert isinstance(controls, OwnControls)
        found = reviewed(self._editor, path, self._editor.around.trusted)
        if isinstance(found, FieldError):
            controls.show_error(str(found))
        elif found is not None:
            controls.show_error("")
            for index, card in enumerate(self._editor.layers.cards):
                if card.controls is controls:
                    self._put(index, card, found)

    def _put(self, index: int, card: LayerCard, source: Source) -> None:
        field = OwnField(str(source.path), source.digest)
        known = source.digest in self._editor.around.trusted
        self._editor.edit(
            self._editor.composition.with_layer(index, field=field, enabled=known or card.layer.enabled),
            GESTURE,
        )
        self._trust(source)

    def _trust(self, source: Source) -> None:
        """Lets the engine run the file; where it has run already, the layer only has to be switched on."""
        self._waiting.add(source.digest)
        self._editor.trusted.emit(source)
        self.take_up(self._editor.around.trusted)


def _sentence(error: FieldError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
