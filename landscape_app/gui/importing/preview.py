"""What was found, beside what the model will see of it; live as choices change."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from landscape_app.data import Dataset
from landscape_app.data.importing import ImageOptions
from landscape_app.gui.importing.material import SAMPLES, ImageMaterial
from landscape_app.gui.importing.sample_grid import SampleGrid
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.naming import named


class ImagePreview(QWidget):
    """Some images as they lie in the file, and as the model will see them.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.originals = SampleGrid(
            "import-originals", "Images as they are", "Some of the images, as they are in the file", theme
        )
        self.converted = SampleGrid(
            "import-converted",
            "Images as the model will see them",
            "The same images as the model will see and make them: resized, in its levels, level 0 as paper",
            theme,
        )
        self.left = named(QLabel("As they are"), "title")
        self.right = named(QLabel(), "title")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for column, (label, view) in enumerate(((self.left, self.originals), (self.right, self.converted))):
            # Or a longer caption would make its images larger than the others.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(label, 0, column)
            grid.addWidget(view, 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)

    def show_material(self, material: ImageMaterial) -> None:
        """Shows the originals."""
        self.originals.show_originals(material.samples)
        self.originals.setVisible(True)
        self.left.setVisible(True)

    def show_options(self, material: ImageMaterial, options: ImageOptions | None) -> None:
        """Shows the images as they will be; where the options cannot stand, none."""
        if options is None:
            self.right.setText("As the model will see them")
            self.converted.set_placeholder("Mend what is marked")
            self.converted.show_nothing()
            return
        self.right.setText(_caption(options.shape, options.levels))
        self.converted.show_levels(material.as_chosen(options), options.levels)

    def show_dataset(self, dataset: Dataset) -> None:
        """Shows items of a data set of images, which has no originals."""
        self.originals.setVisible(False)
        self.left.setVisible(False)
        chosen = np.linspace(0, len(dataset.items) - 1, min(SAMPLES, len(dataset.items))).astype(int)
        self.right.setText(_caption(dataset.items.shape[1:], dataset.levels))
        self.converted.show_levels(dataset.items[chosen], dataset.levels)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.originals.set_theme(theme)
        self.converted.set_theme(theme)


def _caption(shape: tuple[int, ...], levels: int) -> str:
    colours = " of each colour" if len(shape) == 3 else ""
    return f"As the model will see them: {shape[0]} × {shape[1]}, {levels} levels{colours}"
