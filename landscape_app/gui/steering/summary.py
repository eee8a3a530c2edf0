"""Summary of a steering, in words: share on target, effective samples, distinct ancestors."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.fixed import FixedLabel
from landscape_app.physics.fields import ONE_OF
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot, SteeringRecord
from landscape_app.session.sampler import CHAINS

LONGEST = "Effective samples 2,560 of 3,072 · 100 distinct ancestors of 100 chains · 0.12 s, in 12 steps"
"""Longest texts that the card keeps room for."""

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


class SummaryCard:
    """Card that says how the chains follow a composition.

    Attributes:
        card: the widget.
        share: of the chains on target.
        evidence: effective samples and ancestors.
        advice: what to do where these are few.
    """

    def __init__(self) -> None:
        self.share = set_name(QLabel(), "title")
        self.share.setWordWrap(True)
        self.share.setToolTip(SHARE_TOOLTIP)
        self.share.setAccessibleName("How the chains follow")
        self.evidence = FixedLabel("", LONGEST)
        self.evidence.setObjectName("muted")
        self.evidence.setAccessibleName("How they got there")
        self.evidence.setToolTip(TOOLTIP)
        self.advice = FixedLabel("", POOR + ADVICE)
        self.advice.setObjectName("warning")
        self.advice.setAccessibleName("Whether the model contains this")
        self.advice.setToolTip(TOOLTIP)
        self.card = control_card(self.share, self.evidence, self.advice)
        self.card.setVisible(False)

    def show_state(self, state: EngineState, is_current: bool) -> None:
        """Draws a state; greyed where the chains do not follow what the editor says yet."""
        steering, snapshot = state.steering, state.snapshot
        self.card.setVisible(not state.composition.is_model)
        self.card.setEnabled(is_current)
        _say(self.share, describe_share(state.composition, snapshot))
        training = state.activity is Activity.TRAINING
        _say(self.evidence, "" if steering is None else describe_steering(steering))
        _say(self.advice, "" if steering is None else advise(steering, training))


def describe_share(composition: Composition, snapshot: Snapshot | None) -> str:
    """Classes that the classifier reads in the chains, where something is wanted of classes."""
    if snapshot is None or snapshot.shares is None:
        return "Chains follow the new Hamiltonian"
    wanted = composition.conditions
    classes = wanted[0].classes if len(wanted) == 1 and wanted[0].mode == ONE_OF else ()
    if len(classes) > 1:
        called = zip(classes, wanted[0].called, strict=True)
        return "Chains read as " + " · ".join(
            f"{name}: {snapshot.shares.classes[c]:.1%}" for c, name in called
        )
    read = f"read as {wanted[0].called[0]}" if composition.target is not None else "are what is wanted"
    return f"{snapshot.shares.on_target:.1%} of the chains {read}"


def describe_steering(steering: SteeringRecord) -> str:
    """Account of a jump, in words."""
    if steering.source == CHAINS:
        return (
            f"The chains are taken along: effective samples {steering.effective_sample_size:,.0f} of "
            f"{steering.chains:,} · {steering.seconds:.2f} s"
        )
    stages = "" if steering.stages == 1 else f", in {steering.stages} steps"
    return (
        f"Effective samples {steering.effective_sample_size:,.0f} of {steering.weighted_samples:,} "
        f"· {steering.ancestors} distinct ancestors of {steering.chains} chains "
        f"· {steering.seconds:.2f} s{stages}"
    )


def advise(steering: SteeringRecord, training: bool) -> str:
    """Advice where a composition asks for what the model hardly contains; empty elsewhere."""
    if steering.source == CHAINS or not steering.is_poor:
        return ""
    return POOR + (ADVICE_IN_TRAINING if training else ADVICE)


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
