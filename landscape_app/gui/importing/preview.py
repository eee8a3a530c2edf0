"""What was found, beside what the model will see of it; live as choices change."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from landscape_app.data import Dataset, Kind
from landscape_app.gui.importing.choices import DataForm, ImageForm
from landscape_app.gui.importing.dataset_plot import DatasetPlot
from landscape_app.gui.importing.material import SAMPLES, ImageMaterial
from landscape_app.gui.importing.sample_grid import SampleGrid
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named

CONVERTED = "The same images as the model will see and make them: resized, in its levels, level 0 as paper"


class Preview(QWidget):
    """Shows what a model will see."""

    def show_choices(self, form: DataForm) -> None:
        """Shows at once what can be shown of other choices."""

    def show_prepared(self, dataset: Dataset) -> None:
        """Shows the data set that was made by the choices."""

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""


class ImagePreview(Preview):
    """Some images as they lie in the file, and as the model will see them.

    Args:
        material: the images.
        theme: colours.
    """

    def __init__(self, material: ImageMaterial, theme: Theme) -> None:
        super().__init__()
        self._material = material
        self.originals = SampleGrid(
            "import-originals", "Images as they are", "Some of the images, as they are in the file", theme
        )
        self.converted = SampleGrid("import-converted", "Images as the model will see them", CONVERTED, theme)
        self.caption = named(QLabel(), "title")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        columns = ((named(QLabel("As they are"), "title"), self.originals), (self.caption, self.converted))
        for column, (label, view) in enumerate(columns):
            # Or a longer caption would make its images larger than the others.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setWordWrap(True)
            grid.addWidget(label, 0, column)
            grid.addWidget(view, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)
        self.originals.show_originals(material.samples)

    def show_choices(self, form: DataForm) -> None:
        """Shows the images as they will be; where the choices cannot stand, none."""
        assert isinstance(form, ImageForm)
        options = form.options
        if options is None:
            self.caption.setText("As the model will see them")
            self.converted.set_placeholder("Mend what is marked")
            self.converted.show_nothing()
            return
        self.caption.setText(_caption(options.shape, options.levels))
        self.converted.show_levels(self._material.as_chosen(options), options.levels)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.originals.set_theme(theme)
        self.converted.set_theme(theme)


class DatasetPreview(Preview):
    """Some items of a data set: images, or a plot of points and of what is in columns.

    Args:
        dataset: what is shown.
        theme: colours.
    """

    def __init__(self, dataset: Dataset, theme: Theme) -> None:
        super().__init__()
        caption = named(QLabel(), "title")
        self.view: SampleGrid | DatasetPlot
        if dataset.items.ndim > 2:
            spins = dataset.kind is Kind.SPINS
            levels = 2 if spins else dataset.levels
            chosen = np.linspace(0, len(dataset.items) - 1, min(SAMPLES, len(dataset.items))).astype(int)
            items = dataset.items[chosen]
            self.view = SampleGrid("import-items", "Some of the items", "Some of the items", theme)
            self.view.show_levels((items > 0).astype(np.uint8) if spins else items, levels)
            caption.setText(_caption(dataset.items.shape[1:], levels))
        else:
            self.view = DatasetPlot(theme)
            self.view.show_dataset(dataset)
            caption.setText("As the model will see them")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(caption)
        layout.addWidget(self.view, 1)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.view.set_theme(theme)


def _caption(shape: tuple[int, ...], levels: int) -> str:
    colours = " a colour" if len(shape) == 3 else ""
    return f"As the model will see them: {shape[0]} × {shape[1]}, {levels} levels{colours}"
