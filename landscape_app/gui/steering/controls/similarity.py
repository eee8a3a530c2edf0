"""Controls of the similarity to an image."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QVBoxLayout

from landscape_app.gui.steering.context import ChosenChain, FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls, SelectedChain
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import leave_by_keys, pass_undo_on
from landscape_app.gui.widgets.mosaic import Mosaic
from landscape_app.language import tr
from landscape_app.physics.fields import Field, SimilarityTo
from landscape_app.physics.fields.pixels import CHAIN, TRAINING, shown_source


def similarity_to(image: np.ndarray, source: str) -> SimilarityTo:
    """The field of an image of levels, shape (height, width)."""
    return SimilarityTo(tuple(tuple(int(level) for level in row) for row in image), source)


class SimilarityControls(FieldControls):
    """A training image by its number, or the selected chain at present."""

    field_type = SimilarityTo
    title = tr("Similarity to an image")
    meaning = tr("Like an image, or unlike it")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._context = FieldContext()
        self._field: SimilarityTo | None = None
        self.picture = Mosaic(theme, plain=True)
        self.picture.setObjectName("similarity-image")
        self.picture.setAccessibleName(tr("The image"))
        self.picture.setToolTip(tr("V = Σ (u − v)² from this image; a negative strength drives away from it"))
        self.picture.setFixedSize(64, 64)
        self.number = set_name(QSpinBox(), "similarity-number")
        self.number.setAccessibleName(tr("Number of the training image"))
        self.number.setToolTip(tr("Which of the training images, in their order"))
        self.number.setPrefix(tr("Image") + " ")
        self.number.setKeyboardTracking(False)
        pass_undo_on(self.number)
        leave_by_keys(self.number)
        self.number.setRange(1, 1)
        self.number.valueChanged.connect(self._on_number)
        self.chain = SelectedChain(
            signals,
            "similarity-chain",
            tr("Selected chain"),
            tr("The image of the chain that is selected in the mosaic, as it is now"),
        )
        self.chain.taken.connect(self._on_chain)
        self.source = set_name(QLabel(), "muted")
        self.source.setWordWrap(True)
        side = QVBoxLayout()
        side.setSpacing(4)
        for widget in (self.source, self.number, self.chain):
            side.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)
        self.body.addLayout(row)

    @classmethod
    def new_field(cls, context: FieldContext) -> SimilarityTo:
        """Similarity to the first training image.

        Raises:
            ValueError: there is no session yet.
        """
        if context.facts is None:
            raise ValueError(tr("there is no image yet to be like"))
        return similarity_to(context.facts.training_items[0], f"{TRAINING}1")

    def show_field(self, field: Field) -> None:
        """Shows the image and where it is from."""
        assert isinstance(field, SimilarityTo)
        self._field = field
        self.source.setText(shown_source(field.source) or tr("an image from a file"))
        self._draw()

    def show_context(self, context: FieldContext) -> None:
        """Offers the training images of the run."""
        self._context = context
        with QSignalBlocker(self.number):
            self.number.setRange(1, 1 if context.facts is None else len(context.facts.training_items))
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.picture.set_theme(theme)

    def _draw(self) -> None:
        if self._field is None:
            return
        self.picture.show_images(np.array(self._field.image, np.uint8)[None], self._context.levels)
        number = self._field.source.removeprefix(TRAINING)
        if number != self._field.source and number.isdigit():
            with QSignalBlocker(self.number):
                self.number.setValue(int(number))

    def _on_number(self, number: int) -> None:
        if self._context.facts is not None:
            image = self._context.facts.training_items[number - 1]
            self._choose(similarity_to(image, f"{TRAINING}{number}"), "similarity number")

    def _on_chain(self, chosen: ChosenChain) -> None:
        self._choose(similarity_to(chosen.image, f"{CHAIN}{chosen.number}"), "")

    def _choose(self, field: SimilarityTo, gesture: str) -> None:
        self.show_field(field)
        self.changed.emit(field, gesture)


CONTROLS: tuple[type[FieldControls], ...] = (SimilarityControls,)
