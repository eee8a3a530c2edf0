"""Outcome of a steering under the chains: share on target, effective samples, ancestors, and how much they move."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from landscape_app.counting import counted
from landscape_app.gui.sampler.side_by_side import BETWEEN
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.widgets.containers import measure_anew, restyle, set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.worker import WAITING_SECONDS
from landscape_app.language import tr
from landscape_app.physics.estimate import share_in_words, shown
from landscape_app.physics.fields import ONE_OF
from landscape_app.session.composition import Composition
from landscape_app.session.records import Snapshot, SteeringRecord
from landscape_app.session.sampler import CHAINS

HARDLY = tr("Hardly in the model · ")
ADVICE = tr("The model hardly contains this: give the chains time to move.")
ADVICE_IN_TRAINING = tr("The model hardly contains this: it needs more training.")

SHARE_TOOLTIP = tr(
    "What the classifier reads in the chains, ± the standard error of as many independent chains as they are "
    "worth:<br>those that descend from one sample count as one, until their images, energies and classes differ as "
    "those of different ancestors do. Few ancestors tell little of that.<br>Near 0 or 100%, where ± "
    "would lead beyond, ≥ or ≤ is the end of the two-sided 95% interval (Wilson's score)."
)
TOOLTIP = tr(
    "The chains are resampled from samples of the model, weighted by exp(−change of H), and "
    "go on moving from there.<br><b>Effective samples</b>: how many independent samples the weighted "
    "samples are worth.<br><b>Ancestors</b>: how many different ones the chains descend from.<br>"
    "Few of either: this composition asks for what the model hardly contains."
)
MOTION_TOOLTIP = tr(
    "<b>Change</b>: mean squared distance of the chains from where they were 100 steps before; 100% is that of two "
    "training items.<br><b>⟨E⟩</b>: mean over the chains of the model's energy, not divided by T, in nats from the "
    "training items' mean."
)
FROZEN = tr(
    "<b>Nearly frozen</b>: less than 10%. Each chain stays in the valley where it began, so what is on view depends "
    "on the start as much as on T, and waiting does not help.<br>Compare ⟨E⟩ after <b>Restart ▾</b> from the model's "
    "samples and from noise: at a low T, the lower is the likelier. Raise T until the chains move, and lower it "
    "slowly; or try another kernel."
)

WAITS = tr("What was asked for waits")
WAITS_FOR_TRAINING = tr("What was asked for waits for the end of training")
WAITS_TOOLTIP = tr(
    "It is done as soon as the work that goes on has ended. <b>Pause</b> ends that of a training."
)

MOST_LINES = 2
"""Of a text while two compositions are compared."""

FROM_BEFORE = tr("The chains on view are still those from before.")
MODEL_ALONE = tr("The model alone: nothing is added to its energy")


class OutcomeLine(QWidget):
    """Words on chains that follow a composition, in three lines.

    Args:
        name: of the composition, before the words while two are compared.

    Attributes:
        share: of the chains on target.
        evidence: effective samples and ancestors, in the colour of a warning where they are few.
        motion: how much the chains move, in that colour where they hardly do, and their mean energy.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._wished = self._waiting = self._follows = ""
        self.share = set_name(ShortenedLabel(), "title")
        self.share.setAccessibleName(tr("How the chains follow"))
        self.evidence = set_name(ShortenedLabel(), "muted")
        self.evidence.setAccessibleName(tr("How they got there"))
        self.motion = set_name(ShortenedLabel(), "muted")
        self.motion.setAccessibleName(tr("How much the chains move"))
        self._labels = self.share, self.evidence, self.motion
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for label in self._labels:
            label.ensurePolished()
            layout.addWidget(label)
        # Below lines that one text fills.
        layout.addStretch(1)
        self.set_lines(1)

    def set_lines(self, lines: int) -> None:
        """Leaves a text so many lines where it needs them; the whole is always as high as if the first two did."""
        for label in self._labels:
            label.lines = lines
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Breaks texts anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Has each text as high as its lines, and one without words as high as with."""
        for label in self._labels:
            height = label.fontMetrics().lineSpacing() * max(1, len(label.shown)) + 2
            if label.minimumHeight() != height:
                label.setFixedHeight(height)
        lines = self.share.lines
        whole = sum(label.fontMetrics().lineSpacing() + 2 for label in self._labels)
        whole += (lines - 1) * sum(label.fontMetrics().lineSpacing() for label in self._labels[:2])
        if self.minimumHeight() != whole:
            self.setFixedHeight(whole)

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
        # While two are compared there is half the room, and a title above.
        share = describe_share(composition, snapshot, in_short=state.compared is not None)
        if state.compared is not None:
            share = f"{self._name}: {share}"
        self._wished, self._follows = "", share
        self._show_share()
        steered = None if composition.is_model else steering
        evidence = "" if steered is None else summarise_steering(steered)
        whole = "" if steered is None else describe_steering(steered)
        advice = "" if steered is None else advise(steered, state.activity is Activity.TRAINING)
        _say(
            self.evidence,
            evidence,
            f"<b>{advice}</b><br>{TOOLTIP}" if advice else TOOLTIP,
            whole,
        )
        restyle(self.evidence, "poor", bool(advice))
        frozen = snapshot is not None and snapshot.change is not None and snapshot.change.is_frozen
        whole = describe_motion(snapshot)
        motion = whole if state.compared is None else describe_motion(snapshot, in_short=True)
        _say(self.motion, motion, f"{FROZEN}<br>{MOTION_TOOLTIP}" if frozen else MOTION_TOOLTIP, whole)
        restyle(self.motion, "poor", frozen)
        if self._waiting:
            self._leave_gaps()
        self._fit()

    @property
    def is_waiting(self) -> bool:
        """True while it says what the chains do not follow yet."""
        return bool(self._waiting)

    def wait_for(self, text: str) -> None:
        """Says what the chains do not follow yet; empty where they do."""
        self._waiting = text
        self._show_share()
        if text:
            self._leave_gaps()
        self._fit()

    def _leave_gaps(self) -> None:
        """Says of which composition the chains on view are, in the place of figures that are not of the one asked."""
        _say(self.evidence, FROM_BEFORE, TOOLTIP)
        _say(self.motion, "…", MOTION_TOOLTIP)
        for line in (self.evidence, self.motion):
            restyle(line, "poor", False)

    def show_wishes(self, wishes: Sequence[str], state: EngineState) -> None:
        """Says that what the user wishes waits, and for what.

        Args:
            wishes: in words; "" for those that need none of their own.
            state: that is shown meanwhile.
        """
        waits = WAITS_FOR_TRAINING if state.activity is Activity.TRAINING else WAITS
        self._wished = next((wish for wish in wishes if wish), waits)
        self._show_share()
        _say(self.evidence, state.busy, WAITS_TOOLTIP)
        _say(self.motion, "", MOTION_TOOLTIP)
        for line in (self.evidence, self.motion):
            restyle(line, "poor", False)
        self._fit()

    def _show_share(self) -> None:
        """Says what waits for its turn; else what is being done; else how the chains follow."""
        if self._wished:
            _say(self.share, self._wished, WAITS_TOOLTIP)
        elif self._waiting:
            _say(self.share, self._waiting, FROM_BEFORE)
        else:
            _say(self.share, self._follows, SHARE_TOOLTIP)


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
        self._asked: Composition | None = None
        self._soon = QTimer(self, singleShot=True, interval=round(1000 * WAITING_SECONDS))
        self._soon.timeout.connect(self._say_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(BETWEEN)
        layout.addWidget(self.a, 1)
        layout.addWidget(self.b, 1)
        self.a.setVisible(False)
        self._wishes: tuple[str, ...] = ()
        self._state: EngineState | None = None

    def fit(self, width: int, spare: int = 0) -> int:
        """Gives long texts of two compositions a second line; returns how many lines they have.

        Args:
            width: of each half; 0 for one composition.
            spare: pixels of height that nothing else needs.
        """
        metrics = self.b.evidence.fontMetrics()
        poor = SteeringRecord(Composition(), "model", 10.0, 3072, 10, 100, 1, 0.0)
        is_narrow = width and metrics.horizontalAdvance(summarise_steering(poor)) > width
        more = (MOST_LINES - 1) * 2 * metrics.lineSpacing()
        lines = MOST_LINES if is_narrow and spare >= more else 1
        for line in (self.a, self.b):
            line.set_lines(lines)
        measure_anew(self)
        return lines

    def show_wishes(self, wishes: tuple[str, ...]) -> None:
        """Says what the user wishes that waits, in place of the outcome; nothing waits where there are none."""
        if wishes != self._wishes:
            self._wishes = wishes
            if self._state is not None:
                self.show_state(self._state)

    def show_state(self, state: EngineState) -> None:
        """Draws a state."""
        self._state, compared = state, state.compared
        if (compared is not None) != self.a.isVisibleTo(self):
            self.a.setVisible(compared is not None)
        if self._wishes:
            self.b.show_wishes(self._wishes, state)
        else:
            self.b.show_outcome(state.composition, state.snapshot, state.steering, state)
        if compared is not None:
            self.a.show_outcome(compared.composition, compared.snapshot, compared.steering, state)

    def set_awaited(self, asked: Composition | None) -> None:
        """Greys what is said where the chains do not follow yet what is asked of them, and soon says what that is.

        `Worker.wishes` cannot tell it: they end as their command begins, and a jump takes its time from there; nor
        does a slider that is dragged wait in the queue.

        Args:
            asked: the composition; None where they follow.
        """
        self.setEnabled(asked is None)
        self._asked = asked
        if asked is None:
            self._soon.stop()
            was_waiting = self.b.is_waiting
            self.b.wait_for("")
            if was_waiting and self._state is not None:
                self.show_state(self._state)
        elif not self._soon.isActive() and not self.b.is_waiting:
            self._soon.start()
        elif self.b.is_waiting:
            self._say_asked()

    def _say_asked(self) -> None:
        if self._asked is not None:
            self.b.wait_for(tr("Sampling at T = {temperature:g} …", temperature=self._asked.temperature))


def describe_share(composition: Composition, snapshot: Snapshot | None, in_short: bool = False) -> str:
    """Classes that the classifier reads in the chains, where something is wanted of classes.

    Args:
        composition: that the chains follow.
        snapshot: of them.
        in_short: in fewer words.
    """
    if composition.is_model:
        return MODEL_ALONE
    if snapshot is None or snapshot.shares is None:
        return tr("Chains follow the new Hamiltonian")
    wanted = composition.conditions
    classes = wanted[0].classes if len(wanted) == 1 and wanted[0].mode == ONE_OF else ()
    if len(classes) > 1:
        called = zip(classes, wanted[0].called, strict=True)
        classes_read = " · ".join(
            f"{name}: {share_in_words(snapshot.shares.classes[c])}" for c, name in called
        )
        return tr("Chains read as {classes}", classes=classes_read)
    share = share_in_words(snapshot.shares.on_target)
    if composition.target is None:
        if in_short:
            return tr("{share} match the request", share=share)
        return tr("{share} of the chains match the request", share=share)
    read = wanted[0].called[0]
    if in_short:
        return tr("{share} read as {class_name}", share=share, class_name=read)
    return tr("{share} of the chains read as {class_name}", share=share, class_name=read)


def describe_steering(steering: SteeringRecord) -> str:
    """Account of a jump, in words."""
    if steering.source == CHAINS:
        return tr(
            "The chains are taken along: {effective:,.0f} of {chains:,} effective samples · {seconds:.2f} s",
            effective=steering.effective_sample_size,
            chains=steering.chains,
            seconds=steering.seconds,
        )
    stages = "" if steering.stages == 1 else tr(", in {stages} steps", stages=steering.stages)
    effective = tr(
        "{effective:,.0f} of {samples:,} effective samples",
        effective=steering.effective_sample_size,
        samples=steering.weighted_samples,
    )
    return (
        f"{HARDLY if steering.is_poor else ''}{counted(steering.ancestors, 'ancestor')} "
        f"· {effective} · {steering.seconds:.2f} s{stages}"
    )


def summarise_steering(steering: SteeringRecord) -> str:
    """Account of a jump in one line: the numbers by which `SteeringRecord.is_poor` judges it."""
    if steering.source == CHAINS:
        return tr(
            "The chains are taken along: {effective:,.0f} of {chains:,} effective samples",
            effective=steering.effective_sample_size,
            chains=steering.chains,
        )
    hardly = HARDLY if steering.is_poor else ""
    if steering.is_in_stages:
        ancestors = counted(steering.ancestors, "ancestor")
        return hardly + tr(
            "{ancestors} · from the base measure in {stages} steps",
            ancestors=ancestors,
            stages=steering.stages,
        )
    effective = tr(
        "{effective:,.0f} of {samples:,} effective samples",
        effective=steering.effective_sample_size,
        samples=steering.weighted_samples,
    )
    return f"{hardly}{counted(steering.ancestors, 'ancestor')} · {effective}"


def describe_motion(snapshot: Snapshot | None, in_short: bool = False) -> str:
    """Words on how much chains move, and on their energy.

    Args:
        snapshot: of them.
        in_short: in fewer words.
    """
    if snapshot is None or not len(snapshot.energies):
        return ""
    energy = tr("⟨E⟩ {energy} nats", energy=shown(float(snapshot.energies.mean()), ".1f"))
    change = snapshot.change
    if change is None:
        return energy
    share = f"{change.share:.0%}" if change.share >= 0.095 else f"{change.share:.1%}"
    if in_short:
        moved = tr("{share} change", share=share)
        return f"{energy} · {tr('nearly frozen')}" if change.is_frozen else f"{energy} · {moved}"
    moved = tr("{share} change in {steps} steps", share=share, steps=change.steps)
    return f"{tr('Nearly frozen: {moved}', moved=moved) if change.is_frozen else moved} · {energy}"


def advise(steering: SteeringRecord, training: bool) -> str:
    """Advice where a composition asks for what the model hardly contains; empty elsewhere."""
    if steering.source == CHAINS or not steering.is_poor:
        return ""
    return ADVICE_IN_TRAINING if training else ADVICE


def _say(label: ShortenedLabel, text: str, tooltip: str, whole: str = "") -> None:
    """Shows a text, with its meaning as the tip, and before that all that it is short for."""
    tip = f"{whole or text}<br>{tooltip}" if text else tooltip
    if label.text() != text:
        label.setText(text)
    if label.toolTip() != tip:
        label.setToolTip(tip)
