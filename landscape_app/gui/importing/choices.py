"""What a person chooses of the data: their name, how many, and how images are taken."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from landscape_app.data.importing import MOST_SIDE, ImageOptions
from landscape_app.gui.importing.fields import LIST_WIDTH, EvenNumber, NumberField, whole
from landscape_app.gui.importing.material import (
    Choices,
    DataChoices,
    DataMaterial,
    ImageChoices,
    ImageMaterial,
    Material,
    Split,
)
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.switch import Switch
from landscape_app.problems import PROBLEMS

MOST_LETTERS = 60
"""Of a name."""

UNFIT = '/\\:*?"<>|'
"""What a name cannot have: files are called by it."""


class DataForm(QWidget):
    """Name and split of a data set; subclasses add how it is made.

    Args:
        material: what was found.

    Signals:
        changed: something is chosen otherwise, or cannot stand.
    """

    changed = Signal()

    def __init__(self, material: Material) -> None:
        super().__init__()
        count, split = material.count, Split.proposed(material.count)
        self.name = NameField(material.name)
        self.training = NumberField(
            whole(
                "training",
                "Training items",
                split.training,
                2,
                count - 1,
                "Items that the model learns from, drawn from all classes alike.",
            )
        )
        self.held_out = NumberField(
            whole(
                "held-out",
                "Held-out items",
                split.held_out,
                1,
                count - 2,
                "Items that no model learns from: they tell whether it has learned or memorised.",
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
        """What is chosen; None while something cannot stand."""

    @property
    def split(self) -> Split | None:
        """How many items; None while that cannot stand."""
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

    def _add(self, field: NumberField | NameField | QWidget) -> None:
        self._layout.addWidget(field)
        if isinstance(field, NumberField | NameField):
            field.changed.connect(self._on_change)

    def _on_change(self) -> None:
        training, held_out = self.training.value, self.held_out.value
        if training is not None and held_out is not None:
            room = self._count - training
            most = "1" if room == 1 else f"1 to {room:,}"
            self.held_out.complain(
                "" if held_out <= room else f"Needs {most} beside {training:,} to learn from"
            )
        self.changed.emit()


class ImportedForm(DataForm):
    """Of a data set that was imported before."""

    def __init__(self, material: DataMaterial) -> None:
        super().__init__(material)
        dataset = material.dataset
        self.training.show_value(len(dataset.training))
        self.held_out.show_value(len(dataset.held_out))
        self.held_out.setEnabled(False)
        self.training.changed.disconnect(self._on_change)
        self.training.changed.connect(self._hold_out_the_rest)

    @property
    def choices(self) -> DataChoices | None:
        """What is chosen; None while something cannot stand."""
        name, split = self.name.value, self.split
        return None if name is None or split is None else DataChoices(name, split)

    def _hold_out_the_rest(self) -> None:
        if self.training.value is not None:
            self.held_out.show_value(self._count - self.training.value)
        self._on_change()


class ImageForm(DataForm):
    """Of images: size, levels, and whether folders are classes."""

    def __init__(self, material: ImageMaterial) -> None:
        super().__init__(material)
        proposed = ImageOptions.proposed(material.source)
        if proposed.most is not None:
            split = Split.proposed(proposed.most)
            self.training.show_value(split.training)
            self.held_out.show_value(split.held_out)
        sides = "Pixels that an image is averaged to where it is larger."
        self.height_field = NumberField(
            EvenNumber("height", "Height, pixels", proposed.height, proposed.height, 2, MOST_SIDE, sides)
        )
        self.width_field = NumberField(
            EvenNumber("width", "Width, pixels", proposed.width, proposed.width, 2, MOST_SIDE, sides)
        )
        self.levels = NumberField(
            whole(
                "levels",
                "Levels",
                proposed.levels,
                2,
                256,
                "Values of a pixel. Fewer are learned sooner; photographs need some sixteen to look as they do.",
            )
        )
        for field in (self.height_field, self.width_field, self.levels):
            self._add(field)
        self.colour = self._switch(
            "colour",
            "Keep the colours",
            "Red, green and blue, each in its levels: three numbers a pixel, and an epoch takes as much longer. Off: "
            "grey, by luminance",
        )
        self.colour.setChecked(proposed.colour)
        self.colour.setVisible(material.source.is_coloured)
        self.invert = self._switch(
            "invert",
            "Dark is ink",
            "Level 0 is paper. On: the light parts of an image are paper, as in a scan; off: the dark ones are",
        )
        self.classes = self._switch(
            "keep-classes",
            "Keep the classes",
            "Subfolders, or the labels of the file: a class network learns them, and chains are steered to them",
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
        """What is chosen; None while something cannot stand."""
        name, split, options = self.name.value, self.split, self.options
        if name is None or split is None or options is None:
            return None
        return ImageChoices(name, split, options, self.classes.isChecked())

    def _switch(self, name: str, text: str, tooltip: str) -> Switch:
        switch = named(Switch(text), f"import-{name}")
        switch.setAccessibleName(text)
        switch.setToolTip(tooltip)
        switch.toggled.connect(lambda _: self.changed.emit())
        self._layout.addWidget(switch)
        return switch


class NameField(QWidget):
    """The name of a data set.

    Args:
        name: to begin with.

    Signals:
        changed: the text is another.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.line = named(QLineEdit(name[:MOST_LETTERS]), "import-name")
        self.line.setAccessibleName("Name of the data")
        self.line.setToolTip("What the window, its runs and their files call the data")
        self.line.setMaxLength(MOST_LETTERS)
        self.line.setFixedWidth(LIST_WIDTH)
        label = QLabel("Name")
        label.setBuddy(self.line)
        self.complaint = named(QLabel(), "complaint-name")
        self.complaint.setProperty("kind", "complaint")
        self.complaint.setWordWrap(True)
        self.complaint.hide()
        row = QHBoxLayout()
        row.addWidget(label, 1)
        row.addWidget(self.line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.complaint)
        self.line.textChanged.connect(self._check)

    @property
    def value(self) -> str | None:
        """The name; None while it cannot stand."""
        return None if self._wrong else self.line.text().strip()

    @property
    def _wrong(self) -> str:
        name = self.line.text().strip()
        if not name or any(letter in name for letter in UNFIT):
            return f"Needs a name without {' '.join(UNFIT)}"
        return f"“{name}” comes with Landscape: choose another name" if name in PROBLEMS else ""

    def _check(self) -> None:
        wrong = self._wrong
        self.complaint.setText(f"⚠ {wrong}" if wrong else "")
        self.complaint.setVisible(bool(wrong))
        self.line.setAccessibleDescription(wrong)
        self.changed.emit()
