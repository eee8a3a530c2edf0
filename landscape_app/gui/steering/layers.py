"""A composition as a list: a line for the model's energy and for each layer, and the controls of the selected one."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls import CONTROLS
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import EyeSwitch, duplicate_icon
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.gui.widgets.paragraph import ShortenedLabel, TitleEdit
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.gui.worker import WAITING_SECONDS
from landscape_app.language import tr
from landscape_app.models import MinMaxEntModel, Model
from landscape_app.physics.estimate import shown
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


UP, DOWN, DUPLICATE, REMOVE, RENAME, ABOVE, BELOW = (
    "up",
    "down",
    "duplicate",
    "remove",
    "rename",
    "above",
    "below",
)

KEYS = {
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Up): ABOVE,
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Down): BELOW,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_Up): UP,
    (Qt.KeyboardModifier.AltModifier, Qt.Key.Key_Down): DOWN,
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_D): DUPLICATE,
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_Delete): REMOVE,
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_F2): RENAME,
}
"""While a line of the list, or anything in it or its controls that does not need the key itself, has the focus."""

LAYER_KEYS = KeyTable(
    tr("In the list of layers"),
    (
        ("Up, Down", tr("Select the line above, below")),
        ("Alt+Up, Alt+Down", tr("Move the layer up, down")),
        ("Ctrl+D", tr("Duplicate the layer")),
        ("Del", tr("Remove the layer")),
        ("F2", tr("Rename: Return keeps it, Esc does not")),
    ),
)

BUTTONS = {
    UP: ("↑", tr("Move the layer up"), tr("Move the layer up (Alt+Up)")),
    DOWN: ("↓", tr("Move the layer down"), tr("Move the layer down (Alt+Down)")),
    DUPLICATE: ("", tr("Duplicate the layer"), tr("Duplicate the layer (Ctrl+D)")),
    REMOVE: ("✕", tr("Remove the layer"), tr("Remove the layer (Delete)")),
}

BUTTON = 26
"""Width of a small button."""

LINE, HANDLE, GAP = 30, 10, 5
"""Height of a line of the list, width of its handle, and between its parts, in pixels."""

LINES, LEAST_LINES = 4, 2
"""Lines that the list has room for: of the model and three layers, and where the panel is low."""

SYMBOL = 22
"""Width of the symbol before a slider, the same for all, in pixels."""

STRENGTH = tr("Strength α")
"""Name of a layer's number, before its slider."""

LEAST_CONTROLS = 90
"""Pixels of height that the controls of a field scroll in where the panel is low."""


class Handle(QLabel):
    """Handle by which a line is dragged.

    Signals:
        dragged: where the pointer is, on the screen.
        dropped: it was let go.
    """

    accessible_role = QAccessible.Role.Grip

    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__("⠿")
        self.setObjectName("layer-handle")
        self.setToolTip(tr("Drag the layer up or down (Alt+Up, Alt+Down)"))
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setFixedWidth(HANDLE)

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


class ListLine(QFrame):
    """A line of the list, and the page of controls that is shown while it is selected.

    Signals:
        selected: the line has been clicked, or has taken the focus.

    Args:
        title: names the page.
        switch: name of the switch.
        symbol: of the number.
        name: of the number, with its symbol, before the slider.
        number: with a slider, which stands on the page; its box stands in the line.

    Attributes:
        switch: the eye.
        page: the controls.
        note: a line below the slider.
        area: where the rest of the controls scrolls.
    """

    accessible_role = QAccessible.Role.Grouping

    selected = Signal()

    def __init__(self, title: str, switch: str, symbol: str, name: str, number: NumberSlider) -> None:
        super().__init__()
        self.setObjectName("layer-line")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(LINE)
        self.switch = set_name(EyeSwitch(""), switch)
        self._symbol = set_name(QLabel(symbol), "muted")
        number.box.setToolTip(number.toolTip())
        self._symbol.setToolTip(number.toolTip())
        number.box.setFixedWidth(self.fontMetrics().horizontalAdvance("−000.00") + 32)
        self.columns = QHBoxLayout(self)
        self.columns.setContentsMargins(6, 1, 6, 1)
        self.columns.setSpacing(GAP)
        self.columns.addWidget(self.switch)
        self.columns.addWidget(self._symbol)
        self.columns.addWidget(number.box)
        self.page = QWidget()
        self.heading = QHBoxLayout()
        self.heading.setSpacing(4)
        self.kind = set_name(QLabel(title), "title")
        # As high as with buttons beside it.
        self.kind.setMinimumHeight(BUTTON)
        self.heading.addWidget(self.kind, 1)
        row = QHBoxLayout()
        row.setSpacing(6)
        symbol_of_slider = set_name(QLabel(name), "muted")
        # The same for all lines, so that no slider moves.
        longest = symbol_of_slider.fontMetrics().horizontalAdvance(STRENGTH)
        symbol_of_slider.setFixedWidth(max(SYMBOL, longest + 2))
        symbol_of_slider.setToolTip(number.toolTip())
        row.addWidget(symbol_of_slider)
        row.addWidget(number, 1)
        self.note = set_name(ShortenedLabel(), "muted")
        sheet = QWidget()
        self._controls = QVBoxLayout(sheet)
        self._controls.setContentsMargins(0, 0, 0, 0)
        self._controls.addStretch(1)
        self.area = FixedScrollArea()
        self.area.setWidget(sheet)
        # Of one height for every kind of field, so that none moves the list.
        self.area.setMinimumHeight(LEAST_CONTROLS)
        self.area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        fixed = QVBoxLayout()
        # As wide as what scrolls below.
        fixed.setContentsMargins(0, 0, self.area.bar_width, 0)
        fixed.setSpacing(6)
        fixed.addLayout(self.heading)
        fixed.addLayout(row)
        fixed.addWidget(self.note)
        body = QVBoxLayout(self.page)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(6)
        body.addLayout(fixed)
        body.addWidget(self.area, 1)

    @property
    def has_focus(self) -> bool:
        """True if the line, or something in it or on its page, has the focus."""
        now = QApplication.focusWidget()
        return now is not None and self.holds(now)

    def holds(self, widget: QWidget) -> bool:
        """True if a widget is the line, or in it, or on its page."""
        return widget is self or self.isAncestorOf(widget) or self.page.isAncestorOf(widget)

    def set_selected(self, selected: bool) -> None:
        """Marks the line as the one whose controls are shown."""
        restyle(self, "selected", selected)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Selects the line."""
        super().focusInEvent(event)
        self.selected.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside every control takes the focus."""
        self.setFocus()
        self.selected.emit()


class LayerLine(ListLine):
    """A layer as a person sees it.

    Signals:
        changed: the new layer, and the gesture that the change is part of; "" for none.
        settled: a gesture has ended.
        asked: one of UP, DOWN, DUPLICATE, REMOVE.
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
    dragged = Signal(QPoint)

    def __init__(self, layer: Layer, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        self._layer = layer
        self.controls = CONTROLS[type(layer.field)](context, signals, theme)
        self.controls.show_field(layer.field)
        self.controls.show_context(context)
        self.strength = self._new_strength(layer)
        super().__init__(self.controls.title.rstrip("…"), "layer-switch", "α", STRENGTH, self.strength)
        self.setToolTip(
            tr(
                "A layer adds its strength α times its field's energy V to the Hamiltonian.<br>"
                "Keys: Alt+Up and Alt+Down move it, Ctrl+D duplicates, Delete removes, F2 renames"
            )
        )
        self.handle = Handle()
        self.switch.setToolTip(tr("Whether the field takes part"))
        self.title = TitleEdit("layer-title")
        self.columns.insertWidget(0, self.handle)
        self.columns.insertWidget(2, self.title, 1)
        self._add_buttons()
        self.note.setAccessibleName(tr("What the chains make of the field"))
        self._controls.insertWidget(0, self.controls)
        self.set_theme(theme)
        self._connect()
        self.show_layer(layer)
        self.show_statistics(None)

    def _connect(self) -> None:
        self.switch.toggled.connect(lambda on: self._change(replace(self._layer, enabled=on)))
        self.title.renamed.connect(self._on_renamed)
        self._has_moved = False
        self.strength.changed.connect(self._on_strength)
        self.strength.settled.connect(self.settled)
        self.controls.changed.connect(self._on_field)
        self.controls.settled.connect(self.settled)
        self.handle.dragged.connect(self.dragged)
        self.handle.dropped.connect(self.settled)

    @property
    def layer(self) -> Layer:
        """Value on show."""
        return self._layer

    def show_layer(self, layer: Layer) -> None:
        """Sets every control to a layer whose field is of the same kind."""
        is_another = layer.field != self._layer.field
        if is_another:
            self.controls.show_field(layer.field)
        self._layer = layer
        if is_another:
            self.forget_statistics()
        with QSignalBlocker(self.switch):
            self.switch.setChecked(layer.enabled)
        self.title.show_title(layer.title)
        if abs(layer.strength) > self.strength.limits[1] or (layer.strength < 0) > (
            self.strength.limits[0] < 0
        ):
            self.strength.set_limits(slider_limits(layer.field, None, (0.0, abs(layer.strength))))
        self.strength.show_value(layer.strength)
        for part in (self.strength, self.strength.box, self._symbol):
            part.setEnabled(not layer.clamps)
        self.setAccessibleName(tr("Layer {title}", title=layer.title))
        self.switch.setAccessibleName(tr("Switch {title} on or off", title=layer.title))
        self.handle.setAccessibleName(tr("Handle of {title}", title=layer.title))
        self.strength.set_label(tr("Strength of {title}", title=layer.title))

    def show_context(self, context: FieldContext) -> None:
        """Follows what the run has."""
        self.controls.show_context(context)

    def show_statistics(self, statistics: LayerStatistics | None) -> None:
        """Says what the chains make of the field, and scales the slider to what the field says."""
        if self._layer.clamps:
            text = tr("fixed in every chain; no energy")
        elif statistics is None:
            text = tr("⟨V⟩ not measured")
        else:
            text = tr(
                "⟨V⟩ {mean} ± {spread} · model {model_mean} ± {model_spread}",
                mean=_number(statistics.chains_mean),
                spread=_number(statistics.chains_spread),
                model_mean=_number(statistics.model_mean),
                model_spread=_number(statistics.model_spread),
            )
        self._write_note(text)
        # Once a person has moved it, its scale stays, so that a strength keeps its place.
        if statistics is not None and not self._has_moved and not self.strength.is_sliding:
            now = self.strength.limits
            limits = slider_limits(self._layer.field, statistics, now)
            if limits[1] >= abs(self._layer.strength):
                self.strength.set_limits(limits)

    def forget_statistics(self) -> None:
        """Leaves a gap where the chains do not follow yet: their figures are of the composition before."""
        if not self._layer.clamps:
            self._write_note(tr("⟨V⟩ …"))

    def _write_note(self, text: str) -> None:
        if self.note.text() != text:
            self.note.setText(text)
            self.note.setToolTip(f"{text}<br>{STATISTICS}")

    def strengthen(self, steps: int) -> None:
        """Makes the layer stronger or weaker by so many steps."""
        if self.strength.isEnabled():
            step = strength_step(self._layer, self.strength.limits)
            self.strength.set_value(self.strength.value + steps * step)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.buttons[DUPLICATE].setIcon(duplicate_icon(theme.text))
        self.controls.set_theme(theme)

    def set_ends(self, first: bool, last: bool) -> None:
        """Pair: there is no layer above, there is none below."""
        self.buttons[UP].setEnabled(not first)
        self.buttons[DOWN].setEnabled(not last)

    def _new_strength(self, layer: Layer) -> NumberSlider:
        field = layer.field
        limits = slider_limits(field, None, None)
        meaning = tr("; negative drives away from what it wants") if field.signed else ""
        return NumberSlider(
            "layer-strength",
            tr("Strength"),
            limits,
            layer.strength,
            tr(
                "<b>Strength</b> α, by which the field's energy V is multiplied (+ and −){meaning}.<br>"
                "For a class, 1 is Bayes' rule: the model's own images of that class, in their own proportions. "
                "Larger is surer and less varied.",
                meaning=meaning,
            ),
            box_limits=(-MOST_STRENGTH if field.signed else 0.0, MOST_STRENGTH),
            step=strength_step(layer, limits),
        )

    def _add_buttons(self) -> None:
        self.buttons: dict[str, QToolButton] = {}
        for name, (sign, meaning, tip) in BUTTONS.items():
            button = set_name(QToolButton(), f"layer-{name}", text=sign)
            button.setProperty("small", True)
            button.setFixedSize(BUTTON, BUTTON)
            button.setAccessibleName(meaning)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            self.heading.addWidget(button)
            self.buttons[name] = button

    def _on_renamed(self, text: str) -> None:
        self._change(replace(self._layer, name="" if text == self._layer.field.label else text))

    def _on_field(self, field: Field, gesture: str) -> None:
        self._change(replace(self._layer, field=field), gesture)

    def _on_strength(self, strength: float) -> None:
        self._has_moved = True
        gesture = "strength" if self.strength.is_sliding else ""
        self._change(replace(self._layer, strength=strength), gesture)

    def _change(self, layer: Layer, gesture: str = "") -> None:
        self.show_layer(layer)
        self.selected.emit()
        self.changed.emit(layer, gesture)


STATISTICS = tr(
    "<b>⟨V⟩</b>: mean of the field's energy over the chains, in nats, ± its spread from chain to chain; and over "
    "samples of the model without any field. The strength's slider ends where α times that spread is about 25 nats: "
    "beyond, hardly any sample of the model is left."
)


def _asked(event: QKeyEvent) -> str | None:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return KEYS.get((modifiers, Qt.Key(event.key())))


def _number(value: float) -> str:
    return shown(value, f".{2 if abs(value) < 10 else 1}f")


TEMPERATURE_LIMITS = (0.25, 4.0)
"""Range of the sliders of temperatures."""

WITHOUT_MODEL = tr(
    "Off: nothing holds the chains to what the data look like. They fall into the classifier's blind "
    "spots: it is sure, and you are not (the paper's figure 7d)."
)


class ModelLine(ListLine):
    """The model's energy, the first line of the list.

    Attributes:
        temperature: T_m of this term alone.
        warning: where it is switched off.
    """

    def __init__(self) -> None:
        self.temperature = NumberSlider(
            "model-temperature",
            tr("Temperature of the model's term"),
            TEMPERATURE_LIMITS,
            1.0,
            tr(
                "<b>Temperature</b> T<sub>m</sub> of the trained landscape alone: its energy is divided by it, the "
                "fields are not.<br>Hot: the fields have more to say, against the base measure. Without a field it "
                "does the same as T, which divides all."
            ),
            logarithmic=True,
            box_limits=(max(LEAST_TEMPERATURE, 0.01), MOST_TEMPERATURE),
        )
        super().__init__(
            tr("Energy of the model"), "hamiltonian", "T<sub>m</sub>", "T<sub>m</sub>", self.temperature
        )
        self.title = set_name(ShortenedLabel(), "title")
        self.columns.insertWidget(1, self.title, 1)
        # Its eye stands above those of layers, which have a handle before it.
        self.columns.insertSpacing(0, HANDLE + GAP)
        self.switch.setChecked(True)
        self.warning = set_name(QLabel(WITHOUT_MODEL), "warning")
        self.warning.setWordWrap(True)
        self.warning.setVisible(False)
        self._controls.insertWidget(0, self.warning)
        self.note.setAccessibleName(tr("Formula of the energy"))
        self.show_model(MinMaxEntModel, MinMaxEntModel.formula)

    def show_model(self, model: type[Model], formula: str) -> None:
        """Names the model and its energy."""
        meaning = wrapped(
            tr(
                "The trained landscape, E = {formula}. Switched off, only the base measure and the fields remain "
                "(H)",
                formula=formula,
            )
        )
        self.title.setText(model.title)
        self.setAccessibleName(tr("Energy of the model, {title}", title=model.title))
        self.switch.setAccessibleName(
            tr("Switch the energy of the model, {title}, on or off", title=model.title)
        )
        self.note.setText(f"E = {formula}")
        for widget in (self, self.title, self.switch, self.note):
            widget.setToolTip(meaning)

    def show_composition(self, composition: Composition) -> None:
        """Sets the controls, without a signal."""
        with QSignalBlocker(self.switch):
            self.switch.setChecked(composition.hamiltonian)
        self.temperature.show_value(composition.model_temperature)
        for part in (self.temperature, self.temperature.box, self._symbol):
            part.setEnabled(composition.hamiltonian)
        self.warning.setVisible(not composition.hamiltonian)


class LinesArea(FixedScrollArea):
    """Has room for so many lines, whether they are there or not."""

    def sizeHint(self) -> QSize:
        """All lines."""
        return QSize(super().sizeHint().width(), LINES * LINE)

    def minimumSizeHint(self) -> QSize:
        """Fewer, as wide."""
        return QSize(super().minimumSizeHint().width(), LEAST_LINES * LINE)


class LayerList(QWidget):
    """A line for the model and for each layer, and the controls of the selected one; edits give a new composition.

    Signals:
        edited: the new composition, and the gesture that the edit is part of; "" for none.
        settled: a gesture has ended.

    Args:
        signals: what controls can ask for.
        theme: colours.

    Attributes:
        model: the model's line.
        lines: those of the layers.
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
        self.lines: list[LayerLine] = []
        self._awaited: Composition | None = None
        self._is_late = False
        self._soon = QTimer(self, singleShot=True, interval=round(1000 * WAITING_SECONDS))
        self._soon.timeout.connect(self._forget_statistics)
        self._selected: LayerLine | None = None
        self.model = ModelLine()
        self.area = LinesArea()
        self.area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._sheet = QWidget()
        self._layout = QVBoxLayout(self._sheet)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.model)
        self._layout.addStretch(1)
        self.area.setWidget(self._sheet)
        self.area.installEventFilter(self)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.model.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(_framed(self.area, (2, 3, 0, 3)))
        layout.addWidget(_framed(self.pages, (10, 6, 4, 6)), 1)
        self.model.selected.connect(lambda: self.select(None))
        self.select(None)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)

    @property
    def selected(self) -> LayerLine | None:
        """The layer whose controls are shown; None for the model."""
        return self._selected

    def show_composition(self, composition: Composition) -> None:
        """Shows the layers of a composition, in lines that stay where the kind of field does."""
        before, self._composition = self._composition, composition
        layers = composition.layers
        added = len(layers) - len(self.lines)
        self.model.show_composition(composition)
        if len(layers) < len(self.lines):
            self._drop_what_is_gone(before, composition)
        for index, layer in enumerate(layers):
            line = self.lines[index] if index < len(self.lines) else None
            if line is None:
                self._insert(index, layer)
            elif type(line.layer.field) is not type(layer.field):
                if added > 0:
                    added -= 1
                else:
                    self._take(index)
                self._insert(index, layer)
            else:
                line.show_layer(layer)
        while len(self.lines) > len(layers):
            self._take(len(self.lines) - 1)
        self._mark_ends()

    def show_context(self, context: FieldContext) -> None:
        """Follows what the run has."""
        self._context = context
        for line in self.lines:
            line.show_context(context)

    def set_awaited(self, composition: Composition | None) -> None:
        """Leaves gaps in the place of figures where the chains take a while to follow.

        Args:
            composition: that they are to follow; None where they do.
        """
        self._awaited = composition or self._awaited
        if composition is None:
            self._soon.stop()
        elif not self._soon.isActive() and not self._is_late:
            self._soon.start()

    def _forget_statistics(self) -> None:
        self._is_late = True
        for line in self.lines:
            line.forget_statistics()

    def show_statistics(self, statistics: CompositionStatistics) -> None:
        """Shows what every field says, where these are the layers on view."""
        if len(statistics.layers) != len(self.lines):
            return
        if self._is_late and statistics.composition != self._awaited:
            return
        self._is_late = False
        for line, layer, found in zip(
            self.lines, statistics.composition.layers, statistics.layers, strict=True
        ):
            if line.layer.field == layer.field:
                line.show_statistics(found)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for line in self.lines:
            line.set_theme(theme)

    def select(self, line: LayerLine | None) -> None:
        """Shows the controls of a layer, or those of the model, which keys are for then."""
        before: ListLine = self.model if self._selected is None else self._selected
        self._selected = line
        shown: ListLine = self.model if line is None else line
        if before is not shown and before.has_focus:
            # Keys are for the selected line, and Qt would lead the focus from a page that goes to anywhere.
            shown.setFocus()
        for other in (self.model, *self.lines):
            other.set_selected(other is shown)
        self.pages.setCurrentWidget(shown.page)
        # A new line has its place only after Qt has laid out the list, which it does between two events.
        QTimer.singleShot(0, self, self._show_selected)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the selected line in sight."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._show_selected)

    def _show_selected(self) -> None:
        self.area.ensureWidgetVisible(self.model if self._selected is None else self._selected, 0, 0)

    def event(self, event: QEvent) -> bool:
        """Keeps the keys of a line from being taken for those of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _asked(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Selects, moves, duplicates, removes, renames."""
        asked, now = _asked(event), QApplication.focusWidget()
        if asked in (ABOVE, BELOW) and (now is None or not self.pages.isAncestorOf(now)):
            self._select_next(1 if asked == BELOW else -1)
        elif asked in (None, ABOVE, BELOW) or self._selected is None:
            super().keyPressEvent(event)
        elif asked == RENAME:
            self._selected.title.begin()
        else:
            self._on_asked(self._selected, asked)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes the keys of the list before what scrolls takes them."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and _asked(event):
            event.accept()
            self.keyPressEvent(event)
            return event.isAccepted()
        return super().eventFilter(watched, event)

    def _select_next(self, steps: int) -> None:
        lines: list[ListLine] = [self.model, *self.lines]
        now = 0 if self._selected is None else 1 + self.lines.index(self._selected)
        line = lines[max(0, min(now + steps, len(lines) - 1))]
        self.select(line if isinstance(line, LayerLine) else None)
        line.setFocus()

    def _insert(self, index: int, layer: Layer) -> None:
        line = LayerLine(layer, self._context, self._signals, self._theme)
        line.changed.connect(lambda layer, gesture, line=line: self._on_changed(line, layer, gesture))
        line.settled.connect(self.settled)
        line.asked.connect(lambda what, line=line: self._on_asked(line, what))
        line.selected.connect(lambda line=line: self.select(line))
        line.dragged.connect(lambda point, line=line: self._on_dragged(line, point))
        self.lines.insert(index, line)
        self._layout.insertWidget(1 + index, line)
        self.pages.addWidget(line.page)
        line.area.installEventFilter(self)
        # Qt would show it later, and keys that come before would miss it.
        line.show()
        self.select(line)
        self._order_tabs()

    def _take(self, index: int) -> None:
        line = self.lines.pop(index)
        if self._selected is line:
            self.select(self.lines[min(index, len(self.lines) - 1)] if self.lines else None)
        self._layout.removeWidget(line)
        self.pages.removeWidget(line.page)
        for part in (line, line.page):
            part.hide()
            part.deleteLater()

    def _drop_what_is_gone(self, before: Composition, after: Composition) -> None:
        """Takes away the line of the first layer that is not there any more, so that the others keep theirs."""
        kept = list(after.layers)
        for index in range(len(self.lines)):
            if index >= len(kept) or before.layers[index] != kept[index]:
                if before.layers[index + 1 :] == after.layers[index:]:
                    self._take(index)
                return

    def _on_changed(self, line: LayerLine, layer: Layer, gesture: str) -> None:
        index = self.lines.index(line)
        layers = list(self._composition.layers)
        layers[index] = layer
        changed = replace(self._composition, layers=tuple(layers))
        self._edit(changed, f"{gesture} of {id(line)}" if gesture else "")

    def _on_asked(self, line: LayerLine, what: str) -> None:
        index = self.lines.index(line)
        if what == REMOVE:
            focused = line.has_focus
            self._take(index)
            self._edit(removed(self._composition, index))
            if focused:
                (self.model if self._selected is None else self._selected).setFocus()
        elif what == DUPLICATE:
            self._edit(duplicated(self._composition, index))
        elif what in (UP, DOWN):
            self._move(index, index + (1 if what == DOWN else -1))

    def _move(self, index: int, to: int, gesture: str = "") -> None:
        if not 0 <= to < len(self.lines) or to == index:
            return
        line = self.lines.pop(index)
        focused = QApplication.focusWidget() if line.has_focus else None
        self.lines.insert(to, line)
        self._layout.removeWidget(line)
        self._layout.insertWidget(1 + to, line)
        self._order_tabs()
        self._edit(moved(self._composition, index, to), gesture)
        self._layout.activate()
        self.select(line)
        if focused is not None:
            # A button that has become the end's is disabled, and hands its focus on.
            (focused if focused.isEnabled() else line).setFocus()

    def _on_dragged(self, line: LayerLine, point: QPoint) -> None:
        """Moves the line over each other whose middle the pointer has passed."""
        index = self.lines.index(line)
        y = self._sheet.mapFromGlobal(point).y()
        gesture = f"drag of {id(line)}"
        if index > 0 and y < self.lines[index - 1].geometry().center().y():
            self._move(index, index - 1, gesture)
        elif index + 1 < len(self.lines) and y > self.lines[index + 1].geometry().center().y():
            self._move(index, index + 1, gesture)

    def _edit(self, composition: Composition, gesture: str = "") -> None:
        self._composition, before = composition, self._composition
        if len(composition.layers) != len(self.lines):
            self._composition = before
            self.show_composition(composition)
        self._mark_ends()
        self.edited.emit(composition, gesture)

    def _mark_ends(self) -> None:
        for index, line in enumerate(self.lines):
            line.set_ends(index == 0, index == len(self.lines) - 1)

    def _order_tabs(self) -> None:
        """Leads the Tab key from line to line, and in each from left to right."""
        before: QWidget = self.model.temperature.box
        for line in self.lines:
            for widget in (line, line.switch, line.strength.box):
                QWidget.setTabOrder(before, widget)
                before = widget

    def _on_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            return
        for line in self.lines:
            if line.holds(now):
                self.select(line)
        if self.model.holds(now):
            self.select(None)


def _framed(content: QWidget, margins: tuple[int, int, int, int]) -> QFrame:
    """A card with narrow margins: left, top, right, bottom."""
    card = set_name(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(*margins)
    layout.addWidget(content)
    return card
