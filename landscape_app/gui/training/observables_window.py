"""The window that looks into a model's observables: a table of all, and what the chosen one responds to."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.keyboard import add_shortcut, show_keyboard
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.training.observables_plots import Drawn, Ends, ObservablePlot
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.mosaic import MOSAIC_KEYS, Mosaic
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import EXPORT_KEYS, READING_KEYS, VIEW_KEYS, EpochPlot
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.gui.widgets.value_plots import TablePlot
from landscape_app.gui.worker import Scheduler
from landscape_app.language import plural_form, tr
from landscape_app.physics.estimate import rounded, shown
from landscape_app.physics.space import Space, Spins
from landscape_app.session.observables import NO_OBSERVABLES, Examples, ObservablesRecord

MULTIPLIER_SECONDS = 0.5
"""Between two drawings of a multiplier while the model trains."""

TABLE_WIDTH, LAST_COLUMN = 440, 64
"""Of the table to begin with, and of its last column at least, in pixels."""

LEAST_STRIP = 44
"""Height of a row of images that can still be told apart, in pixels."""

ASK = tr(
    "Look into the observables of the model on view: what each responds to, and how well its constraint holds."
)

COLUMNS = (
    ("fᵢ", tr("Number of the observable, and what it is where it is not learned")),
    (
        "λᵢ",
        tr(
            "Lagrange multiplier λᵢ, nats per unit of fᵢ.<br>How hard the constraint of fᵢ pulls; 0 is not at all"
        ),
    ),
    (
        f"λσ, {tr('nats')}",
        tr(
            "λᵢ σᵢ, σᵢ the standard deviation of fᵢ over the training data, in nats: by how much the energies of "
            "data differ through this observable.<br>Sorted by size"
        ),
    ),
    (
        tr("⟨f⟩ − data"),
        tr(
            "Residual of the constraint, ⟨fᵢ⟩ over the chains less that over the training data, in units of fᵢ, ± "
            "standard error of the chains' mean, as the constraint is about just these data.<br>Chains that have not "
            "mixed, or that train and were copied by resampling, are worth fewer than the error knows"
        ),
    ),
    (
        "z, σ",
        tr(
            "Residual in standard deviations σᵢ of the training data, as in the training panel.<br>Good: within "
            "±0.1. Sorted by size"
        ),
    ),
    (tr("errors"), tr("Residual in standard errors.<br>Good: within ±2 for nearly all. Sorted by size")),
)
"""Columns of the table, and what they mean."""

OF_ENERGY = (1, 2)
"""Columns of a model whose energy is a sum of its observables."""

BY_SIZE = (2, 4, 5)
"""Columns that are sorted by the size of their numbers."""

GROUPS = {
    "most_data": tr("Data of most {name}"),
    "least_data": tr("Data of least {name}"),
    "most_chains": tr("Chains of most {name}"),
    "least_chains": tr("Chains of least {name}"),
}
"""Fields of a `Response`, and what they are."""

OF_DATA = tr(
    "{what}: training items, the most extreme first, no two of them equal. Rest the pointer on one to read its "
    "number and value; click it to see the slope of the observable there"
)
OF_CHAINS = tr(
    "{what}: chains, the most extreme first, no two of them equal. Rest the pointer on one to read its number and "
    "value; click it to see the slope of the observable there"
)

SLOPES = tr(
    "<b>Slope</b> ∂fᵢ/∂x of the observable at the image that is chosen, per {unit}.<br>Red: more there raises fᵢ. "
    "Blue: more there lowers it. Pale: a change there hardly changes it."
)

MULTIPLIER = tr(
    "<b>Multiplier</b> λᵢ of the chosen observable against the epoch, nats per unit of fᵢ, as in the training panel."
    "<br>Good: it comes to rest."
)

ROWS = tr(
    "Training rows and chains of most and of least fᵢ, the most extreme first, no two of them equal, in the units of "
    "the data"
)


class _Number(QTableWidgetItem):
    """A number in words, sorted by its value; what is no number comes last."""

    def __init__(self, text: str, key: float) -> None:
        super().__init__(text)
        self.key = math.inf if math.isnan(key) else key
        self.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        """True if its number is lower."""
        return isinstance(other, _Number) and self.key < other.key


class ObservablesTable(HeadedTable):
    """A row for each observable; a click on the head of a column sorts by it.

    Signals:
        chosen: number of the observable whose row is selected, from 0.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(
            "observables-table", tr("Observables"), COLUMNS, tr("; click it to sort"), selects_rows=True
        )
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.setShowGrid(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setDefaultSectionSize(LAST_COLUMN)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.itemSelectionChanged.connect(self._choose)

    @property
    def selected(self) -> int | None:
        """Number of the observable that is selected, from 0."""
        items = self.selectedItems()
        return int(items[0].data(Qt.ItemDataRole.UserRole)) if items else None

    def select(self, number: int) -> None:
        """Selects an observable, and brings it into sight."""
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) == number:
                self.selectRow(row)
                self.scrollToItem(item)

    def show_record(self, record: ObservablesRecord | None) -> None:
        """Shows the figures of a record, in the order that is chosen; the same observable stays selected."""
        before = self.selected
        self.blockSignals(True)
        # So that it is chosen anew, with other figures.
        self.clearSelection()
        self.setSortingEnabled(False)
        self.setRowCount(0 if record is None else len(record))
        if record is not None:
            known = bool(np.isfinite(record.multipliers).any())
            for column in OF_ENERGY:
                self.setColumnHidden(column, not known)
            for row in range(len(record)):
                self._fill(record, row)
        self.setSortingEnabled(True)
        self.blockSignals(False)
        if record is not None:
            self.select(before if before is not None and before < len(record) else 0)

    def _fill(self, record: ObservablesRecord, number: int) -> None:
        meaning = record.meanings[number]
        residual, error = rounded(float(record.residuals[number]), float(record.errors[number]))
        numbers = (
            (record.names[number] + (f" = {meaning}" if meaning else ""), number),
            (shown(record.multipliers[number], ".3g"), record.multipliers[number]),
            (shown(record.weights[number], "+.2f"), record.weights[number]),
            (f"{residual} ± {error}", record.residuals[number]),
            (shown(record.scores[number], "+.2f"), record.scores[number]),
            (shown(record.in_errors[number], "+.1f"), record.in_errors[number]),
        )
        for column, (text, value) in enumerate(numbers):
            item = _Number(text, abs(float(value)) if column in BY_SIZE else float(value))
            if column == 0:
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            item.setData(Qt.ItemDataRole.UserRole, number)
            self.setItem(number, column, item)

    def _choose(self) -> None:
        number = self.selected
        if number is not None:
            self.chosen.emit(number)


class ExampleStrip(QWidget):
    """Images of most, or of least, f in a row, below their name.

    Args:
        name: of the group, a field of `Response`.
        theme: colours.

    Signals:
        chosen: number of the image that is clicked, or that the keys have come to.
    """

    chosen = Signal(int)

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self._group = name
        self._examples: Examples | None = None
        self.caption = set_name(ShortenedLabel(), "muted")
        self.images = set_name(Mosaic(theme), f"observable-{name.replace('_', '-')}")
        self.images.setMinimumSize(2 * LEAST_STRIP, LEAST_STRIP)
        self.images.selected.connect(self.chosen)
        self.images.describe = self._describe
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.caption)
        layout.addWidget(self.images, 1)

    @property
    def item(self) -> str:
        """Kind of its images, in words."""
        return tr("training item") if self._is_of_data else plural_form("chain", "chains", 1)

    @property
    def _is_of_data(self) -> bool:
        return self._group.endswith("data")

    def show_examples(self, name: str, examples: Examples, space: Space) -> None:
        """Shows configurations of a space; `name` is the observable's."""
        self._examples = examples
        title = GROUPS[self._group].format(name=name)
        first, last = (shown(float(value), ".3g") for value in (examples.values[0], examples.values[-1]))
        self.caption.setText(
            tr("{title}: {first} to {last}", title=title, first=first, last=last)
            if len(examples.values) > 1
            else f"{title}: {first}"
        )
        self.images.setAccessibleName(title)
        self.images.setToolTip(wrapped((OF_DATA if self._is_of_data else OF_CHAINS).format(what=title)))
        images = space.as_images(examples.x)
        # Spins in a row lie one below the other.
        in_row = 1 if images.shape[1] == 1 else math.ceil(len(images) / 2)
        self.images.show_images(images, space.levels, in_row=in_row)

    def _describe(self, index: int) -> str:
        examples = self._examples
        if examples is None:
            return ""
        return (
            f"{capitalised(self.item)} {examples.places[index] + 1:,}: "
            f"f = {shown(float(examples.values[index]), '.4g')}"
        )


class ObservablesWindow(ToolWindow):
    """Asks the engine to look into the observables, and shows what it finds.

    Args:
        theme: colours.
        settings: where the geometry is remembered.

    Signals:
        asked: the observables of the model on view shall be looked into.
    """

    asked = Signal()

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__("observables", tr("Observables"), settings)
        self._theme = theme
        self._state = EngineState()
        self._record: ObservablesRecord | None = None
        self._scheduler = Scheduler()
        self._drawn_epochs = -1
        self.table = ObservablesTable()
        self.table.chosen.connect(self._show_observable)
        self.heading = QLabel()
        self.heading.setAccessibleName(tr("The observable that is chosen"))
        # Its figures go into a second line rather than beyond the edge.
        self.heading.setWordWrap(True)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.strips = {name: ExampleStrip(name, theme) for name in GROUPS}
        for name, strip in self.strips.items():
            strip.chosen.connect(lambda index, name=name: self._show_slope(name, index))
        self.slope = TablePlot("plot-slope", tr("Slope of the observable"), SLOPES.format(unit="unit"), theme)
        self.plot = ObservablePlot(theme)
        self.multiplier = EpochPlot(
            "plot-multiplier", tr("Multiplier λᵢ"), MULTIPLIER, theme, [], zero_line=True
        )
        self.multiplier.label_axis("left", tr("nats per unit of fᵢ"))
        self.multiplier.label_axis("bottom", tr("epoch"))
        self.multiplier.hovered.connect(self.multiplier.show_cursor)
        self.rows = set_name(QTableWidget(0, 0), "observable-rows")
        self._lay_out()
        add_shortcut(self, "Ctrl+W", self.close, tr("Close the window"))
        add_shortcut(self, "F5", self.button.click, tr("Look into the observables"))
        keys = (MOSAIC_KEYS, READING_KEYS, VIEW_KEYS, EXPORT_KEYS)
        add_shortcut(self, "F1", lambda: show_keyboard(self, keys), tr("Show these keys"))
        self.place()
        self._show_record(None)

    def _lay_out(self) -> None:
        self.button = set_name(QPushButton(tr("Look")), "look-into-observables")
        self.button.clicked.connect(lambda: self.asked.emit())
        self.status = set_name(ShortenedLabel(), "muted")
        self.status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.status.setAccessibleName(tr("Model and chains that these are of"))
        self.stale = set_name(QLabel(tr("The model has changed since: look again")), "warning")
        self.stale.hide()
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (self.button, self.stale):
            head.addWidget(widget)
        head.addWidget(self.status, 1)
        gallery = QWidget()
        grid = QGridLayout(gallery)
        grid.setContentsMargins(6, 4, 6, 6)
        grid.setSpacing(8)
        for number, strip in enumerate(self.strips.values()):
            grid.addWidget(strip, *divmod(number, 2))
        table = self.rows
        table.setAccessibleName(tr("Rows of most and of least of the observable"))
        table.setToolTip(ROWS)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.pages = QStackedWidget()
        for page in (gallery, table, self.plot):
            self.pages.addWidget(plot_card(page))
        self.slope_card, self.multiplier_card = plot_card(self.slope), plot_card(self.multiplier)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.slope_card, 1)
        below.addWidget(self.multiplier_card, 1)
        chosen = QWidget()
        layout = QVBoxLayout(chosen)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.heading)
        layout.addWidget(self.pages, 4)
        layout.addLayout(below, 5)
        self.sides = set_name(QSplitter(Qt.Orientation.Horizontal), "observables-sides")
        self.sides.setChildrenCollapsible(False)
        self.sides.addWidget(plot_card(self.table))
        self.sides.addWidget(chosen)
        self.sides.setStretchFactor(1, 1)
        self.sides.setSizes([TABLE_WIDTH, 2 * TABLE_WIDTH])
        centre = QWidget()
        outer = QVBoxLayout(centre)
        outer.setContentsMargins(10, 8, 10, 10)
        outer.setSpacing(8)
        outer.addLayout(head)
        outer.addWidget(self.sides, 1)
        # Below the words while there is nothing else.
        outer.addStretch(0)
        self.setCentralWidget(centre)

    def bring_up(self) -> None:
        """Shows the window in front of others; asks for what is not known yet, or not of the model on view."""
        super().bring_up()
        self.show_state(self._state)
        self.table.setFocus()
        if self.button.isEnabled() and (self._record is None or self._is_stale):
            self.asked.emit()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for part in (self.slope, self.plot, self.multiplier):
            part.set_theme(theme)
        for strip in self.strips.values():
            strip.images.set_theme(theme)

    def show_state(self, state: EngineState) -> None:
        """Shows what was found, of which model, and how far a look has come; nothing while nobody sees it."""
        self._state = state
        if not self.isVisible():
            return
        has_any = state.facts is not None and state.facts.observables > 0
        self.button.setEnabled(has_any and state.looking is None)
        self.button.setText(tr("Look again") if state.observables is not None else tr("Look"))
        self.button.setToolTip(
            tr("Evaluate the observables on all training items and chains, of the model as it is now (F5)")
            if has_any
            else NO_OBSERVABLES
        )
        if state.observables is not self._record:
            self._show_record(state.observables)
        self.stale.setVisible(self._is_stale)
        self._show_status(has_any)
        # At the end of a training no other state may come for which it would be due.
        trains = state.activity is Activity.TRAINING
        if self._record is not None and (
            not trains or self._scheduler.is_due("multiplier", MULTIPLIER_SECONDS)
        ):
            self._draw_multiplier()

    @property
    def _is_stale(self) -> bool:
        """True if the model on view is not the one that was looked into."""
        record, state = self._record, self._state
        training = state.activity is Activity.TRAINING
        return record is not None and (record.epoch, record.training) != (state.model_epoch, training)

    def _show_status(self, has_any: bool) -> None:
        record, state = self._record, self._state
        if state.facts is not None and not has_any:
            text = NO_OBSERVABLES
        elif state.looking is not None:
            text = tr("Looking … {share:.0%}", share=state.looking)
        elif record is None:
            text = ASK
        else:
            text = status_of(record)
        if self.status.text() != text:
            self.status.setText(text)

    def _show_record(self, record: ObservablesRecord | None) -> None:
        self._record = record
        self._drawn_epochs = -1
        self.sides.setVisible(record is not None)
        self.table.show_record(record)

    def _show_observable(self, number: int) -> None:
        record, facts = self._record, self._state.facts
        if record is None or facts is None:
            return
        name, meaning = record.names[number], record.meanings[number]
        self.heading.setText(
            f"<b>{name}</b>" + (f" = {meaning}" if meaning else "") + _in_words(record, number)
        )
        self.heading.setToolTip(self.heading.text())
        response, space = record.responses[number], facts.space
        is_drawn = response.most_data.slopes is not None
        self.slope_card.setVisible(is_drawn)
        if is_drawn:
            self.pages.setCurrentIndex(0)
            for group, strip in self.strips.items():
                strip.show_examples(name, getattr(response, group), space)
            self._show_slope("most_data", 0)
        elif record.on_axes is not None:
            self.pages.setCurrentIndex(2)
            self.plot.show_observable(drawn_of(record, number, facts))
        else:
            self.pages.setCurrentIndex(1)
            self._fill_rows(record, number, facts)
        self._drawn_epochs = -1
        self._draw_multiplier()

    def _show_slope(self, group: str, index: int) -> None:
        record, number, facts = self._record, self.table.selected, self._state.facts
        if record is None or number is None or facts is None:
            return
        for name, strip in self.strips.items():
            strip.images.select(index if name == group else None)
        examples: Examples = getattr(record.responses[number], group)
        if examples.slopes is None or index >= len(examples.slopes):
            return
        slope, space = examples.slopes[index], facts.space
        unit = tr("unit of a spin") if isinstance(space, Spins) else tr("level")
        values = np.moveaxis(slope, -1, 0) if space.is_coloured else np.atleast_2d(slope)
        place = f"{self.strips[group].item} {examples.places[index] + 1:,}"
        colours = tr(", red, green, blue") if space.is_coloured else ""
        title = tr("∂{name}/∂x at {place}{colours}", name=record.names[number], place=place, colours=colours)
        self.slope.show_values(title, tr("per {unit}", unit=unit), SLOPES.format(unit=unit), values)

    def _draw_multiplier(self) -> None:
        """Draws λ of the chosen observable over the epochs, where there are more than were drawn."""
        history, number = self._state.history, self.table.selected
        known = "multipliers" in history.names and len(history) > 0
        self.multiplier_card.setVisible(known)
        if not known or number is None or len(history) == self._drawn_epochs:
            return
        epochs = history["epoch"]
        values = history["multipliers"][: len(epochs)]
        if number < values.shape[1]:
            self._drawn_epochs = len(epochs)
            self.multiplier.set_curves([(f"λ{number + 1}", str(number))])
            self.multiplier.show_data(epochs, values[:, number : number + 1])

    def _fill_rows(self, record: ObservablesRecord, number: int, facts: Facts) -> None:
        """Lists the rows of most and of least f."""
        response, table = record.responses[number], self.rows
        heads = ["", record.names[number], *(column.name for column in facts.columns)]
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        lines: list[list[str]] = []
        for group, strip in self.strips.items():
            examples: Examples = getattr(response, group)
            which = tr("most") if group.startswith("most") else tr("least")
            for place, value, x in zip(examples.places, examples.values, examples.x, strict=True):
                cells = [
                    column.text_of(float(v)) if column.values else column.text_in_unit(float(v))
                    for column, v in zip(facts.columns, x, strict=False)
                ]
                lines.append([f"{which}: {strip.item} {place + 1:,}", shown(float(value), ".3g"), *cells])
        table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, text in enumerate(line):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | side)
                table.setItem(row, column, item)


def status_of(record: ObservablesRecord) -> str:
    """Model, data and chains that a record is of, in words."""
    worth = (
        tr(", their weights worth {count:,.0f}", count=record.effective)
        if round(record.effective) != record.chains
        else ""
    )
    when = tr("as it trained") if record.training else tr("at rest")
    return tr(
        "Of the model of epoch {epoch:,} {when}: {items:,} training items, {chains:,} {chains_name}{worth}",
        epoch=record.epoch,
        when=when,
        items=record.items,
        chains=record.chains,
        chains_name=record.chains_name,
        worth=worth,
    )


def _in_words(record: ObservablesRecord, number: int) -> str:
    """Figures of an observable, behind its name."""
    parts = []
    if math.isfinite(record.multipliers[number]):
        parts.append(tr("λ {multiplier} nats per unit", multiplier=shown(record.multipliers[number], ".3g")))
    parts.append(
        tr(
            "data {mean}, σ {deviation}",
            mean=shown(record.data_means[number], ".3g"),
            deviation=shown(record.deviations[number], ".3g"),
        )
    )
    mean, error = rounded(float(record.chain_means[number]), float(record.errors[number]))
    parts.append(tr("chains {mean} ± {error}", mean=mean, error=error))
    return " · " + " · ".join(parts)


def drawn_of(record: ObservablesRecord, number: int, facts: Facts) -> Drawn:
    """An observable over one or two coordinates, as it is drawn; the record has their axes."""
    assert record.on_axes is not None
    response, columns = record.responses[number], facts.columns

    def places(x: np.ndarray) -> np.ndarray:
        flat = x.reshape(len(x), -1)
        return np.stack([column.drawn(flat[:, i]) for i, column in enumerate(columns)], axis=1)

    def ends(most: Examples, least: Examples) -> Ends:
        x, values = np.concatenate([most.x, least.x]), np.concatenate([most.values, least.values])
        return Ends(places(x), values, np.arange(len(x)) < len(most.x))

    return Drawn(
        name=record.names[number],
        axes=record.on_axes.axes,
        values=record.on_axes.values[number],
        names=tuple(column.counted_name for column in columns),
        data=places(facts.training_items),
        of_data=ends(response.most_data, response.least_data),
        of_chains=ends(response.most_chains, response.least_chains),
    )
