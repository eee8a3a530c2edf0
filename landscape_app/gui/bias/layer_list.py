"""The layers of a composition as a list of cards."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from landscape_app.gui.bias.layer_card import DOWN, DUPLICATE, REMOVE, UP, LayerCard
from landscape_app.gui.bias.surroundings import Requests, Surroundings
from landscape_app.gui.theme import Theme
from landscape_app.session import Composition, CompositionStatistics, Layer
from landscape_app.session.composition_edits import duplicated, moved, removed

MOST_EXPANDED = 2
"""Layers whose controls are shown at once when a whole composition comes; of more, one sees the list."""


class LayerList(QWidget):
    """A card for each layer; edits give a new composition.

    Signals:
        edited: the new composition, and the gesture that the edit is part of; "" for none.
        settled: a gesture has ended.

    Args:
        requests: what controls can ask for.
        theme: colours.
    """

    edited = Signal(object, str)
    settled = Signal()

    def __init__(self, requests: Requests, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("layer-list")
        self._requests = requests
        self._theme = theme
        self._around = Surroundings()
        self._composition = Composition()
        self.cards: list[LayerCard] = []
        self._chosen: LayerCard | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    @property
    def chosen(self) -> LayerCard | None:
        """The card that keys are for: the last one that was touched."""
        return self._chosen

    def show_composition(self, composition: Composition) -> None:
        """Shows the layers of a composition, in cards that stay where the kind of field does."""
        before, self._composition = self._composition, composition
        layers = composition.layers
        added = len(layers) - len(self.cards)
        expanded = added <= 1 or len(layers) <= MOST_EXPANDED
        if len(layers) < len(self.cards):
            self._drop_what_is_gone(before, composition)
        for index, layer in enumerate(layers):
            card = self.cards[index] if index < len(self.cards) else None
            if card is None:
                self._insert(index, layer, expanded)
            elif type(card.layer.field) is not type(layer.field):
                if added > 0:
                    added -= 1
                    self._insert(index, layer, expanded)
                else:
                    kept = card.expander.isChecked()
                    self._take(index)
                    self._insert(index, layer, kept)
            else:
                card.show_layer(layer)
        while len(self.cards) > len(layers):
            self._take(len(self.cards) - 1)
        self._mark_ends()

    def show_surroundings(self, around: Surroundings) -> None:
        """Follows what the run has."""
        self._around = around
        for card in self.cards:
            card.show_surroundings(around)

    def show_statistics(self, statistics: CompositionStatistics) -> None:
        """Shows what every field says, where these are the layers on view."""
        if len(statistics.layers) != len(self.cards):
            return
        for card, layer, found in zip(
            self.cards, statistics.composition.layers, statistics.layers, strict=True
        ):
            if card.layer.field == layer.field:
                card.show_statistics(found)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for card in self.cards:
            card.set_theme(theme)

    def choose(self, card: LayerCard | None) -> None:
        """Makes a card the one that keys are for."""
        self._chosen = card
        for other in self.cards:
            other.set_chosen(other is card)

    def _insert(self, index: int, layer: Layer, expanded: bool) -> None:
        card = LayerCard(layer, self._around, self._requests, self._theme)
        card.set_expanded(expanded)
        card.changed.connect(lambda layer, gesture, card=card: self._on_changed(card, layer, gesture))
        card.settled.connect(self.settled)
        card.asked.connect(lambda what, card=card: self._on_asked(card, what))
        card.chosen.connect(lambda card=card: self.choose(card))
        card.dragged.connect(lambda point, card=card: self._on_dragged(card, point))
        self.cards.insert(index, card)
        self._layout.insertWidget(index, card)
        # Qt would show it later, and keys that come before would miss it.
        card.show()
        self.choose(card)
        self._order_tabs()

    def _take(self, index: int) -> None:
        card = self.cards.pop(index)
        self._layout.removeWidget(card)
        card.hide()
        card.deleteLater()
        if self._chosen is card:
            self.choose(self.cards[min(index, len(self.cards) - 1)] if self.cards else None)

    def _drop_what_is_gone(self, before: Composition, after: Composition) -> None:
        """Takes away the card of the first layer that is not there any more, so that the others keep theirs."""
        kept = list(after.layers)
        for index in range(len(self.cards)):
            if index >= len(kept) or before.layers[index] != kept[index]:
                if before.layers[index + 1 :] == after.layers[index:]:
                    self._take(index)
                return

    def _on_changed(self, card: LayerCard, layer: Layer, gesture: str) -> None:
        index = self.cards.index(card)
        layers = list(self._composition.layers)
        layers[index] = layer
        changed = Composition(
            tuple(layers),
            self._composition.temperature,
            self._composition.model_temperature,
            self._composition.hamiltonian,
        )
        self._edit(changed, f"{gesture} of {id(card)}" if gesture else "")

    def _on_asked(self, card: LayerCard, what: str) -> None:
        index = self.cards.index(card)
        if what == REMOVE:
            focused = card.has_focus
            self._take(index)
            self._edit(removed(self._composition, index))
            if focused and self._chosen is not None:
                self._chosen.setFocus()
        elif what == DUPLICATE:
            self._edit(duplicated(self._composition, index))
        elif what in (UP, DOWN):
            self._move(index, index + (1 if what == DOWN else -1))

    def _move(self, index: int, to: int, gesture: str = "") -> None:
        if not 0 <= to < len(self.cards) or to == index:
            return
        card = self.cards.pop(index)
        focused = QApplication.focusWidget() if card.has_focus else None
        self.cards.insert(to, card)
        self._layout.removeWidget(card)
        self._layout.insertWidget(to, card)
        self.choose(card)
        self._order_tabs()
        self._edit(moved(self._composition, index, to), gesture)
        if focused is not None:
            # A button that has become the end's is disabled, and hands its focus on.
            (focused if focused.isEnabled() else card).setFocus()

    def _on_dragged(self, card: LayerCard, point: QPoint) -> None:
        """Moves the card over each other whose middle the pointer has passed."""
        index = self.cards.index(card)
        y = self.mapFromGlobal(point).y()
        gesture = f"drag of {id(card)}"
        if index > 0 and y < self.cards[index - 1].geometry().center().y():
            self._move(index, index - 1, gesture)
        elif index + 1 < len(self.cards) and y > self.cards[index + 1].geometry().center().y():
            self._move(index, index + 1, gesture)
        self._layout.activate()

    def _edit(self, composition: Composition, gesture: str = "") -> None:
        self._composition, before = composition, self._composition
        if len(composition.layers) != len(self.cards):
            self._composition = before
            self.show_composition(composition)
        self._mark_ends()
        self.edited.emit(composition, gesture)

    def _mark_ends(self) -> None:
        for index, card in enumerate(self.cards):
            card.set_ends(index == 0, index == len(self.cards) - 1)

    def _order_tabs(self) -> None:
        for first, second in zip(self.cards, self.cards[1:], strict=False):
            QWidget.setTabOrder(first, second)

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        for card in self.cards:
            if now is not None and (now is card or card.isAncestorOf(now)):
                self.choose(card)
