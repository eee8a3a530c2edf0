"""The steering panel: fields that are added to the trained Hamiltonian, and what the chains make of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QVBoxLayout, QWidget

from landscape_app.counting import capitalised
from landscape_app.gui.menus import MenuEntry, Row, pressing
from landscape_app.gui.state import DIGITS, EngineState, Fault
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.steering.controls.custom import CustomControls
from landscape_app.gui.steering.files import choose_composition, open_composition, save_composition
from landscape_app.gui.steering.layers import TEMPERATURE_LIMITS, LayerLine, LayerList
from landscape_app.gui.steering.targets import KEYS, TargetGrid
from landscape_app.gui.steering.tools import Tools
from landscape_app.gui.theme import Theme
from landscape_app.gui.trust import begin_code, choose_code, reviewed
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.fixed import FixedScrollArea, lay_out_panel
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.language import tr
from landscape_app.models import MinMaxEntModel
from landscape_app.physics.fields import KINDS, CodeError, CustomField, FixedPixels, kinds_for
from landscape_app.session.composition import (
    DEFAULT_STRENGTH,
    LEAST_TEMPERATURE,
    MOST_LAYERS,
    MOST_TEMPERATURE,
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

LEAST_SLIDER = 256
"""Least width of the temperature's slider, in pixels."""

FORMULA_LINES = 3
"""Lines that the formula has room for; a longer one scrolls."""


class SteeringPanel(QWidget):
    """Formula, temperature, quick targets and tools above the list of layers and the controls of the selected one.

    Signals:
        compose: the composition, at every change, whether another is about to come, and the number of the session
            that it is for (`Facts.number`).
        train_classifier: the classifier shall be trained anew.
        train_discriminator: a discriminator shall be trained against the chains.
        trust_field: the source of a user-defined field that the user trusts.
        compare: the composition A to compare with, None for none; the number of this wish, and of the session.
        keep_a: A, with which a comparison ends, and those two numbers.
        awaited: whether chains do not follow yet what the panel says.

    Args:
        theme: colours.
    """

    compose = Signal(Composition, bool, int)
    train_classifier = Signal()
    train_discriminator = Signal()
    trust_field = Signal(object)
    compare = Signal(object, int, int)
    keep_a = Signal(Composition, int, int)
    awaited = Signal(bool)

    def __init__(self, theme: Theme) -> None:
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
        self.formula.setAccessibleName(tr("The Hamiltonian"))
        self.formula.setWordWrap(True)
        self.formula.setToolTip(
            tr(
                "The energy that the chains sample: q(x)·exp(−H(x)), with q the base measure "
                "(of images the smoothed per-pixel histograms, of points a broad Gaussian, of tables "
                "with numbers a mixture of Gaussians and of shares of their categories)"
            )
        )
        self.temperature = NumberSlider(
            "temperature",
            tr("Temperature"),
            TEMPERATURE_LIMITS,
            1.0,
            tr(
                "<b>Temperature</b> T divides the whole Hamiltonian.<br>Cold: only the likeliest images. Hot: "
                "towards the base measure. At 1 the model is as trained."
            ),
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        self._target_grid = TargetGrid(DIGITS)
        self.tools = Tools()
        self._comparing = _Comparing(self)
        self.layers = LayerList(self.signals, theme)
        self.custom_files = CustomFiles(self)
        self._name_parts()
        name = set_name(QLabel(tr("Temperature T")), "muted")
        name.setToolTip(self.temperature.toolTip())
        self.temperature.box.setToolTip(self.temperature.toolTip())
        row = QHBoxLayout()
        row.addWidget(name, 1)
        row.addWidget(self.temperature.box)
        heat = QVBoxLayout()
        heat.setSpacing(0)
        heat.addLayout(row)
        # As wide as the card: no slider is used more.
        self.temperature.slider.setMinimumWidth(LEAST_SLIDER)
        heat.addWidget(self.temperature)
        self.scroll_area = lay_out_panel(
            self,
            [self.layers],
            head=[control_card(_field_of(self.formula), heat), self._target_grid.card, self.tools],
            filling=0,
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
        """The strength of the selected layer."""
        return None if self.layers.selected is None else self.layers.selected.strength

    def edit(self, composition: Composition, gesture: str = "") -> None:
        """Takes a new composition; edits of one gesture in a row are one step of undo."""
        composition = self._context.named(composition)
        before, self._history = self._history, self._history.edited(composition, gesture)
        if self._history is not before:
            self._refresh()
            self._emit(hurried=bool(gesture))

    def take_over(self, composition: Composition) -> None:
        """Takes a composition whose chains are there."""
        self._history = self._history.edited(self._context.named(composition))
        self._rest.stop()
        self._refresh()
        self._set_awaited(True)

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
        index = class_layer(self.composition)
        if index is not None and not released:
            self.layers.select(self.layers.lines[index])
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
        """Adds a layer at the end, and selects it."""
        if self._has_room:
            self.edit(added(self.composition, layer), gesture)

    def strengthen(self, steps: int) -> None:
        """Makes the selected layer stronger, or weaker."""
        if self.layers.selected is not None:
            self.layers.selected.strengthen(steps)

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
        last = tr("The selected layer")
        return [
            *targets,
            None,
            MenuEntry(tr("Stronger"), "+", "stronger", lambda: self.strengthen(1), last),
            MenuEntry(tr("Weaker"), "-", "weaker", lambda: self.strengthen(-1), last),
            MenuEntry(
                tr("The model's energy on or off"),
                "H",
                "hamiltonian",
                self.hamiltonian.toggle,
                self.hamiltonian.toolTip(),
            ),
            pressing(tr("Back to the trained model"), "Backspace", tools.clear),
            None,
            MenuEntry(tr("Undo"), "Ctrl+Z", "undo-edit", self.undo, tools.undo.toolTip()),
            MenuEntry(tr("Redo"), "Ctrl+Shift+Z", "redo-edit", self.redo, tools.redo.toolTip()),
            pressing(tr("Add a field…"), "Ins", tools.add_button)._replace(do=tools.add_button.showMenu),
            pressing(tr("Begin with a preset…"), "P", tools.preset_button)._replace(
                do=tools.preset_button.showMenu
            ),
            pressing(tr("Compare A/B"), "C", tools.compare),
            pressing(tr("Swap A and B"), "Shift+C", tools.swap),
            pressing(tr("Open a composition…"), "Ctrl+Shift+O", tools.open),
            pressing(tr("Save the composition…"), "Ctrl+Shift+S", tools.save),
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
            self._set_awaited(state.composition != self._possible())

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
        self.hamiltonian, self.warning = self.layers.model.switch, self.layers.model.warning
        self.model_temperature = self.layers.model.temperature

    def _connect(self) -> None:
        tools = self.tools
        self._target_grid.chosen.connect(self.set_target)
        self._target_grid.retrain.clicked.connect(self.train_classifier)
        self.layers.edited.connect(self.edit)
        self.layers.settled.connect(self.settle)
        self.hamiltonian.toggled.connect(self._switch_model)
        for entry, name in ((self.temperature, "temperature"), (self.model_temperature, "model_temperature")):
            entry.changed.connect(
                lambda value, entry=entry, name=name: self.edit(
                    replace(self.composition, **{name: value}), name if entry.is_sliding else ""
                )
            )
            entry.settled.connect(self.settle)
        tools.cleared.connect(self.clear)
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
        self._comparing.kept_a.connect(lambda a, request: self.keep_a.emit(a, request, self._number))

    def _on_preset(self, preset: Preset) -> None:
        self.edit(preset.make())

    def _switch_model(self, on: bool) -> None:
        self.layers.select(None)
        self.edit(replace(self.composition, hamiltonian=on))

    def _go_to(self, history: CompositionHistory) -> None:
        if history is not self._history:
            self._history = history
            self._refresh()
            self._emit()

    def _set_awaited(self, awaited: bool) -> None:
        self.layers.set_awaited(self._possible() if awaited else None)
        self.awaited.emit(awaited)

    def _emit(self, hurried: bool = False) -> None:
        self._set_awaited(True)
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
        self.temperature.show_value(composition.temperature)
        self.tools.clear.setEnabled(composition != Composition())
        self._target_grid.check(chosen_class(composition))
        self._show_formula()
        self.tools.show_history(self._history.can_undo, self._history.can_redo)

    def _show_context(self, context: FieldContext) -> None:
        before, self._context = self._context, context
        self._target_grid.show_context(context)
        self.layers.show_context(context)
        if (before.facts, before.rounds) != (context.facts, context.rounds) and context.facts is not None:
            self._target_grid.card.setVisible(context.classes > 0)
            self.layers.model.show_model(context.facts.model, context.facts.formula)
            kinds = kinds_for(context.facts.space, context.classes)
            self.tools.show_kinds(kinds)
            self.tools.show_presets(
                presets(context.class_names, len(context.rounds), FixedPixels.kind in kinds)
            )
        self.tools.set_ready(context.facts is not None, not context.training)
        if before.trusted != context.trusted:
            self.custom_files.take_up(context.trusted)
        self._show_formula()

    def _show_formula(self) -> None:
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
        kept_a: A, with which the comparison ends, and that number.

    Args:
        editor: whose compositions; the present one is B.
    """

    asked = Signal(object, int)
    kept_a = Signal(Composition, int)

    def __init__(self, editor: SteeringPanel) -> None:
        super().__init__(editor)
        self._editor = editor
        self._request = 0
        self.reference: Composition | None = None
        """A, while two are compared."""
        tools = editor.tools
        tools.compared.connect(self.set_comparing)
        tools.swapped.connect(self.swap)
        tools.kept_a.connect(self.keep_a)
        tools.kept_b.connect(lambda: self.set_comparing(False))

    def set_comparing(self, on: bool) -> None:
        """Keeps the present composition as A, or goes on with B alone."""
        self._compare_with(self._editor.composition if on else None)

    def swap(self) -> None:
        """A and B change places."""
        if self.reference is not None:
            a, b = self.reference, self._editor.composition
            self._compare_with(b)
            self._editor.edit(a)

    def keep_a(self) -> None:
        """Ends the comparison with A, whose chains go on."""
        if self.reference is not None:
            reference = self.reference
            self.forget()
            self._request += 1
            self._editor.take_over(reference)
            self.kept_a.emit(reference, self._request)

    def show_state(self, state: EngineState) -> None:
        """Follows the engine, where that has ended the comparison: as the model trains, or A cannot be."""
        if self.reference is not None and state.compared is None and state.comparison == self._request:
            self.forget()

    def forget(self) -> None:
        """There is no comparison: another session has come on view, or the engine has ended it."""
        self.reference = None
        self._editor.tools.show_comparison(False)

    def _compare_with(self, reference: Composition | None) -> None:
        self.reference = reference
        self._request += 1
        self._editor.tools.show_comparison(reference is not None)
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
        path = begin_code(self._editor, tr("the field's file"), () if facts is None else facts.space.shape)
        if path is None:
            return
        found = reviewed(self._editor, path, self._editor.context.trusted)
        if isinstance(found, CodeError):
            QMessageBox.warning(self._editor, tr("No field"), _sentence(found))
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
        """Tells what has failed in the controls of the layer of that name; returns the indices of such layers."""
        failed = []
        for index, line in enumerate(self._editor.layers.lines):
            if not isinstance(line.controls, CustomControls) or line.controls.field is None:
                continue
            if fault.name in (line.layer.title, line.controls.field.label):
                self._waiting.discard(line.controls.field.digest)
                line.controls.show_error(fault.text, failed=True)
                self._editor.layers.select(line)
                failed.append(index)
        return failed

    def _on_choose(self, controls: QObject) -> None:
        path = choose_code(self._editor, tr("the field's file"))
        if path is not None:
            self._review(controls, path)

    def _on_reload(self, controls: QObject) -> None:
        assert isinstance(controls, CustomControls)
        assert controls.field is not None
        self._review(controls, Path(controls.field.path))

    def _review(self, controls: QObject, path: Path) -> None:
        """Reads a file for a layer there is; what is wrong with it is told among its controls."""
        assert isinstance(controls, CustomControls)
        found = reviewed(self._editor, path, self._editor.context.trusted)
        if isinstance(found, CodeError):
            controls.show_error(str(found))
        elif found is not None:
            controls.show_error("")
            for index, line in enumerate(self._editor.layers.lines):
                if line.controls is controls:
                    self._put(index, line, found)

    def _put(self, index: int, line: LayerLine, source: FieldSource) -> None:
        field = CustomField(str(source.path), source.digest)
        known = source.digest in self._editor.context.trusted
        self._editor.edit(
            self._editor.composition.with_layer(index, field=field, enabled=known or line.layer.enabled),
            CUSTOM_FIELD_GESTURE,
        )
        self._trust(source)

    def _trust(self, source: FieldSource) -> None:
        """Lets the engine run the file; where it has run already, the layer only has to be switched on."""
        self._waiting.add(source.digest)
        self._editor.trust_field.emit(source)
        self.take_up(self._editor.context.trusted)


def _field_of(formula: QLabel) -> FixedScrollArea:
    """A field of constant height, in which a long formula scrolls, also by keys."""
    field = FixedScrollArea()
    field.setObjectName("formula-field")
    field.setAccessibleName(tr("Field of the Hamiltonian"))
    field.setToolTip(formula.toolTip())
    formula.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    formula.ensurePolished()
    field.setFixedHeight(FORMULA_LINES * formula.fontMetrics().lineSpacing())
    field.setWidget(formula)
    policies = Qt.FocusPolicy
    field.verticalScrollBar().rangeChanged.connect(
        lambda _, most: field.setFocusPolicy(policies.TabFocus if most > 0 else policies.NoFocus)
    )
    return field


def _sentence(error: CodeError) -> str:
    text = str(error)
    return f"{capitalised(text)}."
