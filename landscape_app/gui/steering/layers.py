"""A composition as cards: the model's term, the list of layers with their controls, and the temperature of all."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.gui.widgets.paragraph import TitleEdit
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.models import MinMaxEntModel, Model
from landscape_app.physics.fields import Field
from landscape_app.session.composition import (
    LEAST_TEMPERATURE,
    MOST_STRENGTH,
    MOST_TEMPERATURE,
    Composition,
    Layer,
    duplicated,
    moved,
    removed,
)
from landscape_app.session.layer_statistics import CompositionStatistics, LayerStatistics, strength_limit

STAYS = 1.6
"""Ratio of two limits below which a slider is left as it is, rather than made to jump."""


def slider_limits(
    field: Field, statistics: LayerStatistics | None, now: tuple[float, float] | None
) -> tuple[float, float]:
    """Range of a layer's slider: from 0, or as far below it where the field has an opposite.

    Args:
        field: of the layer.
        statistics: of its V; None before they are known.
        now: what it reaches now.
    """
    limit = None if statistics is None else strength_limit(statistics.model_spread)
    if limit is None:
        limit = field.scale.limit if now is None else now[1]
    elif now is not None and 1 / STAYS < limit / now[1] < STAYS:
        limit = now[1]
    return (-limit if field.signed else 0.0, limit)


def strength_step(layer: Layer, limits: tuple[float, float]) -> float:
    """Step by which a key makes a layer stronger."""
    return limits[1] / 16 if layer.field.scale.step is None else layer.field.scale.step


UP, DOWN, DUPLICATE, REMOVE, RENAME = "up", "down", "duplicate", "remove", "rename"

KEYS = {
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_Up): UP,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_Down): DOWN,
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_D): DUPLICATE,
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Delete): REMOVE,
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_F2): RENAME,
}
"""While the card, or anything in it that does not need the key itself, has the focus."""

LAYER_KEYS = KeyTable(
    "In a layer",
    (
        ("Alt+Up, Alt+Down", "Move the layer up, down"),
        ("Ctrl+D", "Duplicate the layer"),
        ("Del", "Remove the layer"),
        ("F2", "Rename: Return keeps it, Esc does not"),
    ),
)

BUTTONS = {
    UP: ("↑", "Move the layer up", "Alt+Up"),
    DOWN: ("↓", "Move the layer down", "Alt+Down"),
    DUPLICATE: ("+", "Duplicate the layer", "Ctrl+D"),
    REMOVE: ("✕", "Remove the layer", "Delete"),
}

BUTTON = 26
"""Width of a small button."""


class Handle(QLabel):
    """Handle by which a card is dragged.

    Signals:
        dragged: where the pointer is, on the screen.
        dropped: it was let go.
    """

    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__("⠿")
        self.setObjectName("layer-handle")
        self.setAccessibleName("Handle of the layer")
        self.setToolTip("Drag the layer up or down (Alt+Up, Alt+Down)")
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes the mouse."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells where it is."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self.dropped.emit()


class LayerCard(QFrame):
    """A layer as a person sees it.

    Signals:
        changed: the new layer, and the gesture that the change is part of; "" for none.
        settled: a gesture has ended.
        asked: one of UP, DOWN, DUPLICATE, REMOVE.
        chosen: the card, or something in it, has taken the focus.
        dragged: the handle, to a point on the screen.

    Args:
        layer: at first.
        context: what the run has.
        signals: what controls can ask for.
        theme: colours.
    """

    changed = Signal(object, str)
    settled = Signal()
    asked = Signal(str)
    chosen = Signal()
    dragged = Signal(QPoint)

    def __init__(self, layer: Layer, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            "A layer adds its strength α times its field's energy V to the Hamiltonian.<br>"
            "Keys: Alt+Up and Alt+Down move it, Ctrl+D duplicates, Delete removes, F2 renames"
        )
        self._layer = layer
        self.controls = CONTROLS[type(layer.field)](context, signals, theme)
        self.controls.show_field(layer.field)
        self.controls.show_context(context)
        self._build_head()
        self._build_strength(layer.field)
        self.statistics = set_name(QLabel(), "muted")
        self.statistics.setAccessibleName("What the chains make of the field")
        self.statistics.setToolTip(
            "<b>⟨V⟩</b>: mean of the field's energy over the chains, in nats, ± its spread from chain to chain; and "
            "over samples of the model without any field. The strength's slider ends where α times that spread is "
            "about 25 nats: beyond, hardly any sample of the model is left."
        )
        # Its numbers are now longer, now shorter: the list keeps its width.
        self.statistics.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._details = QWidget()
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(6)
        details.addWidget(self.controls)
        details.addLayout(self._build_buttons())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addLayout(self._head)
        layout.addLayout(self._strength_row)
        layout.addWidget(self.statistics)
        layout.addWidget(self._details)
        self.controls.changed.connect(self._on_field)
        self.controls.settled.connect(self.settled)
        self.handle.dragged.connect(self.dragged)
        self.handle.dropped.connect(self.settled)
        self.show_layer(layer)
        self.show_statistics(None)

    @property
    def layer(self) -> Layer:
        """Value on show."""
        return self._layer

    @property
    def has_focus(self) -> bool:
        """True if the card, or something in it, has the focus."""
        now = QApplication.focusWidget()
        return now is not None and (now is self or self.isAncestorOf(now))

    def show_layer(self, layer: Layer) -> None:
        """Sets every control to a layer whose field is of the same kind."""
        if layer.field != self._layer.field:
            self.controls.show_field(layer.field)
        self._layer = layer
        with QSignalBlocker(self.switch):
            self.switch.setChecked(layer.enabled)
        self.title.show_title(layer.title)
        if abs(layer.strength) > self.strength.limits[1] or (layer.strength < 0) > (
            self.strength.limits[0] < 0
        ):
            self.strength.set_limits(slider_limits(layer.field, None, (0.0, abs(layer.strength))))
        self.strength.show_value(layer.strength)
        self.strength.setEnabled(not layer.clamps)
        self._alpha.setEnabled(not layer.clamps)
        self.setAccessibleName(f"Layer {layer.title}")
        self.switch.setAccessibleName(f"Switch {layer.title} on or off")

    def show_context(self, context: FieldContext) -> None:
        """Follows what the run has."""
        self.controls.show_context(context)

    def show_statistics(self, statistics: LayerStatistics | None) -> None:
        """Shows what the field says of the chains, and lets the slider reach as far as makes sense."""
        if self._layer.clamps:
            text = "fixed in every chain; no energy"
        elif statistics is None:
            text = "⟨V⟩ not measured"
        else:
            text = (
                f"⟨V⟩ {_number(statistics.chains_mean)} ± {_number(statistics.chains_spread)} · "
                f"model {_number(statistics.model_mean)} ± {_number(statistics.model_spread)}"
            )
        if self.statistics.text() != text:
            self.statistics.setText(text)
        if statistics is not None and not self.strength.is_sliding:
            now = self.strength.limits
            limits = slider_limits(self._layer.field, statistics, now)
            if limits[1] >= abs(self._layer.strength):
                self.strength.set_limits(limits)

    def strengthen(self, steps: int) -> None:
        """Makes the layer stronger or weaker by so many steps."""
        if self.strength.isEnabled():
            step = strength_step(self._layer, self.strength.limits)
            self.strength.set_value(self.strength.value + steps * step)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.controls.set_theme(theme)

    def set_chosen(self, chosen: bool) -> None:
        """Marks the card as the one that keys are for."""
        if self.property("chosen") != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def set_expanded(self, expanded: bool) -> None:
        """Shows the controls of the field, or hides them."""
        self.expander.setChecked(expanded)
        self._on_expanded(expanded)

    def set_ends(self, first: bool, last: bool) -> None:
        """Pair: there is a layer above, there is one below."""
        self.buttons[UP].setEnabled(not first)
        self.buttons[DOWN].setEnabled(not last)

    def event(self, event: QEvent) -> bool:
        """Keeps the keys of the card from being taken for those of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _asked(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves, duplicates, removes, renames."""
        asked = _asked(event)
        if asked is None:
            super().keyPressEvent(event)
        elif asked == RENAME:
            self.title.begin()
        else:
            self.asked.emit(asked)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Keys are for this card from now on."""
        super().focusInEvent(event)
        self.chosen.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside every control takes the focus."""
        self.setFocus()
        self.chosen.emit()

    def _build_head(self) -> None:
        self.handle = Handle()
        self.switch = set_name(ToggleSwitch(""), "layer-switch")
        self.switch.setToolTip("Whether the field takes part")
        self.switch.toggled.connect(lambda on: self._change(replace(self._layer, enabled=on)))
        self.title = TitleEdit("layer-title")
        self.title.renamed.connect(self._on_renamed)
        self.expander = set_name(QToolButton(), "layer-expand", text="▾")
        self.expander.setCheckable(True)
        self.expander.setProperty("quiet", True)
        self.expander.setFixedWidth(BUTTON)
        self.expander.setAccessibleName("Show the controls of the field")
        self.expander.setToolTip("Shows or hides the controls of the field")
        self.expander.toggled.connect(self._on_expanded)
        self._head = QHBoxLayout()
        self._head.setSpacing(6)
        self._head.addWidget(self.handle)
        self._head.addWidget(self.switch)
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self.expander)

    def _build_strength(self, field: Field) -> None:
        limits = slider_limits(field, None, None)
        meaning = "; negative drives away from what it wants" if field.signed else ""
        self.strength = NumberSlider(
            "layer-strength",
            "Strength",
            limits,
            self._layer.strength,
            f"<b>Strength</b> α, by which the field's energy V is multiplied (+ and −){meaning}.<br>"
            "For a class, 1 is Bayes' rule: the model's own images of that class, in their own proportions. "
            "Larger is surer and less varied.",
            box_limits=(-MOST_STRENGTH if field.signed else 0.0, MOST_STRENGTH),
            step=strength_step(self._layer, limits),
        )
        self.strength.changed.connect(self._on_strength)
        self.strength.settled.connect(self.settled)
        self._alpha = set_name(QLabel("α"), "muted")
        self._strength_row = QHBoxLayout()
        self._strength_row.setSpacing(6)
        self._strength_row.addWidget(self._alpha)
        self._strength_row.addWidget(self.strength, 1)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        kind = set_name(QLabel(self.controls.title.rstrip("…")), "muted")
        row.addWidget(kind, 1)
        self.buttons: dict[str, QToolButton] = {}
        for name, (sign, meaning, key) in BUTTONS.items():
            button = set_name(QToolButton(), f"layer-{name}", text=sign)
            button.setProperty("small", True)
            button.setFixedWidth(BUTTON)
            button.setAccessibleName(meaning)
            button.setToolTip(f"{meaning} ({key})")
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            row.addWidget(button)
            self.buttons[name] = button
        return row

    def _on_expanded(self, expanded: bool) -> None:
        self._details.setVisible(expanded)
        self.expander.setText("▾" if expanded else "▸")

    def _on_renamed(self, text: str) -> None:
        self._change(replace(self._layer, name="" if text == self._layer.field.label else text))

    def _on_field(self, field: Field, gesture: str) -> None:
        self._change(replace(self._layer, field=field), gesture)

    def _on_strength(self, strength: float) -> None:
        gesture = "strength" if self.strength.is_sliding else ""
        self._change(replace(self._layer, strength=strength), gesture)

    def _change(self, layer: Layer, gesture: str = "") -> None:
        self.show_layer(layer)
        self.chosen.emit()
        self.changed.emit(layer, gesture)


def _asked(event: QKeyEvent) -> str | None:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return KEYS.get((modifiers, Qt.Key(event.key())))


def _number(value: float) -> str:
    return f"{value:.{2 if abs(value) < 10 else 1}f}".replace("-", "−")


MOST_EXPANDED = 2
"""Layers whose controls are shown at once when a whole composition comes; of more, one sees the list."""


class LayerList(QWidget):
    """A card for each layer; edits give a new composition.

    Signals:
        edited: the new composition, and the gesture that the edit is part of; "" for none.
        settled: a gesture has ended.

    Args:
        signals: what controls can ask for.
        theme: colours.
    """

    edited = Signal(object, str)
    settled = Signal()

    def __init__(self, signals: FieldSignals, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("layer-list")
        self._signals = signals
        self._theme = theme
        self._context = FieldContext()
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

    def show_context(self, context: FieldContext) -> None:
        """Follows what the run has."""
        self._context = context
        for card in self.cards:
            card.show_context(context)

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
        card = LayerCard(layer, self._context, self._signals, self._theme)
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


TEMPERATURE_LIMITS = (0.25, 4.0)
"""Range of the sliders of temperatures."""

WITHOUT_MODEL = (
    "Off: nothing holds the chains to what the data look like. They fall into the classifier's blind "
    "spots: it is sure, and you are not (the paper's figure 7d)."
)


class ModelEntry:
    """The model's energy as the first entry of the list.

    Attributes:
        card: the widget.
        hamiltonian: its switch.
        temperature: T_m of this term alone.
    """

    def __init__(self) -> None:
        self.hamiltonian = set_name(ToggleSwitch(""), "hamiltonian")
        self.show_model(MinMaxEntModel, MinMaxEntModel.formula)
        self.hamiltonian.setChecked(True)
        self.temperature = NumberSlider(
            "model-temperature",
            "Temperature of the model's term",
            TEMPERATURE_LIMITS,
            1.0,
            "<b>Temperature</b> T<sub>m</sub> of the trained landscape alone: its energy is divided by it, the "
            "fields are not.<br>Hot: the fields have more to say, against the base measure.",
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        self.warning = set_name(QLabel(WITHOUT_MODEL), "warning")
        self.warning.setWordWrap(True)
        self.warning.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(6)
        caption = set_name(QLabel("T<sub>m</sub>"), "muted")
        row.addWidget(caption)
        row.addWidget(self.temperature, 1)
        self.card = control_card(self.hamiltonian, row, self.warning)

    def show_model(self, model: type[Model], formula: str) -> None:
        """Names the model and its energy."""
        self.hamiltonian.setText(model.title)
        self.hamiltonian.setToolTip(
            wrapped(
                f"The trained landscape, E = {formula}. "
                "Switched off, only the base measure and the fields remain (H)"
            )
        )

    def show_composition(self, composition: Composition) -> None:
        """Sets the controls, without a signal."""
        blocked = self.hamiltonian.blockSignals(True)
        self.hamiltonian.setChecked(composition.hamiltonian)
        self.hamiltonian.blockSignals(blocked)
        self.temperature.show_value(composition.model_temperature)
        self.temperature.setEnabled(composition.hamiltonian)
        self.warning.setVisible(not composition.hamiltonian)


class TemperatureEntry:
    """The temperature that divides everything, and the way back to the trained model.

    Attributes:
        card: the widget.
        temperature: T.
        clear: the button back.
    """

    def __init__(self) -> None:
        self.temperature = NumberSlider(
            "temperature",
            "Temperature",
            TEMPERATURE_LIMITS,
            1.0,
            "<b>Temperature</b> T divides the whole Hamiltonian.<br>Cold: only the likeliest images. Hot: towards "
            "the base measure. At 1 the model is as trained.",
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        self.clear = set_name(QPushButton("Back to the trained model"), "clear-steering")
        self.clear.setToolTip("No layers, both temperatures 1, Hamiltonian on (Backspace)")
        self.card = control_card(set_name(QLabel("Temperature T"), "title"), self.temperature, self.clear)

    def show_composition(self, composition: Composition) -> None:
        """Sets the controls, without a signal."""
        self.temperature.show_value(composition.temperature)
        self.clear.setEnabled(composition != Composition())
