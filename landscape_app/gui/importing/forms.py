"""Forms of the import dialog: fields that say what is wrong with them, options of the data, the model proposed."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from dataclasses import dataclass, replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted, in_signs
from landscape_app.data import ColumnMeaning, Kind
from landscape_app.data.dataset import KIND_NAMES
from landscape_app.data.importing.cells import ERRORS, MISSING, parse_words
from landscape_app.data.importing.columns import TYPE_NAMES, WEIGHING, Column, ColumnType
from landscape_app.data.importing.division import Division, DivisionWay, columns_for
from landscape_app.data.importing.images import MOST_SIDE, ImageOptions, ImportFailure
from landscape_app.data.importing.spreadsheets import sheets_of
from landscape_app.data.importing.table_data import TableOptions, kind_left
from landscape_app.data.importing.tables import EXCEL_ENDINGS, ReadOptions, Table
from landscape_app.data.importing.weights import may_weigh
from landscape_app.experiments.experiment import Parameter
from landscape_app.gui.importing.source import (
    Choices,
    DataChoices,
    DatasetSource,
    ImageChoices,
    ImageFileSource,
    ImportSource,
    Reading,
    Split,
    TableChoices,
    TableSource,
    fitting_kinds,
)
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.buttons import ToggleSwitch
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import FormField, NumberField
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.physics.kernels import KERNELS
from landscape_app.problems import MOST_EPOCHS, NETWORKS, PROBLEMS, Configuration, Proposal
from landscape_app.problems.problem import MOST_CHAINS, MOST_LAYERS, MOST_OBSERVABLES

LIST_WIDTH = 212


@dataclass(frozen=True)
class EvenNumber(Parameter):
    """An even whole number: a side of an image, which is averaged over 2 × 2 pixels."""

    def check(self, value: float) -> None:
        """Refuses a value.

        Raises:
            ValueError: it is out of range, or not even; with the range.
        """
        super().check(value)
        if value % 2:
            raise ValueError(
                tr(
                    "{name} must be {allowed}, got {value:g}",
                    name=self.name,
                    allowed=self.allowed,
                    value=value,
                )
            )

    @property
    def allowed(self) -> str:
        """Range of a value, in words."""
        return tr("an even number from {low:,} to {high:,}", low=int(self.low), high=int(self.high))


def whole(name: str, label: str, default: float, low: float, high: float, meaning: str) -> Parameter:
    """A whole number to choose."""
    return Parameter(name, label, default, default, low, high, meaning)


class ChoiceField(QWidget):
    """One of a few, its name before it.

    Args:
        name: object name of the box.
        label: its name.
        tooltip: what it means.

    Signals:
        changed: another was chosen.
    """

    changed = Signal()

    def __init__(self, name: str, label: str, tooltip: str) -> None:
        super().__init__()
        self.box = set_name(ChoiceBox(), name)
        self.box.setAccessibleName(label)
        self.box.setToolTip(wrapped(tooltip))
        self.box.setFixedWidth(LIST_WIDTH)
        text = QLabel(label)
        # A longer name takes two lines, as it would push the box out of sight.
        text.setWordWrap(True)
        text.setBuddy(self.box)
        text.setToolTip(wrapped(tooltip))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(text, 1)
        layout.addWidget(self.box)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> str:
        """Choice."""
        return str(self.box.currentData())

    def offer(self, choices: dict[str, str], chosen: str) -> None:
        """Offers choices, a text for each value, without a signal."""
        with QSignalBlocker(self.box):
            self.box.clear()
            for value, text in choices.items():
                self.box.addItem(text, value)
            self.box.setCurrentIndex(self.box.findData(chosen))


MOST_LETTERS = 60
"""Of a name."""

UNFIT = '/\\:*?"<>|'
"""Characters that a name cannot have, as files are called by it."""


class DataForm(QWidget):
    """Name and split of a data set; subclasses add how it is made.

    Args:
        material: what was found.

    Signals:
        changed: something is chosen otherwise, or cannot stand.
    """

    changed = Signal()

    def __init__(self, material: ImportSource) -> None:
        super().__init__()
        count, split = material.count, Split.proposed(material.count)
        self.name = NameField(material.name)
        self.training = NumberField(
            whole(
                "training",
                tr("Training items"),
                split.training,
                2,
                count - 1,
                tr("Items that the model learns from, drawn from all classes alike."),
            )
        )
        self.held_out = NumberField(
            whole(
                "held-out",
                tr("Held-out items"),
                split.held_out,
                1,
                count - 2,
                tr("Items that no model learns from: they tell whether it has learned or memorised."),
            )
        )
        self._count = count
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        for field in (self.name, self.training, self.held_out):
            self._add(field)

    @property
    @abstractmethod
    def choices(self) -> Choices | None:
        """Choice; None while something cannot stand."""

    @property
    def split(self) -> Split | None:
        """Number of items; None while that cannot stand."""
        training, held_out = self.training.value, self.held_out.value
        if training is None or held_out is None or training + held_out > self._count:
            return None
        return Split(training, held_out, self._count)

    def show_taken(self, training: int, held_out: int) -> None:
        """Shows what was taken where not everything can be read: what is chosen adds up to that from now on."""
        asked, taken = self.split, training + held_out
        if asked is None or (asked.most is not None and taken == asked.total):
            return
        self._count = taken
        self.training.box.limit(taken - 1)
        self.held_out.box.limit(taken - 2)
        if (asked.training, asked.held_out) != (training, held_out):
            self.training.show_value(training)
            self.held_out.show_value(held_out)

    def _show_most(self, most: int | None) -> None:
        """Proposes to take so many items, where there are more than a data set holds."""
        if most is not None:
            split = Split.proposed(most)
            self.training.show_value(split.training)
            self.held_out.show_value(split.held_out)

    def _add(self, field: QWidget) -> None:
        self._layout.addWidget(field)
        if isinstance(field, FormField):
            field.changed.connect(self._on_change)

    def _on_change(self) -> None:
        training, held_out = self.training.value, self.held_out.value
        if training is not None and held_out is not None:
            room = self._count - training
            most = "1" if room == 1 else tr("1 to {most:,}", most=room)
            self.held_out.complain(
                ""
                if held_out <= room
                else tr("Needs {most} beside {training:,} to learn from", most=most, training=training)
            )
        self.changed.emit()


class ImportedForm(DataForm):
    """Of a data set that was imported before."""

    def __init__(self, material: DatasetSource) -> None:
        super().__init__(material)
        dataset = material.dataset
        self.training.show_value(len(dataset.training))
        self.held_out.show_value(len(dataset.held_out))
        self.held_out.setEnabled(False)
        self.training.changed.disconnect(self._on_change)
        self.training.changed.connect(self._hold_out_the_rest)

    @property
    def choices(self) -> DataChoices | None:
        """Choice; None while something cannot stand."""
        name, split = self.name.value, self.split
        return None if name is None or split is None else DataChoices(name, split)

    def _hold_out_the_rest(self) -> None:
        if self.training.value is not None:
            self.held_out.show_value(self._count - self.training.value)
        self._on_change()


class ImageForm(DataForm):
    """Of images: size, levels, and whether folders are classes."""

    def __init__(self, material: ImageFileSource) -> None:
        super().__init__(material)
        proposed = ImageOptions.proposed(material.source)
        self._show_most(proposed.most)
        sides = tr("Pixels that an image is averaged to where it is larger.")
        self.height_field = NumberField(
            EvenNumber("height", tr("Height, pixels"), proposed.height, proposed.height, 2, MOST_SIDE, sides)
        )
        self.width_field = NumberField(
            EvenNumber("width", tr("Width, pixels"), proposed.width, proposed.width, 2, MOST_SIDE, sides)
        )
        self.levels = NumberField(
            whole(
                "levels",
                tr("Levels"),
                proposed.levels,
                2,
                256,
                tr(
                    "Values of a pixel. Fewer are learned sooner; photographs need some sixteen to look as they do."
                ),
            )
        )
        for field in (self.height_field, self.width_field, self.levels):
            self._add(field)
        self.colour = self._switch(
            "colour",
            tr("Keep the colours"),
            tr(
                "Red, green and blue, each in its levels: three numbers a pixel, and an epoch takes as much longer. "
                "Off: grey, by luminance"
            ),
        )
        self.colour.setChecked(proposed.colour)
        self.colour.setVisible(material.source.is_coloured)
        self.invert = self._switch(
            "invert",
            tr("Dark is ink"),
            tr(
                "Level 0 is paper. On: the light parts of an image are paper, as in a scan; off: the dark ones are"
            ),
        )
        self.invert.setChecked(proposed.invert)
        self.classes = self._switch(
            "keep-classes",
            tr("Keep the classes"),
            tr(
                "Subfolders, the labels of the file, or what stands before the number in the files' names: a "
                "classifier learns them, and chains are steered to them"
            ),
        )
        self.classes.setChecked(material.source.labels is not None)
        self.classes.setVisible(material.source.labels is not None)

    @property
    def options(self) -> ImageOptions | None:
        """Size and levels; None while one of them cannot stand."""
        height, width, levels = (f.value for f in (self.height_field, self.width_field, self.levels))
        if height is None or width is None or levels is None:
            return None
        return ImageOptions(
            height, width, levels, invert=self.invert.isChecked(), colour=self.colour.isChecked()
        )

    @property
    def choices(self) -> ImageChoices | None:
        """Choice; None while something cannot stand."""
        name, split, options = self.name.value, self.split, self.options
        if name is None or split is None or options is None:
            return None
        return ImageChoices(name, split, options, self.classes.isChecked())

    def _switch(self, name: str, text: str, tooltip: str) -> ToggleSwitch:
        switch = set_name(ToggleSwitch(text), f"import-{name}")
        switch.setAccessibleName(text)
        switch.setToolTip(wrapped(tooltip))
        switch.toggled.connect(lambda _: self.changed.emit())
        self._layout.addWidget(switch)
        return switch


class NameField(FormField):
    """The name of a data set.

    Args:
        name: to begin with.
    """

    def __init__(self, name: str) -> None:
        line = set_name(QLineEdit(name[:MOST_LETTERS]), "import-name")
        line.setAccessibleName(tr("Name of the data"))
        line.setToolTip(tr("What the window, its runs and their files call the data"))
        line.setMaxLength(MOST_LETTERS)
        super().__init__("name", tr("Name"), line, LIST_WIDTH)
        self.line = line
        self.line.textChanged.connect(self._check)

    @property
    def value(self) -> str | None:
        """The name; None while it cannot stand."""
        return None if self._wrong else self.line.text().strip()

    @property
    def _wrong(self) -> str:
        name = self.line.text().strip()
        if not name or any(letter in name for letter in UNFIT):
            return tr("Needs a name without {characters}", characters=" ".join(UNFIT))
        return tr("“{name}” comes with Landscape: choose another name", name=name) if name in PROBLEMS else ""

    def _check(self) -> None:
        self.complain(self._wrong)
        self.changed.emit()


KIND_CHOICES = KIND_NAMES | {Kind.POINTS: tr("points: numbers"), Kind.SPINS: tr("spins: two values")}
WAY_NAMES = {
    DivisionWay.RANDOM: tr("drawn at random"),
    DivisionWay.COLUMN: tr("as a column says"),
    DivisionWay.GROUP: tr("whole groups"),
    DivisionWay.TIME: tr("the latest"),
}
MOST_LISTED, ROW_HEIGHT = 8, 19
"""Columns that are listed without scrolling, and the height of each in pixels."""

MOST_VALUES = 4
"""Of a column, that are named."""


class TableForm(DataForm):
    """Of a table: kind, columns and components.

    Args:
        material: the table.
    """

    def __init__(self, material: TableSource) -> None:
        super().__init__(material)
        self._table = table = material.table
        proposed = material.proposed
        self._show_most(proposed.most)
        self.kind = ChoiceField(
            "import-kind",
            tr("Rows are"),
            tr(
                "Points of real numbers; spins, of columns with two values; or categories, of columns with a few"
            ),
        )
        self.kind.offer({kind.value: KIND_CHOICES[kind] for kind in material.kinds}, proposed.kind.value)
        self.columns = set_name(QListWidget(), "import-columns")
        self.columns.setAccessibleName(tr("Columns"))
        self.columns.setToolTip(tr("Columns that are taken (Space switches one on or off)"))
        self.columns.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.columns.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.columns.setFixedHeight(8 + ROW_HEIGHT * min(MOST_LISTED, max(3, len(table.columns))))
        self.missing = set_name(QLabel(tr("⚠ Needs one column at least")), "complaint-columns")
        self.missing.setProperty("kind", "complaint")
        self.missing.hide()
        self.components = NumberField(
            whole(
                "components",
                tr("Principal components"),
                proposed.components or min(2, len(table.columns)),
                1,
                max(2, len(table.columns)),
                tr(
                    "To which more columns of numbers are brought, scaled alike; one or two are drawn as what "
                    "they are."
                ),
            )
        )
        self.reduce = set_name(ToggleSwitch(tr("Principal components only")), "import-reduce")
        self.reduce.setAccessibleName(tr("Principal components only"))
        self.reduce.setToolTip(
            tr(
                "Off: every column is a coordinate.<br>On: the columns are brought to a few principal components, "
                "and the rest of their variance is lost"
            )
        )
        self.reduce.setChecked(proposed.components is not None)
        self.reduce.toggled.connect(lambda _: self._on_columns())
        self.types: dict[str, ColumnType] = {}
        self.type = ChoiceField(
            "import-type",
            tr("Column's type"),
            tr(
                "Type of the column that is marked above, as it was guessed from its cells. Numbers, dates (as days "
                "since 1970) and whole numbers are coordinates; on a log scale positive numbers are learned by their "
                "logarithms, and shown as they are; categories and yes/no have a few values; text and identifiers "
                "are not used. A weight says how much a row counts, ⟨f⟩ = Σ w f / Σ w; a frequency how often it was "
                "seen"
            ),
        )
        self.similarity = NumberField(
            whole(
                "similarity",
                tr("Sequences alike from, %"),
                round(100 * (proposed.similarity or 0)),
                0,
                100,
                tr(
                    "Share of equal positions, in percent, from which on sequences count as one: each weighs 1/m, m "
                    "those that are like it, itself among them, and Meff = Σ 1/m. 80 is usual; 0: all count alike."
                ),
            )
        )
        self.similarity.setVisible(table.is_alignment)
        title = QLabel(tr("Columns"))
        title.setBuddy(self.columns)
        self.way = ChoiceField(
            "import-split",
            tr("Held out"),
            tr(
                "Rows that no model learns from: some drawn at random; those that a column calls test or val; whole "
                "groups, such as all rows of a person, so that no group is on both sides; or the latest"
            ),
        )
        self._dividers = {} if table.is_alignment else {way: columns_for(way, table) for way in DivisionWay}
        self.way.offer(
            {
                way.value: WAY_NAMES[way]
                for way in DivisionWay
                if way is DivisionWay.RANDOM or self._dividers.get(way)
            },
            DivisionWay.RANDOM,
        )
        self.divider = ChoiceField(
            "import-split-by", tr("by the column"), tr("Column by which the rows are divided")
        )
        self.divider.hide()
        self._is_taken_out = ""
        for widget in (self.kind, title, self.columns, self.type, self.missing, self.reduce, self.components):
            self._add(widget)
        for widget in (self.similarity, self.way, self.divider):
            self._add(widget)
        self.way.setVisible(self.way.box.count() > 1)
        self._list(proposed)
        self.kind.changed.connect(self._on_kind)
        self.columns.itemChanged.connect(lambda _: self._on_columns())
        self.columns.currentRowChanged.connect(lambda _: self._show_type())
        self.type.changed.connect(self._on_type)
        self.way.changed.connect(self._on_way)
        self.divider.changed.connect(self._on_divider)
        self._show_type()

    @property
    def _division(self) -> Division:
        way = DivisionWay(self.way.value)
        return Division() if way is DivisionWay.RANDOM else Division(way, self.divider.value)

    def _on_way(self) -> None:
        """Offers the columns that can divide the rows in the chosen way."""
        way = DivisionWay(self.way.value)
        names = self._dividers.get(way, ())
        usual = [
            name
            for name in names
            if way is not DivisionWay.TIME or self._table.column(name).type is ColumnType.DATE
        ]
        self.divider.offer({name: in_a_line(name) for name in names}, (usual or names or ("",))[0])
        self.divider.setVisible(bool(names))
        self._on_divider()

    def _on_divider(self) -> None:
        """Takes out the column that says the split or the groups, as none has to learn it, and the one before in."""
        with QSignalBlocker(self.columns):
            self._check(self._is_taken_out, Qt.CheckState.Checked)
            by_column = self.way.value in (DivisionWay.COLUMN, DivisionWay.GROUP)
            checked = self.divider.value in self._chosen
            self._is_taken_out = self.divider.value if by_column and checked else ""
            self._check(self._is_taken_out, Qt.CheckState.Unchecked)
        self._on_columns()

    def _check(self, name: str, state: Qt.CheckState) -> None:
        for item in (self.columns.item(i) for i in range(self.columns.count())):
            if item.data(Qt.ItemDataRole.UserRole) == name:
                item.setCheckState(state)

    @property
    def options(self) -> TableOptions | None:
        """Kind and columns; None while they cannot stand."""
        columns, components = self._chosen, self.components.value
        alike = self.similarity.value
        if not columns or alike is None or (components is None and self._reduces):
            return None
        return TableOptions(
            kind_left([self._table.column(name) for name in columns], Kind(self.kind.value)),
            columns,
            components if self._reduces else None,
            division=self._division,
            similarity=alike / 100 if alike and self._table.is_alignment else None,
        )

    @property
    def choices(self) -> TableChoices | None:
        """Choice; None while something cannot stand."""
        name, split, options = self.name.value, self.split, self.options
        if name is None or split is None or options is None:
            return None
        return TableChoices(name, split, options, dict(self.types))

    @property
    def _chosen(self) -> tuple[str, ...]:
        items = (self.columns.item(i) for i in range(self.columns.count()))
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )

    def _list(self, options: TableOptions) -> None:
        """Lists every column, those checked that are taken, those that do not fit with the reason."""
        with QSignalBlocker(self.columns):
            self.columns.clear()
            for column in self._table.columns:
                role = WEIGHING_NAMES[column.type] if column.type in WEIGHING else _holes(column)
                item = QListWidgetItem(f"{in_a_line(column.name)}: {_values(column)}{role}", self.columns)
                item.setData(Qt.ItemDataRole.UserRole, column.name)
                fault = _fault(self._table, column, options.kind)
                item.setToolTip(
                    f"{item.text()} ({TYPE_NAMES[column.type]})" + (f"\n{fault}" if fault else "")
                )
                if fault or column.type in WEIGHING:
                    # It can be marked, so that it can have another type.
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                    item.setForeground(
                        self.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
                    )
                taken = column.name in options.columns
                if column.type is ColumnType.DATE and not taken and not fault:
                    reason = tr("A date is proposed to be left out: tick it where time is to be learned")
                    item.setToolTip(f"{item.toolTip()}\n{reason}")
                item.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
            self.columns.setCurrentRow(0)
        self._show_components()

    def _show_type(self) -> None:
        """Offers the types of the column that is marked."""
        row = self.columns.currentRow()
        if row < 0:
            return
        column = self._table.columns[row]
        offered = {
            kind.value: tr("{type} (guessed)", type=OFFERED_TYPES[kind])
            if kind is column.guess
            else OFFERED_TYPES[kind]
            for kind in ColumnType
            if (kind is not ColumnType.EMPTY or column.guess is kind)
            and (kind is not ColumnType.LOG or column.is_positive)
            and (kind not in WEIGHING or may_weigh(column, kind))
        }
        self.type.offer(offered, column.type.value)

    def _on_type(self) -> None:
        row = self.columns.currentRow()
        self.types[self._table.columns[row].name] = ColumnType(self.type.value)
        self._table = self._table.typed(self.types)
        kinds = {kind.value: KIND_CHOICES[kind] for kind in fitting_kinds(self._table)}
        if kinds:
            try:
                options = TableOptions.proposed(self._table)
            except ImportFailure:
                options = TableOptions.proposed(self._table, Kind(next(iter(kinds))))
            self.kind.offer(kinds, options.kind.value)
            self._list(options)
            self.columns.setCurrentRow(row)
        self._on_columns()

    def _on_kind(self) -> None:
        self._list(TableOptions.proposed(self._table, Kind(self.kind.value)))
        self._on_columns()

    def _on_columns(self) -> None:
        self.missing.setVisible(not self._chosen)
        self._show_components()
        self._on_change()

    def _show_components(self) -> None:
        several = self.kind.value == Kind.POINTS.value and len(self._chosen) > 1
        self.reduce.setVisible(several)
        self.components.setVisible(several and self.reduce.isChecked())

    @property
    def _reduces(self) -> bool:
        several = self.kind.value == Kind.POINTS.value and len(self._chosen) > 1
        return several and self.reduce.isChecked()


OFFERED_TYPES = TYPE_NAMES | {ColumnType.LOG: tr("number, log scale")}
WEIGHING_NAMES = {
    ColumnType.WEIGHT: tr(" · weight of each row"),
    ColumnType.FREQUENCY: tr(" · frequency of each row"),
}


def _fault(table: Table, column: Column, kind: Kind) -> str:
    """Why a column cannot be taken; empty where it can."""
    try:
        TableOptions.proposed(table, kind, [column.name])
    except ImportFailure as error:
        return str(error)
    return ""


def _holes(column: Column) -> str:
    """Number of rows without a value, each of which a column costs that is taken."""
    missing = len(column) - int(column.present.sum())
    return tr(" · costs {rows}", rows=counted(missing, "row")) if missing else ""


def _range(column: Column, low: float, high: float) -> str:
    """Least and greatest number of a column as the file has them, and whether a log scale suits them."""
    spread = max((high - low) / 4, 1e-300)
    meaning = ColumnMeaning(
        column.name, scale=spread if column.type is ColumnType.DATE else 1.0, type=column.type
    )
    if column.type is ColumnType.LOG:
        low, high = math.exp(low), math.exp(high)
    if low == high:
        text = meaning.text_in_unit(low) if meaning.is_date else in_digits(low)
    else:
        ends = [
            meaning.text_in_unit(end) if meaning.is_date else in_digits(end, high - low)
            for end in (low, high)
        ]
        text = tr("{low} to {high}", low=ends[0], high=ends[1])
    if column.type is ColumnType.LOG:
        return tr("{text}, log scale", text=text)
    return tr("{text} · long tail: log scale?", text=text) if column.has_long_tail else text


def _values(column: Column) -> str:
    low, high = column.limits
    if math.isfinite(low) and not (column.is_whole and high - low <= MOST_VALUES):
        return _range(column, low, high)
    few = column.value_count <= MOST_VALUES
    return ", ".join(map(_word, column.values())) if few else counted(column.value_count, "value")


def _word(value: str) -> str:
    """A value of a category, of a number with the sign of formulas."""
    return value.replace("-", "−") if re.fullmatch(r"-[\d.,]+", value) else value


def in_digits(number: float, spread: float = 0.0) -> str:
    """A number in as many digits as tell it from others that lie so far apart, with a power of ten if it is long.

    Example:
        >>> (
        ...     in_digits(1700000030, 5970),
        ...     in_digits(4026000.0, 7e6),
        ...     in_digits(-0.0064, 1.0),
        ...     in_digits(2.7e-9, 6e-10),
        ... )
        ('1,700,000,030', '4,026,000', '−0.0064', '2.7e−9')
    """
    digits = DIGITS
    if spread > 0 and number:
        digits = min(15, DIGITS + max(0, math.ceil(math.log10(abs(number) / spread))))
    if 1e4 <= abs(number) < LONG:
        text = (
            f"{float(f'{number:.{digits}g}'):,.{max(0, digits - 1 - math.floor(math.log10(abs(number))))}f}"
        )
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{number:.{digits}g}"
    return in_signs(text)


DIGITS, LONG = 4, 1e12
"""Digits of the ends of a range, and numbers from which on these have a power of ten."""


def in_a_line(name: str) -> str:
    """A name of several lines in one."""
    return " ".join(name.split())


FOUND_OUT, WITH_NAMES, WITHOUT = "found out", "has the names", "is data"
HEADER_NAMES = {FOUND_OUT: tr("found out"), WITH_NAMES: tr("has the names"), WITHOUT: tr("is data")}


class ReadingForm(QWidget):
    """Ways to read a file: its header, words for missing values, sheet, and whether rows are images.

    Args:
        material: as it was read.
        reading: ways by which it was.

    Signals:
        changed: a `Reading` by which it is to be read anew.
    """

    changed = Signal(object)

    def __init__(self, material: ImportSource, reading: Reading) -> None:
        super().__init__()
        self._reading = reading
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self.header = ChoiceField(
            "import-header",
            tr("First row"),
            tr("Whether the first row of the table has the names of the columns"),
        )
        chosen = {None: FOUND_OUT, True: WITH_NAMES, False: WITHOUT}[reading.table.header]
        found = HEADER_NAMES[FOUND_OUT]
        if isinstance(material, TableSource):
            found = (
                tr("found out (has the names)") if material.table.has_header else tr("found out (is data)")
            )
        self.header.offer({**HEADER_NAMES, FOUND_OUT: found}, chosen)
        self.missing = set_name(QLineEdit(), "import-missing")
        self.missing.setText(", ".join(sorted(reading.table.missing - MISSING)))
        self.missing.setAccessibleName(tr("More words for a missing value"))
        self.missing.setPlaceholderText(tr("such as -9999, unknown"))
        self.missing.setToolTip(
            wrapped(
                tr(
                    "Words for a missing value in this file, with commas, beside an empty cell, failed formulas and: "
                )
                + ", ".join(sorted(word for word in MISSING - ERRORS if word))
            )
        )
        self.missing.setFixedWidth(LIST_WIDTH)
        self.sheet = ChoiceField("import-sheet", tr("Sheet"), tr("Sheet of the spreadsheet"))
        self.array = ChoiceField(
            "import-array",
            tr("Array"),
            tr("Array of the file that is taken; classes and splits that lie beside it are found"),
        )
        self.rows = ChoiceField(
            "import-rows-as",
            tr("Rows are read as"),
            tr("A table, a number a column; or images, a pixel a column"),
        )
        self.paper = ChoiceField(
            "import-paper", tr("Paper"), tr("Colour below what is transparent in the images")
        )
        self._arrange(layout, material)
        for field in (self.header, self.sheet, self.array, self.rows, self.paper):
            field.changed.connect(self._on_change)
        self.missing.editingFinished.connect(self._on_change)

    @property
    def reading(self) -> Reading:
        """Choice."""
        header = {FOUND_OUT: None, WITH_NAMES: True, WITHOUT: False}[self.header.value]
        sheet = self.sheet.value if self.sheet.box.count() else None
        array = self.array.value if self.array.box.currentIndex() > 0 else self._reading.table.array
        missing = MISSING | parse_words(self.missing.text())
        table = ReadOptions(missing, header, sheet, array, self._reading.table.only)
        return Reading(table, self.rows.value == "table", self.paper.value)

    def _arrange(self, layout: QVBoxLayout, material: ImportSource) -> None:
        """Shows the fields that go with what was found."""
        name = material.path.name.lower()
        of_text = isinstance(material, TableSource) and not name.endswith(
            (".npy", ".npz", ".h5", ".hdf5", ".mat")
        )
        several = sheets_of(material.path) if name.endswith(EXCEL_ENDINGS) else ()
        if several:
            self.sheet.offer({sheet: sheet for sheet in several}, self._reading.table.sheet or several[0])
        self.rows.offer(
            {"images": tr("images, where they look so"), "table": tr("a table")},
            "table" if self._reading.as_table else "images",
        )
        self.paper.offer({"white": tr("white"), "black": tr("black")}, self._reading.paper)
        label = QLabel(tr("Missing values"))
        label.setBuddy(self.missing)
        line = QWidget()
        beside = QHBoxLayout(line)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(label, 1)
        beside.addWidget(self.missing)
        self.array.offer(
            {name: name for name in material.arrays}, material.arrays[0] if material.arrays else ""
        )
        of_rows = isinstance(material, ImageFileSource) and material.source.of_rows
        for widget, shown in (
            (self.header, of_text),
            (line, of_text),
            (self.sheet, len(several) > 1),
            (self.array, len(material.arrays) > 1),
            (self.rows, of_rows or self._reading.as_table),
            (self.paper, material.path.is_dir()),
        ):
            layout.addWidget(widget)
            widget.setVisible(shown)

    def _on_change(self) -> None:
        reading = self.reading
        if reading != self._reading:
            self._reading = reading
            self.changed.emit(reading)


EPOCHS, MINUTES = "epochs", "minutes"
MOST_MINUTES = 100_000
MOST_BATCH = 10_000_000

LAYER_PARTS = {"channels": ("channels-1", "channels-2"), "hidden": ("units", "layers"), "": ()}
"""Settings of the layers of a network (`Network.layers`)."""


class ProposalForm(QWidget):
    """Observables, kernel, chains, length and seed. What was changed by hand stays when another is proposed.

    Signals:
        changed: a part is another, or cannot stand.
    """

    changed = Signal()

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._proposed: Proposal | None = None
        self._by_hand: set[str] = set()
        self.numbers = {
            field.box.parameter.name: field
            for field in map(
                NumberField,
                (
                    whole(
                        "observables",
                        tr("Observables"),
                        16,
                        1,
                        MOST_OBSERVABLES,
                        tr(
                            "Number K of averages that the "
                            "model shares with the data: the outputs of a network."
                        ),
                    ),
                    whole(
                        "channels-1",
                        tr("Channels, first layer"),
                        16,
                        1,
                        MOST_OBSERVABLES,
                        tr("Of the network's first convolution, 3 × 3 pixels."),
                    ),
                    whole(
                        "channels-2",
                        tr("Channels, second layer"),
                        64,
                        1,
                        MOST_OBSERVABLES,
                        tr("Of the network's second convolution, after means over 2 × 2 pixels."),
                    ),
                    whole(
                        "units",
                        tr("Units of a layer"),
                        32,
                        1,
                        MOST_OBSERVABLES,
                        tr("Of each hidden layer of the network."),
                    ),
                    whole("layers", tr("Hidden layers"), 2, 1, MOST_LAYERS, tr("Of the network.")),
                    whole(
                        "chains",
                        tr("Chains"),
                        256,
                        2,
                        MOST_CHAINS,
                        tr(
                            "Markov chains that train. More know the model's "
                            "averages better, and cost as much more."
                        ),
                    ),
                    whole(
                        "batch",
                        tr("Items an update"),
                        256,
                        2,
                        MOST_BATCH,
                        tr(
                            "Training items that an update of the "
                            "network looks at, drawn anew for each; as many as there are, or more, for all."
                        ),
                    ),
                    whole(
                        "epochs",
                        tr("Epochs"),
                        1_500,
                        1,
                        MOST_EPOCHS,
                        tr("Length of the training; learning rates fall along it."),
                    ),
                    whole(
                        "minutes",
                        tr("Minutes"),
                        2,
                        1,
                        MOST_MINUTES,
                        tr("Length of the training; learning rates fall along it."),
                    ),
                    whole(
                        "seed",
                        tr("Seed"),
                        seed,
                        0,
                        2**31 - 1,
                        tr("Of every random number: the same seed on the same device gives the same run."),
                    ),
                ),
            )
        }
        self.kernel = ChoiceField("import-kernel", tr("Kernel"), tr("How the chains move. All are exact"))
        self.length = ChoiceField(
            "import-length", tr("Length in"), tr("How long the training is planned to be")
        )
        self.length.offer({EPOCHS: tr("epochs"), MINUTES: tr("minutes")}, EPOCHS)
        self.restore = set_name(QToolButton(), "import-restore", text=tr("As proposed"))
        self.restore.setProperty("quiet", True)
        self.restore.setToolTip(tr("Take every part as it was proposed for these data"))
        self.restore.clicked.connect(self._restore)
        self.restore.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        numbers = self.numbers
        for field in (
            *(numbers[name] for name in ("observables", "channels-1", "channels-2", "units", "layers")),
            self.kernel,
            numbers["chains"],
            self.length,
            *(numbers[name] for name in ("epochs", "minutes", "batch", "seed")),
            self.restore,
        ):
            layout.addWidget(field)
        for name, number in numbers.items():
            number.changed.connect(lambda name=name: self._touch(name))
        self.kernel.changed.connect(lambda: self._touch("kernel"))
        self.length.changed.connect(self._on_length)
        self._show_parts()

    @property
    def proposal(self) -> Proposal | None:
        """The proposal with what was changed by hand; None before there is one, or while a part cannot stand."""
        plan, parts = self._proposed, {name: self.numbers[name].value for name in self._visible}
        known = {name: value for name, value in parts.items() if value is not None}
        if plan is None or len(known) < len(parts):
            return None
        choices: dict[str, object] = {
            "observables": known.get("observables"),
            "kernel": self.kernel.value,
            "chains": known["chains"],
            "seed": known["seed"],
        }
        if "channels-1" in known:
            choices["channels"] = (known["channels-1"], known["channels-2"])
        if self._by_hand & {"units", "layers"} & set(known):
            choices["hidden"] = (known["units"],) * known["layers"]
        if EPOCHS in known:
            choices["planned_epochs"] = known[EPOCHS]
        else:
            choices["planned_seconds"] = 60.0 * known[MINUTES]
        if known.get("batch", plan.items) < plan.items:
            choices["batch"] = known["batch"]
        elif plan.batch is not None:
            whole_set = replace(plan.configuration.schedule, batch=None)
            plan = replace(plan, configuration=replace(plan.configuration, schedule=whole_set))
        return plan.chosen(**choices)

    @property
    def configuration(self) -> Configuration | None:
        """Configuration to begin with; None before there is a proposal, or while a part of it cannot stand."""
        return None if self.proposal is None else self.proposal.configuration

    @property
    def has_fault(self) -> bool:
        """True if a part cannot stand."""
        return any(self.numbers[name].value is None for name in self._visible)

    def show_proposal(self, proposal: Proposal, kernels: tuple[str, ...]) -> None:
        """Shows what is proposed, but for what was changed by hand.

        Args:
            proposal: for the data.
            kernels: names of those that can move there.
        """
        self._proposed = proposal
        for name, value in _numbers(proposal).items():
            if name not in self._by_hand:
                self.numbers[name].show_value(value)
        kept = "kernel" in self._by_hand and self.kernel.value in kernels
        self.kernel.offer(
            {name: KERNELS[name].label for name in kernels},
            self.kernel.value if kept else proposal.kernel,
        )
        self._show_parts()

    @property
    def _visible(self) -> tuple[str, ...]:
        plan = self._proposed
        layers = "hidden" if plan is None else NETWORKS[plan.network].layers
        network = ("observables", *LAYER_PARTS[layers])
        if plan is not None and plan.configuration.model != Configuration.model:
            network = ()
        batch = ("batch",) if plan is not None and plan.batch is not None else ()
        return (*network, "chains", *batch, self.length.value, "seed")

    def _touch(self, name: str) -> None:
        self._by_hand.add(name)
        self._show_parts()
        self.changed.emit()

    def _on_length(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _restore(self) -> None:
        self._by_hand.clear()
        for field in self.numbers.values():
            field.complain("")
        if self._proposed is not None:
            box = self.kernel.box
            self.show_proposal(self._proposed, tuple(box.itemData(i) for i in range(box.count())))
        self.changed.emit()

    def _show_parts(self) -> None:
        visible = self._visible
        for name, field in self.numbers.items():
            field.setVisible(name in visible)
        self.restore.setVisible(bool(self._by_hand - {"seed", "epochs", "minutes"}))


def _numbers(proposal: Proposal) -> dict[str, int]:
    """The parts of a proposal that are numbers, by the names of their fields."""
    plan = proposal.configuration
    return {
        "observables": plan.observables,
        "channels-1": plan.channels[0],
        "channels-2": plan.channels[1],
        "units": plan.hidden[0],
        "layers": len(plan.hidden),
        "chains": plan.chains,
        "batch": proposal.batch or proposal.items,
        "epochs": plan.planned_epochs,
    }
