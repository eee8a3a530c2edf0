"""Controls of a discriminator field: its round, the accuracy of each, and a button that trains another."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from landscape_app.gui.steering.context import FieldContext, FieldSignals
from landscape_app.gui.steering.controls.field_controls import FieldControls
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.tips import wrapped
from landscape_app.language import tr
from landscape_app.physics.fields import DiscriminatorRound, Field


class DiscriminatorControls(FieldControls):
    """Round, the rounds of the run, and training."""

    field_type = DiscriminatorRound
    title = tr("Discriminator")
    meaning = tr("Towards what a network takes for real")

    def __init__(self, context: FieldContext, signals: FieldSignals, theme: Theme) -> None:
        super().__init__(context, signals, theme)
        self._field = DiscriminatorRound(1)
        self._rounds = 0
        self.round = set_name(ChoiceBox(), "discriminator-round")
        self.round.setAccessibleName(tr("Round of the discriminator"))
        self.round.setToolTip(
            tr("Each round's discriminator was trained against the chains as they were then")
        )
        self.round.activated.connect(self._on_round)
        self.rounds = set_name(QLabel(), "muted")
        self.rounds.setAccessibleName(tr("Accuracy of every round"))
        self.rounds.setWordWrap(True)
        self.rounds.setToolTip(
            wrapped(
                tr(
                    "Share of real images found real and of the chains found generated, mean of both, on images "
                    "that the discriminator has not seen. 50% where it cannot tell: then there is nothing left to "
                    "gain"
                )
            )
        )
        self.train = set_name(QPushButton(tr("Train against these chains")), "train-discriminator")
        self.train.setAccessibleName(tr("Train a discriminator against these chains"))
        self.train.setToolTip(
            wrapped(
                tr(
                    "Learns to tell real images from the chains as they stand, which are composed as now; some "
                    "seconds, the chains move on. The round is kept with the run"
                )
            )
        )
        self.train.clicked.connect(lambda: signals.discriminator.emit())
        for widget in (self.round, self.rounds, self.train):
            self.body.addWidget(widget)
        self._list(FieldContext())

    @classmethod
    def new_field(cls, context: FieldContext) -> DiscriminatorRound:
        """The latest round."""
        return DiscriminatorRound(max(1, len(context.rounds)))

    def show_field(self, field: Field) -> None:
        """Sets the round."""
        assert isinstance(field, DiscriminatorRound)
        self._field = field
        if field.round > self.round.count():
            self._fill(field.round)
        self.round.setCurrentIndex(field.round - 1)

    def show_context(self, context: FieldContext) -> None:
        """Lists the rounds there are."""
        self.train.setEnabled(context.facts is not None and not context.busy and not context.training)
        self._list(context)

    def _list(self, context: FieldContext) -> None:
        lines = [
            tr(
                "Round {number}: {accuracy:.0%} ± {error:.0%} right",
                number=number,
                accuracy=found.accuracy,
                error=found.error,
            )
            for number, found in enumerate(context.rounds, 1)
        ]
        self.rounds.setText(
            "\n".join(lines) or tr("No round yet: train one; until then this field does nothing")
        )
        self._rounds = len(context.rounds)
        self._fill(max(self._rounds, self._field.round))
        for index, found in enumerate(context.rounds):
            self.round.setItemData(
                index, tr("Trained against {against}", against=found.against), Qt.ItemDataRole.ToolTipRole
            )
        self.round.setCurrentIndex(self._field.round - 1)

    def _fill(self, count: int) -> None:
        self.round.clear()
        for number in range(1, count + 1):
            known = number <= self._rounds
            text = (
                tr("Round {number}", number=number)
                if known
                else tr("Round {number} (not trained)", number=number)
            )
            self.round.addItem(text, number)

    def _on_round(self, index: int) -> None:
        self._field = DiscriminatorRound(index + 1)
        self.changed.emit(self._field, "")


CONTROLS: tuple[type[FieldControls], ...] = (DiscriminatorControls,)
