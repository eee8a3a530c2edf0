"""Outcome of a steering under the chains: share on target, effective samples, distinct ancestors."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from landscape_app.counting import counted
from landscape_app.gui.sampler.side_by_side import BETWEEN
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.widgets.containers import restyle, set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.physics.fields import ONE_OF
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot, SteeringRecord
from landscape_app.session.sampler import CHAINS

HARDLY = "Hardly in the model · "
POOR = "The model hardly contains this: "
ADVICE, ADVICE_IN_TRAINING = "give the chains time to move.", "it needs more training."

SHARE_TOOLTIP = (
    "What the classifier reads in the chains, ± the standard error of as many independent chains as they are "
    "worth:<br>those that descend from one sample count as one as far as they are alike."
)
TOOLTIP = (
    "The chains are resampled from samples of the model, weighted by exp(−change of H), and "
    "go on moving from there.<br><b>Effective samples</b>: how many independent samples the weighted "
    "samples are worth.<br><b>Ancestors</b>: how many different ones the chains descend from.<br>"
    "Few of either: this composition asks for what the model hardly contains."
)


MODEL_ALONE = "The model alone: nothing is added to its energy"


class OutcomeLine(QWidget):
    """Words on chains that follow a composition, in two lines.

    Args:
        name: of the composition, before the words while two are compared.

    Attributes:
        share: of the chains on target.
        evidence: effective samples and ancestors, in the colour of a warning where they are few.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.share = set_name(ShortenedLabel(), "title")
        self.share.setAccessibleName("How the chains follow")
        self.evidence = set_name(ShortenedLabel(), "muted")
        self.evidence.setAccessibleName("How they got there")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for label in (self.share, self.evidence):
            label.ensurePolished()
            # As high without words.
            label.setFixedHeight(label.fontMetrics().height() + 2)
            layout.addWidget(label)

    def show_outcome(
        self,
        composition: Composition,
        snapshot: Snapshot | None,
        steering: SteeringRecord | None,
        state: EngineState,
    ) -> None:
        """Says how chains follow.

        Args:
            composition: that they follow.
            snapshot: of them.
            steering: their last jump; None where they started otherwise.
            state: that they are shown in.
        """
        share = describe_share(composition, snapshot)
        if state.compared is not None:
            # There is half the room, and a title above.
            share = f"{self._name}: {share.replace(' of the chains', '')}"
        _say(self.share, share, SHARE_TOOLTIP)
        steered = None if composition.is_model else steering
        evidence = "" if steered is None else describe_steering(steered)
        advice = "" if steered is None else advise(steered, state.activity is Activity.TRAINING)
        _say(
            self.evidence,
            evidence,
            f"<b>{advice}</b><br>{TOOLTIP}" if advice else TOOLTIP,
        )
        self._warn(bool(advice))

    def _warn(self, poor: bool) -> None:
        restyle(self.evidence, "poor", poor)


class Outcomes(QWidget):
    """Line of the chains on view; while two compositions are compared, that of A to the left of it.

    Attributes:
        a: line of A, while there is one.
        b: line of the chains on view.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("outcomes")
        self.a, self.b = OutcomeLine("A"), OutcomeLine("B")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        layout.addWidget(self.a, 1)
        layout.addWidget(self.b, 1)
        self.a.setVisible(False)

    def show_state(self, state: EngineState) -> None:
        """Draws a state."""
        compared = state.compared
        if (compared is not None) != self.a.isVisibleTo(self):
            self.a.setVisible(compared is not None)
        self.b.show_outcome(state.composition, state.snapshot, state.steering, state)
        if compared is not None:
            self.a.show_outcome(compared.composition, compared.snapshot, compared.steering, state)

    def set_awaited(self, awaited: bool) -> None:
        """Greys what is said where the chains do not follow yet what is asked of them."""
        self.setEnabled(not awaited)


def describe_share(composition: Composition, snapshot: Snapshot | None) -> str:
    """Classes that the classifier reads in the chains, where something is wanted of classes."""
    if composition.is_model:
        return MODEL_ALONE
    if snapshot is None or snapshot.shares is None:
        return "Chains follow the new Hamiltonian"
    wanted = composition.conditions
    classes = wanted[0].classes if len(wanted) == 1 and wanted[0].mode == ONE_OF else ()
    if len(classes) > 1:
        called = zip(classes, wanted[0].called, strict=True)
        return "Chains read as " + " · ".join(
            f"{name}: {snapshot.shares.classes[c]:.1%}" for c, name in called
        )
    read = f"read as {wanted[0].called[0]}" if composition.target is not None else "match the request"
    return f"{snapshot.shares.on_target:.1%} of the chains {read}"


def describe_steering(steering: SteeringRecord) -> str:
    """Account of a jump, in words."""
    if steering.source == CHAINS:
        return (
            f"The chains are taken along: {steering.effective_sample_size:,.0f} of {steering.chains:,} effective "
            f"samples · {steering.seconds:.2f} s"
        )
    stages = "" if steering.stages == 1 else f", in {steering.stages} steps"
    return (
        f"{HARDLY if steering.is_poor else ''}{counted(steering.ancestors, 'ancestor')} "
        f"· {steering.effective_sample_size:,.0f} of {steering.weighted_samples:,} effective samples "
        f"· {steering.seconds:.2f} s{stages}"
    )


def advise(steering: SteeringRecord, training: bool) -> str:
    """Advice where a composition asks for what the model hardly contains; empty elsewhere."""
    if steering.source == CHAINS or not steering.is_poor:
        return ""
    return POOR + (ADVICE_IN_TRAINING if training else ADVICE)


def _say(label: ShortenedLabel, text: str, tooltip: str) -> None:
    """Shows a text, with its meaning as the tip."""
    if label.text() != text:
        label.setText(text)
        label.setToolTip(f"{text}<br>{tooltip}")
