"""What was found, beside what is chosen of it and what it is trained with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from landscape_app.data.importing import LeftOut
from landscape_app.data.importing import named as named_images
from landscape_app.gui.importing.choices import DataForm, ImageForm, ImportedForm
from landscape_app.gui.importing.material import (
    DataMaterial,
    ImageMaterial,
    Material,
    Prepared,
    TableMaterial,
)
from landscape_app.gui.importing.preview import DatasetPreview, ImagePreview, Preview
from landscape_app.gui.importing.proposal_form import ProposalForm
from landscape_app.gui.importing.table_form import TableForm
from landscape_app.gui.importing.table_preview import TablePreview
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.card import control_card
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.steady_scroll import SteadyScrollArea

FEW_NAMED = 3
"""Of what cannot be read, before the pointer rests on it."""

SIDE = 350
"""Width of the column of choices."""


class FoundPage(QWidget):
    """Preview on the left, choices on the right.

    Args:
        material: what was found.
        theme: colours.
        seed: proposed.

    Signals:
        made_otherwise: another data set is chosen, or none that can stand.
        trained_otherwise: it is to be trained otherwise.
    """

    made_otherwise = Signal()
    trained_otherwise = Signal()

    def __init__(self, material: Material, theme: Theme, seed: int) -> None:
        super().__init__()
        self.material = material
        self.title = named(QLabel(material.path.name), "heading")
        self.summary = named(QLabel(), "summary")
        self.summary.setWordWrap(True)
        self.left_out = named(QLabel(), "warning")
        self.left_out.setWordWrap(True)
        self.left_out.hide()
        self.form = _form(material)
        self.preview = _preview(material, theme)
        self.proposal = ProposalForm(seed)
        self.proposal.setEnabled(False)
        self.cost = named(QLabel(), "import-cost")
        self.cost.setAccessibleName("Cost of the training")
        self.cost.setToolTip(
            "A few epochs were done in the background, on this machine, and timed; training itself also measures the "
            "entropy now and then"
        )
        self.cost.setWordWrap(True)
        self.cost.setMinimumHeight(2 * self.fontMetrics().height() + 4)
        self.cost.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.form.changed.connect(self._on_choice)
        self.proposal.changed.connect(self.trained_otherwise)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(self._build_left(), 1)
        layout.addWidget(self._build_right())
        self.summary.setText(material.summary)
        self.preview.show_choices(self.form)

    def show_prepared(self, prepared: Prepared) -> None:
        """Shows what came of the choices, and what is proposed."""
        dataset = prepared.dataset
        taken = f"{len(dataset.training):,} to learn from, {len(dataset.held_out):,} held out"
        note = f". {prepared.note}" if prepared.note else ""
        self.summary.setText(f"{prepared.summary or self.material.summary}. {taken}{note}")
        self.form.show_taken(len(dataset.training), len(dataset.held_out))
        self._show_left_out(prepared.left_out)
        self.preview.show_prepared(dataset)
        self.proposal.setEnabled(True)
        self.proposal.show_proposal(prepared.proposal, prepared.kernels)

    def _show_left_out(self, left_out: tuple[LeftOut, ...]) -> None:
        """Names the first of what cannot be read, and the others where the pointer rests on it."""
        count = len(left_out)
        if count:
            verb = "is" if count == 1 else "are"
            self.left_out.setText(
                f"{count:,} cannot be read and {verb} left out: {named_images(left_out, FEW_NAMED)}"
            )
            self.left_out.setToolTip(named_images(left_out).replace("; ", "\n"))
        self.left_out.setVisible(bool(count))

    def show_cost(self, text: str, wrong: bool = False) -> None:
        """Says what the training costs, or why that is not known."""
        self.cost.setText(text)
        self.cost.setProperty("kind", "complaint" if wrong else "")
        self.cost.style().unpolish(self.cost)
        self.cost.style().polish(self.cost)

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self.preview.set_theme(theme)

    def _build_left(self) -> QVBoxLayout:
        left = QVBoxLayout()
        left.setSpacing(6)
        left.addWidget(self.title)
        left.addWidget(self.summary)
        left.addWidget(self.left_out)
        left.addSpacing(4)
        left.addWidget(self.preview, 1)
        return left

    def _build_right(self) -> QScrollArea:
        column = named(QWidget(), "sheet")
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(control_card(named(QLabel("Data"), "title"), self.form))
        layout.addWidget(control_card(named(QLabel("Model and training"), "title"), self.proposal, self.cost))
        layout.addStretch(1)
        area = SteadyScrollArea()
        area.setWidget(column)
        area.setFixedWidth(SIDE)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _on_choice(self) -> None:
        self.preview.show_choices(self.form)
        self.made_otherwise.emit()


def _form(material: Material) -> DataForm:
    if isinstance(material, ImageMaterial):
        return ImageForm(material)
    if isinstance(material, TableMaterial):
        return TableForm(material)
    assert isinstance(material, DataMaterial)
    return ImportedForm(material)


def _preview(material: Material, theme: Theme) -> Preview:
    if isinstance(material, ImageMaterial):
        return ImagePreview(material, theme)
    if isinstance(material, TableMaterial):
        return TablePreview(material, theme)
    assert isinstance(material, DataMaterial)
    return DatasetPreview(material.dataset, theme)
