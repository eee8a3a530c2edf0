"""The steering panel: fields that are added to the trained Hamiltonian, and what the chains make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from landscape_app.gui.menus import MenuEntry, Row, pressing
from landscape_app.gui.state import DIGITS, EngineState, Fault
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.steering.controls.custom import CustomControls
from landscape_app.gui.steering.files import choose_composition, open_composition, save_composition
from landscape_app.gui.steering.layers import LayerCard, LayerList, ModelEntry, TemperatureEntry
from landscape_app.gui.steering.summary import SummaryCard
from landscape_app.gui.steering.targets import KEYS, TargetGrid
from landscape_app.gui.steering.tools import Tools
from landscape_app.gui.theme import Theme
from landscape_app.gui.trust import begin_code, choose_code, reviewed
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.fixed import lay_out_panel
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.models import MinMaxEntModel
from landscape_app.physics.fields import KINDS, CodeError, CustomField, FixedPixels, kinds_for
from landscape_app.session.composition import (
    DEFAULT_STRENGTH,
    MOST_LAYERS,
    Composition,
    CompositionHistory,
    Layer,
    Preset,
    added,
    chosen_class,
    class_layer,
    presets,
    switched_off,
    towards_class,
)
from landscape_app.session.custom_field import FieldSource

REST_MILLISECONDS = 300
"""After the last of quick edits, when the chains jump once more, from the model's samples."""

CUSTOM_FIELD_GESTURE = "user-defined field"
"""Choosing a file and switching its layer on, once it runs, are one step of undo."""


class SteeringPanel(QWidget):
    """Formula, quick targets, layers, temperatures, and how the chains follow.

    Signals:
        compose: the composition, at every change, whether another is about to come, and the number of the session
            that it is for (`Facts.number`).
        train_classifier: the classifier shall be trained anew.
        train_discriminator: a discriminator shall be trained against the chains.
        trust_field: the source of a user-defined field that the user trusts.
        compare: the composition A to compare with, None for none; the number of this wish, and of the session.

    Args:
        theme: colours.
        class_names: what to call each class, before there is a session.
    """

    compose = Signal(Composition, bool, int)
    train_classifier = Signal()
    train_discriminator = Signal()
    trust_field = Signal(object)
    compare = Signal(object, int, int)

    def __init__(self, theme: Theme, class_names: Sequence[str] = DIGITS) -> None:
        super().__init__()
        self.setObjectName("steering-panel")
        self._state: EngineState | None = None
        self._context = FieldContext()
        self._history = CompositionHistory()
        self._number = -1
        self._fault = -1
        self.class_strength = DEFAULT_STRENGTH
        """With which a quick target begins: that of the last one."""
        self._rest = QTimer(self, singleShot=True, interval=REST_MILLISECONDS)
        self._rest.timeout.connect(self._emit)
        self.signals = FieldSignals(self)
        self.formula = set_name(QLabel(), "formula")
        self.formula.setAccessibleName("The Hamiltonian")
        self.formula.setWordWrap(True)
        self.formula.setToolTip(
            "The energy that the chains sample: q(x)·exp(−H(x)), with q the base measure "
            "(of images the smoothed per-pixel histograms, of points a broad Gaussian, of tables "
            "with numbers a mixture of Gaussians and of shares of their categories)"
        )
        self._target_grid = TargetGrid(class_names)
        self.tools = Tools()
        self._comparing = _Comparing(self)
        self._model_entry = ModelEntry()
        self.layers = LayerList(self.signals, theme)
        self._temperature_entry = TemperatureEntry()
        self._summary = SummaryCard()
        self.custom_files = CustomFiles(self)
        self._name_parts()
        self.scroll_area = lay_out_panel(
            self,
            [
                control_card(self.formula),
                self._target_grid.card,
                self.tools,
                self._model_entry.card,
                self.layers,
                self._temperature_entry.card,
                QWidget(),
            ],
            foot=[self._summary.card],
        )
        self._connect()
        self._refresh()

    @property
    def composition(self) -> Composition:
        """Composition that the controls show."""
        return self._history.present

    @property
    def history(self) -> CompositionHistory:
        """History of compositions, with those that were taken back."""
        return self._history

    @property
    def context(self) -> FieldContext:
        """Context of the run."""
        return self._context

    @property
    def reference(self) -> Composition | None:
        """The composition A, while two are compared."""
        return self._comparing.reference

    @property
    def strength(self) -> NumberSlider | None:
        """The strength of the layer that was touched last."""
        return None if self.layers.chosen is None else self.layers.chosen.strength

    def edit(self, composition: Composition, gesture: str = "") -> None:
        """Takes a new composition; edits of one gesture in a row are one step of undo."""
        composition = self._context.named(composition)
        before, self._history = self._history, self._history.edited(composition, gesture)
        if self._history is not before:
            self._refresh()
            self._emit(hurried=bool(gesture))

    def settle(self) -> None:
        """A gesture has ended."""
        self._history = self._history.settled()
        if self._rest.isActive():
            self._rest.stop()
            self._emit()

    def set_target(self, target: int | None) -> None:
        """Chooses a class, or none; choosing the one that is chosen releases it."""
        released = target is None or target == chosen_class(self.composition)
        index = class_layer(self.composition)
        if index is not None:
            self.class_strength = self.composition.layers[index].strength or DEFAULT_STRENGTH
        if self._has_room or released or index is not None:
            self.edit(towards_class(self.composition, None if released else target, self.class_strength))
        self._target_grid.check(chosen_class(self.composition))

    def clear(self) -> None:
        """Back to the trained model itself."""
        self.edit(Composition())

    def add(self, kind: str) -> None:
        """Adds a layer of a kind at the end."""
        if kind == CustomField.kind:
            self.custom_files.add()
        elif self._has_room and self._context.facts is not None:
            field = CONTROLS[KINDS[kind]].new_field(self._context)
            self.add_layer(Layer(field, field.scale.start))

    def add_layer(self, layer: Layer, gesture: str = "") -> None:
        """Adds a layer at the end, and brings it into view."""
        if self._has_room:
            self.edit(added(self.composition, layer), gesture)
            # The card has its place only after Qt has laid out the list, which it does between two events.
            QTimer.singleShot(0, self, self._show_last_layer)

    def _show_last_layer(self) -> None:
        if self.layers.cards:
            self.scroll_area.ensureWidgetVisible(self.layers.cards[-1])

    def strengthen(self, steps: int) -> None:
        """Makes the layer that was touched last stronger, or weaker."""
        if self.layers.chosen is not None:
            self.layers.chosen.strengthen(steps)

    def undo(self) -> None:
        """Takes the last edit back."""
        self._go_to(self._history.undone())

    def redo(self) -> None:
        """Does an edit again that was taken back."""
        self._go_to(self._history.redone())

    def save(self) -> None:
        """Asks where to save the composition."""
        save_composition(self, self.composition)

    def open(self) -> None:
        """Asks for a composition file, and opens it."""
        path = choose_composition(self) if self._context.facts is not None else None
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        """Opens a composition. User-defined fields in it do nothing until they are trusted."""
        facts = self._context.facts
        found = None if facts is None else open_composition(self, path, facts.space, facts.classes)
        if found is not None:
            self.edit(found)

    def set_comparing(self, on: bool) -> None:
        """Keeps the present composition as A, or goes on with B alone."""
        self._comparing.set_comparing(on)

    def menu(self) -> list[Row]:
        """Rows of the menu of steering; those of targets are named by `name_targets`."""
        tools = self.tools
        targets = [
            MenuEntry("", str(c), f"target-{c}", partial(self._choose_target, c), "") for c in range(KEYS)
        ]
        last = "The layer that was touched last"
        return [
            *targets,
            None,
            MenuEntry("Stronger", "+", "stronger", lambda: self.strengthen(1), last),
            MenuEntry("Weaker", "-", "weaker", lambda: self.strengthen(-1), last),
            MenuEntry(
                "The model's energy on or off",
                "H",
                "hamiltonian",
                self.hamiltonian.toggle,
                self.hamiltonian.toolTip(),
            ),
            pressing("Back to the trained model", "Backspace", self.clear_button),
            None,
            MenuEntry("Undo", "Ctrl+Z", "undo-edit", self.undo, tools.undo.toolTip()),
            MenuEntry("Redo", "Ctrl+Shift+Z", "redo-edit", self.redo, tools.redo.toolTip()),
            pressing("Add a field…", "Ins", tools.add_button)._replace(do=tools.add_button.showMenu),
            pressing("Begin with a preset…", "P", tools.preset_button)._replace(
                do=tools.preset_button.showMenu
            ),
            pressing("Compare A/B", "C", tools.compare),
            pressing("Swap A and B", "Shift+C", tools.swap),
            pressing("Open a composition…", "Ctrl+Shift+O", tools.open),
            pressing("Save the composition…", "Ctrl+Shift+S", tools.save),
        ]

    def _choose_target(self, c: int) -> None:
        buttons = self.targets.buttons()
        if c < len(buttons) and buttons[c].isEnabled():
            self.set_target(c)

    def show_composition(self, composition: Composition) -> None:
        """Sets every control to a composition, without a signal; there is nothing to undo then."""
        self._history = CompositionHistory(self._context.named(composition))
        self._rest.stop()
        self._refresh()

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        previous, self._state = self._state, state
        context = FieldContext.of(state)
        if context != self._context or previous is None:
            self._show_context(context)
        if state.facts is not None and state.facts.number != self._number:
            self._number = state.facts.number
            self._comparing.forget()
            self.show_composition(state.composition)
        self._comparing.show_state(state)
        if state.statistics is not None and (previous is None or previous.statistics is not state.statistics):
            self.layers.show_statistics(state.statistics)
        if state.faults and state.faults[-1].number > self._fault:
            self._show_faults(state)
        if previous is None or (previous.snapshot, previous.steering) != (state.snapshot, state.steering):
            self._summary.show_state(state, state.composition == self._possible())

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.layers.set_theme(theme)

    @property
    def _has_room(self) -> bool:
        return len(self.composition.layers) < MOST_LAYERS

    def _name_parts(self) -> None:
        """Widgets that the window and its menus reach for."""
        self.targets, self.accuracy = self._target_grid.targets, self._target_grid.accuracy
        self.retrain_button, self.target_card = self._target_grid.retrain, self._target_grid.card
        self.hamiltonian, self.warning = self._model_entry.hamiltonian, self._model_entry.warning
        self.model_temperature, self.temperature = (
            self._model_entry.temperature,
            self._temperature_entry.temperature,
        )
        self.clear_button = self._temperature_entry.clear
        self.share, self.evidence = self._summary.share, self._summary.evidence
        self.summary_card = self._summary.card

    def _connect(self) -> None:
        tools = self.tools
        self._target_grid.chosen.connect(self.set_target)
        self._target_grid.retrain.clicked.connect(self.train_classifier)
        self.layers.edited.connect(self.edit)
        self.layers.settled.connect(self.settle)
        self.hamiltonian.toggled.connect(lambda on: self.edit(replace(self.composition, hamiltonian=on)))
        for entry, name in ((self.temperature, "temperature"), (self.model_temperature, "model_temperature")):
            entry.changed.connect(
                lambda value, entry=entry, name=name: self.edit(
                    replace(self.composition, **{name: value}), name if entry.is_sliding else ""
                )
            )
            entry.settled.connect(self.settle)
        self.clear_button.clicked.connect(self.clear)
        self.signals.discriminator.connect(self.train_discriminator)
        tools.added.connect(self.add)
        tools.preset.connect(self._on_preset)
        tools.undone.connect(self.undo)
        tools.redone.connect(self.redo)
        tools.opened.connect(self.open)
        tools.saved.connect(self.save)
        self._comparing.asked.connect(
            lambda reference, request: self.compare.emit(reference, request, self._number)
        )

    def _on_preset(self, preset: Preset) -> None:
        self.edit(preset.make())
        if len(self.layers.cards) == 1:
            self.layers.cards[0].set_expanded(True)

    def _go_to(self, history: CompositionHistory) -> None:
        if history is not self._history:
            self._history = history
            self._refresh()
            self._emit()

    def _emit(self, hurried: bool = False) -> None:
        self._summary.card.setEnabled(False)
        if hurried:
            self._rest.start()
        else:
            self._rest.stop()
        self.compose.emit(self.composition, hurried, self._number)

    def _possible(self) -> Composition:
        """As much of the composition as the run can make: rounds that it has, files that are trusted."""
        return switched_off(
            self.composition,
            [i for i, layer in enumerate(self.composition.layers) if self._is_missing(layer)],
        )

    def _is_missing(self, layer: Layer) -> bool:
        # Without a classifier the panel offers no classes.
        return layer.field.is_missing(True, len(self._context.rounds), self._context.trusted)

    @property
    def energy(self) -> str:
        """The energy of the model on view as a formula."""
        facts = self._context.facts
        return MinMaxEntModel.formula if facts is None else facts.formula

    def _refresh(self) -> None:
        """Sets every control to the present composition."""
        composition = self.composition
        self.layers.show_composition(composition)
        self._model_entry.show_composition(composition)
        self._temperature_entry.show_composition(composition)
        self._target_grid.check(chosen_class(composition))
        self.formula.setText(self._possible().formula_of(self.energy))
        self.tools.show_history(self._history.can_undo, self._history.can_redo)

    def _show_context(self, context: FieldContext) -> None:
        before, self._context = self._context, context
        self._target_grid.show_context(context)
        self.layers.show_context(context)
        if (before.facts, before.rounds) != (context.facts, context.rounds) and context.facts is not None:
            self._target_grid.card.setVisible(context.classes > 0)
            self._model_entry.show_model(context.facts.model, context.facts.formula)
            kinds = kinds_for(context.facts.space, context.classes)
            self.tools.show_kinds(kinds)
            self.tools.show_presets(
                presets(context.class_names, len(context.rounds), FixedPixels.kind in kinds)
            )
        self.tools.set_ready(context.facts is not None, not context.training)
        if before.trusted != context.trusted:
            self.custom_files.take_up(context.trusted)
        self.formula.setText(self._possible().formula_of(self.energy))

    def _show_faults(self, state: EngineState) -> None:
        """Fields have failed: the engine has switched them off, and so does the list."""
        failed: list[int] = []
        for fault in state.faults:
            if fault.number > self._fault:
                failed += self.custom_files.show_fault(fault)
        self._fault = state.faults[-1].number
        off = switched_off(self.composition, failed)
        if off != self.composition:
            self._history = self._history.edited(off)
            self._refresh()
            if self._possible() != state.composition:
                # What failed was of an edit before: the one after it is on its way, with the field switched on.
                self._emit()


class _Comparing(QObject):
    """Buttons of a comparison.

    Every wish has a number, and states say which the engine has done last: so it is told apart whether the engine has
    ended a comparison by itself, or has not come to begin it.

    Signals:
        asked: A, or None for the end of a comparison, and the number of the wish.

    Args:
        editor: whose compositions; the present one is B.
    """

    asked = Signal(object, int)

    def __init__(self, editor: SteeringPanel) -> None:
        super().__init__(editor)
        self._editor = editor
        self._request = 0
        self.reference: Composition | None = None
        """A, while two are compared."""
        tools = editor.tools
        tools.compared.connect(self.set_comparing)
        tools.swapped.connect(self.swap)
        tools.kept.connect(lambda: self.set_comparing(False))
        tools.returned.connect(self.go_back)

    def set_comparing(self, on: bool) -> None:
        """Keeps the present composition as A, or goes on with B alone."""
        self._compare_with(self._editor.composition if on else None)

    def swap(self) -> None:
        """A and B change places."""
        if self.reference is not None:
            a, b = self.reference, self._editor.composition
            self._compare_with(b)
            self._editor.edit(a)

    def go_back(self) -> None:
        """Ends the comparison with A."""
        if self.reference is not None:
            reference = self.reference
            self._compare_with(None)
            self._editor.edit(reference)

    def show_state(self, state: EngineState) -> None:
        """Follows the engine, where that has ended the comparison: as the model trains, or A cannot be."""
        if self.reference is not None and state.compared is None and state.comparison == self._request:
            self.forget()

    def forget(self) -> None:
        """There is no comparison: another session has come on view, or the engine has ended it."""
        self.reference = None
        self._editor.tools.show_comparison("")

    def _compare_with(self, reference: Composition | None) -> None:
        self.reference = reference
        self._request += 1
        self._editor.tools.show_comparison(
            "" if reference is None else reference.formula_of(self._editor.energy)
        )
        self.asked.emit(reference, self._request)


class CustomFiles(QObject):
    """Files that the controls of user-defined fields ask for.

    Args:
        editor: whose layers.
    """

    def __init__(self, editor: SteeringPanel) -> None:
        super().__init__(editor)
        self._editor = editor
        self._waiting: set[str] = set()
        editor.signals.file.connect(self._on_choose)
        editor.signals.reload.connect(self._on_reload)

    def add(self) -> None:
        """Asks for a file, and adds a layer that is switched on once the file has run."""
        facts = self._editor.context.facts
        path = begin_code(self._editor, "the field's file", () if facts is None else facts.space.shape)
        if path is None:
            return
        found = reviewed(self._editor, path, self._editor.context.trusted)
        if isinstance(found, CodeError):
            QMessageBox.warning(self._editor, "No field", _sentence(found))
        elif found is not None:
            field = CustomField(str(found.path), found.digest)
            self._editor.add_layer(Layer(field, field.scale.start, enabled=False), CUSTOM_FIELD_GESTURE)
            self._trust(found)

    def take_up(self, trusted: frozenset[str]) -> None:
        """Switches the layers on whose files were waited for and have run."""
        arrived = self._waiting & trusted
        self._waiting -= arrived
        composition = self._editor.composition
        for index, layer in enumerate(composition.layers):
            if isinstance(layer.field, CustomField) and layer.field.digest in arrived:
                composition = composition.with_layer(index, enabled=True)
        self._editor.edit(composition, CUSTOM_FIELD_GESTURE)
        if arrived:
            self._editor.settle()

    def show_fault(self, fault: Fault) -> list[int]:
        """Tells what has failed in the card of that name; returns the indices of the layers."""
        failed = []
        for index, card in enumerate(self._editor.layers.cards):
            if not isinstance(card.controls, CustomControls) or card.controls.field is None:
                continue
            if fault.name in (card.layer.title, card.controls.field.label):
                self._waiting.discard(card.controls.field.digest)
                card.controls.show_error(fault.text, failed=True)
                card.set_expanded(True)
                failed.append(index)
        return failed

    def _on_choose(self, controls: QObject) -> None:
        path = choose_code(self._editor, "the field's file")
        if path is not None:
            self._review(controls, path)

    def _on_reload(self, controls: QObject) -> None:
        assert isinstance(controls, CustomControls)
        assert controls.field is not None
        self._review(controls, Path(controls.field.path))

    def _review(self, controls: QObject, path: Path) -> None:
        """Reads a file for a layer there is; what is wrong with it is told in its card."""
        assert isinstance(controls, CustomControls)
        found = reviewed(self._editor, path, self._editor.context.trusted)
        if isinstance(found, CodeError):
            controls.show_error(str(found))
        elif found is not None:
            controls.show_error("")
            for index, card in enumerate(self._editor.layers.cards):
                if card.controls is controls:
                    self._put(index, card, found)

    def _put(self, index: int, card: LayerCard, source: FieldSource) -> None:
        field = CustomField(str(source.path), source.digest)
        known = source.digest in self._editor.context.trusted
        self._editor.edit(
            self._editor.composition.with_layer(index, field=field, enabled=known or card.layer.enabled),
            CUSTOM_FIELD_GESTURE,
        )
        self._trust(source)

    def _trust(self, source: FieldSource) -> None:
        """Lets the engine run the file; where it has run already, the layer only has to be switched on."""
        self._waiting.add(source.digest)
        self._editor.trust_field.emit(source)
        self.take_up(self._editor.context.trusted)


def _sentence(error: CodeError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
