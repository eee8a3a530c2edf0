"""Controls of fields with one number or one choice: ink, symmetry, smoothness."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from landscape_app.gui.state import Facts
from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.physics.fields import AXES, Field, InkAmount, SmoothPixels, SymmetryAbout

_INK = tr(
    "<b>Ink</b> that is wanted, in % of an image that is all ink.<br>"
    "V = N (ū − share)², N the number of pixels; a negative strength drives ink away from the share."
)
AXIS_TITLES = {
    "left-right": tr("left-right"),
    "top-bottom": tr("top-bottom"),
    "diagonal": tr("diagonal"),
    "half-turn": tr("half-turn"),
}
"""Names of `AXES`, as people read them."""


class InkControls(FieldControls):
    """Wanted share of ink."""

    field_type = InkAmount
    title = tr("Total ink")
    meaning = tr("More or less ink")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self.share = NumberSlider(
            "ink-share",
            tr("Share of ink in per cent"),
            (0.0, 100.0),
            30.0,
            _INK,
            step=1.0,
        )
        self._facts: Facts | None = None
        self.share.box.setDecimals(1)
        self.share.box.setSuffix("%")
        self.share.changed.connect(self._on_share)
        self.share.settled.connect(self.settled)
        self.body.addWidget(set_name(QLabel(tr("Wanted ink")), "muted"))
        self.body.addWidget(self.share)

    def show_context(self, context: FieldContext) -> None:
        """Says how much ink the data have."""
        facts = context.facts
        if facts is not self._facts and facts is not None and facts.space.levels:
            self._facts = facts
            share = facts.space.as_images(facts.training_items).mean() / (facts.space.levels - 1)
            self.share.setToolTip(
                tr(
                    "<b>Ink</b> that is wanted, in % of an image that is all ink; the data have {mean:.0%} on "
                    "average.<br>V = N (ū − share)², N the number of pixels; a negative strength drives ink away "
                    "from the share.",
                    mean=share,
                )
            )

    def show_field(self, field: Field) -> None:
        """Sets the share."""
        assert isinstance(field, InkAmount)
        self.share.show_value(100 * field.share)

    def _on_share(self, percent: float) -> None:
        gesture = "ink share" if self.share.is_sliding else ""
        self.changed.emit(InkAmount(round(percent / 100, 6)), gesture)


class SymmetryControls(FieldControls):
    """Axis of the symmetry."""

    field_type = SymmetryAbout
    title = tr("Symmetry")
    meaning = tr("Alike after mirroring or turning")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self.axis = set_name(ChoiceBox(), "symmetry-axis")
        self.axis.setAccessibleName(tr("Symmetric about"))
        self.axis.setToolTip(
            wrapped(
                tr(
                    "What an image is to look like after it: mirrored left to right, top to bottom, at the "
                    "diagonal, or turned by half a turn. V is half the squared distance from it; a negative "
                    "strength drives away"
                )
            )
        )
        for axis in AXES:
            self.axis.addItem(AXIS_TITLES[axis], axis)
        self.axis.activated.connect(lambda i: self.changed.emit(SymmetryAbout(AXES[i]), ""))
        self.body.addWidget(self.axis)

    def show_field(self, field: Field) -> None:
        """Sets the axis."""
        assert isinstance(field, SymmetryAbout)
        self.axis.setCurrentIndex(AXES.index(field.axis))


class SmoothnessControls(FieldControls):
    """Meaning of the strength's sign; there is nothing else to set."""

    field_type = SmoothPixels
    title = tr("Smoothness")
    meaning = tr("Neighbouring pixels alike")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        text = set_name(QLabel(tr("Positive: neighbouring pixels alike; negative: rough.")), "muted")
        text.setWordWrap(True)
        self.body.addWidget(text)

    def show_field(self, field: Field) -> None:
        """There is nothing to set."""


CONTROLS: tuple[type[FieldControls], ...] = (InkControls, SymmetryControls, SmoothnessControls)
