"""The toolbar: the run on view and its training controls, what the engine is doing, and where it computes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised, counted, describe_minutes
from landscape_app.gui.menus import MenuEntry, Row, pressing
from landscape_app.gui.state import Activity, Compute, EngineState, Facts, Origin
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.keys import leave_by_keys
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.language import tr
from landscape_app.learning import FITS
from landscape_app.problems import MOST_EPOCHS
from landscape_app.session.device import available_cores

DEVICE_WIDTH = 150
"""Most pixels of the picker of devices; a longer name is seen in its list."""

RUN_WIDTH = 210
"""Most pixels of what is on view; what is longer stands in its tip."""

STATUS_WIDTH = 150
"""Fewest pixels of what the engine is doing."""

PROGRESS_STEPS, PROGRESS_HEIGHT = 1_000, 3
"""Steps of the bar below that, and its pixels."""

PAUSES = tr("Pause the training; the chains go on under the model as it is (Ctrl+P)")
STOPS = tr("Ask the process that trains this run to stop: it measures its model, saves it and ends (Ctrl+P)")

SHOWN_RATE = 0.05
"""Fewest epochs a second that are shown: fewer would read 0.0."""

BUTTON_MARGINS = 24
"""Pixels beside the text of a button, with its border."""


class Toolbar(QToolBar):
    """New run, the run on view, and Train, Pause, Step, Reset for it.

    Signals:
        new_run, train, pause, step, reset: the button of that name.
        plan_epochs: number of epochs.
        compute_on: where to, a `Compute`.
    """

    new_run = Signal()
    train = Signal()
    pause = Signal()
    step = Signal()
    reset = Signal()
    plan_epochs = Signal(int)
    compute_on = Signal(object)

    def __init__(self) -> None:
        super().__init__(tr("Training controls"))
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.new_run_button = self._button(
            "new-run",
            tr("New run…"),
            tr("Choose what to learn, with which model, how it is fitted and for how long (Ctrl+N)"),
        )
        self.on_view = set_name(ShortenedLabel(), "on-view")
        self.on_view.setAccessibleName(tr("Run on view"))
        self.on_view.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.addWidget(self.on_view)
        self.train_button = self._button("train", tr("Train"), "")
        keep_room_for(self.train_button, tr("Continue"))
        self.pause_button = self._button("pause", tr("Pause"), PAUSES)
        keep_room_for(self.pause_button, tr("Pause"))
        self.step_button = self._button(
            "step", tr("Step an epoch"), tr("Train the run on view for one epoch, then pause all (Ctrl+.)")
        )
        self.reset_button = self._button(
            "reset",
            tr("Reset"),
            tr(
                "Begin the run on view again, untrained, with its own settings and seed (Ctrl+R)<br>"
                "Its chains sample the base measure, as steered"
            ),
        )
        self.status = set_name(ShortenedLabel(), "engine-state")
        self.status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.status.setMinimumWidth(STATUS_WIDTH)
        self.status.setAccessibleName(tr("What the engine is doing"))
        self.progress = set_name(QProgressBar(), "training-progress")
        self.progress.setAccessibleName(
            tr("Share of the planned training, or of the work at its end, that is done")
        )
        self.progress.setTextVisible(False)
        self.progress.setRange(0, PROGRESS_STEPS)
        self.progress.setFixedHeight(PROGRESS_HEIGHT)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.hide()
        self.addWidget(_one_below_the_other(self.status, self.progress))
        self.epochs_box = set_name(QSpinBox(), "epochs")
        self.epochs_box.setAccessibleName(tr("Planned epochs"))
        self.epochs_box.setRange(1, MOST_EPOCHS)
        self.epochs_box.setSingleStep(250)
        self.epochs_box.setGroupSeparatorShown(True)
        self.epochs_box.setKeyboardTracking(False)
        self.epochs_box.setToolTip(tr("Length of the training of the run on view"))
        leave_by_keys(self.epochs_box)
        self.epochs_box.valueChanged.connect(self._on_epochs)
        self.addWidget(_named(tr("Epochs"), self.epochs_box))
        self.device_box = set_name(ChoiceBox(), "device")
        self.device_box.setAccessibleName(tr("Where to compute"))
        self.device_box.setToolTip(
            tr(
                "Device that computes, and threads of the CPU.<br>The run on view goes there at once and goes on "
                "from its state, its chains drawn anew; another device draws other random numbers.<br>A core that is "
                "left to the window keeps it smooth. What does not work leaves the CPU to compute, and says so."
            )
        )
        self.device_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.device_box.setMaximumWidth(DEVICE_WIDTH)
        self.device_box.activated.connect(self._on_device)
        self.addWidget(_named(tr("On"), self.device_box))
        self._name_extension()
        self._facts: Facts | None = None
        self._computes: list[Compute] = []
        self._state, self._waits = EngineState(), False
        self.show_state(self._state)

    def show_wishes(self, wishes: Sequence[str]) -> None:
        """Says beside what the engine is doing that something waits for it."""
        if bool(wishes) != self._waits:
            self._waits = bool(wishes)
            self._show_status(self._state)

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        before, self._state = self._state, state
        ready = state.activity is not Activity.LOADING and not state.busy
        training = state.activity is Activity.TRAINING
        self._show_train(state, training)
        for button, enabled in (
            (self.new_run_button, ready),
            (self.train_button, ready and not training),
            (self.pause_button, training or state.following),
            (self.step_button, ready and not training and state.can_train),
            (
                self.reset_button,
                ready and state.facts is not None and state.facts.origin is not Origin.SHIPPED,
            ),
        ):
            if button.isEnabled() != enabled:
                # Else Qt hands the focus on, and digit keys end up in the next box.
                button.clearFocus()
                button.setEnabled(enabled)
        if state.facts is not None and state.facts is not self._facts:
            is_new = self._facts is None or self._facts.number != state.facts.number
            self._facts = state.facts
            self._show_run(state.facts, is_new)
        # A message may say that what was chosen does not work.
        known = before.compute, before.devices, before.message_number
        if (state.compute, state.devices, state.message_number) != known:
            self._show_device(state)
        pause = tr("Stop…") if state.following else tr("Pause")
        if self.pause_button.text() != pause:
            self.pause_button.setText(pause)
            self.pause_button.setAccessibleName(pause)
            self.pause_button.setToolTip(STOPS if state.following else PAUSES)
        kind = "complaint" if state.failed or state.trouble else ""
        self._show_status(state)
        self._show_progress(state)
        if self.status.property("kind") != kind:
            self.status.setProperty("kind", kind)
            self.status.style().polish(self.status)

    def _show_status(self, state: EngineState) -> None:
        """Says what the engine is doing, and that something waits for it."""
        waits = tr("a command waits") if self._waits else ""
        text = " · ".join(filter(None, (_state(state), waits)))
        if self.status.text() != text:
            self.status.setText(text)

    def _show_progress(self, state: EngineState) -> None:
        """Fills the bar to the share that is done of the training, or of a work that has taken its place."""
        trains = state.activity is Activity.TRAINING and not state.busy
        share = state.progress if trains or state.following else state.busy_share if state.busy else None
        self.progress.setVisible(share is not None)
        self.progress.setValue(0 if share is None else round(PROGRESS_STEPS * share))

    def menu(self) -> list[Row]:
        """Rows of the menu of training."""
        return [
            MenuEntry(
                tr("Train, or continue"),
                "Ctrl+T",
                "train",
                self.train_button.click,
                tr("Train the run on view; where it is the model that ships, choose a new run"),
            ),
            pressing(tr("Pause, or stop the training that is followed"), "Ctrl+P", self.pause_button),
            pressing(tr("Step an epoch"), "Ctrl+.", self.step_button),
            pressing(tr("Reset"), "Ctrl+R", self.reset_button),
        ]

    def _show_train(self, state: EngineState, training: bool) -> None:
        """Says on the button what it does to the run on view."""
        more = state.more_epochs
        if not state.can_train:
            text, tip = tr("Train…"), tr("Choose a new run: what is on view is not trained on (Ctrl+T)")
        elif more and not training:
            text, tip = (
                tr("Train {epochs:,} more", epochs=more),
                tr("The training has ended: go on for {epochs} (Ctrl+T)", epochs=counted(more, "more epoch")),
            )
        elif state.trained and not training:
            text, tip = (
                tr("Continue"),
                tr("Go on with the training of the run on view, from its latest epoch (Ctrl+T)"),
            )
        else:
            text, tip = tr("Train"), tr("Train the run on view (Ctrl+T)")
        if self.train_button.text() != text:
            self.train_button.setText(text)
            self.train_button.setAccessibleName(text)
            self.train_button.setToolTip(tip)

    def _show_run(self, facts: Facts, is_new: bool) -> None:
        """Says what is on view, and shows its plan, unless another one is being written for the same run."""
        plan, model = facts.configuration, facts.model
        units = f", {counted(plan.hidden_units, 'hidden unit')}" if plan.hidden_units else ""
        self.on_view.setText(f"{facts.title} · {model.short_title or model.title}")
        self.on_view.setFixedWidth(
            min(self.on_view.fontMetrics().horizontalAdvance(self.on_view.text()) + 2, RUN_WIDTH)
        )
        how = (
            tr("as it is given")
            if facts.is_given
            else tr("fitted by {fit}", fit=FITS[plan.way_of_fitting].title)
        )
        where = (
            tr("the trained model that ships")
            if facts.origin is Origin.SHIPPED
            else facts.path or facts.remote or tr("in no file yet")
        )
        self.on_view.setToolTip(
            tr(
                "<b>Run on view</b>: {title}.<br>{model}{units}, {how}; seed {seed}; {place}",
                title=escape(facts.title),
                model=model.title,
                units=units,
                how=how,
                seed=plan.seed,
                place=escape(str(where)),
            )
        )
        shipped, by_time = facts.origin is Origin.SHIPPED, plan.planned_seconds is not None
        with QSignalBlocker(self.epochs_box):
            self.epochs_box.setMinimum(0 if by_time else 1)
            self.epochs_box.setSpecialValueText(f"{plan.planned_seconds:g} s" if by_time else "")
            if is_new or not self.epochs_box.hasFocus():
                self.epochs_box.setValue(0 if by_time else plan.planned_epochs)
        self.epochs_box.setEnabled(not shipped)
        self.epochs_box.setToolTip(
            tr("Length of the training that the model has had; a new run has its own.")
            if shipped
            else tr(
                "<b>Length</b> of the training of the run on view. Learning rates fall along it, so that the model "
                "settles; then training pauses. More epochs go deeper; a few hundred already show what is to come."
            )
        )

    def _on_epochs(self, epochs: int) -> None:
        if epochs:
            self.plan_epochs.emit(epochs)

    def _show_device(self, state: EngineState) -> None:
        """Lists the devices, and shows the one that computes."""
        compute = state.compute
        if compute is None:
            return
        cores = available_cores()
        counts = sorted({*threads_to_offer(cores), compute.threads})
        self._computes = [Compute("cpu", threads) for threads in counts]
        texts = [tr("CPU, {threads}", threads=counted(threads, "thread")) for threads in counts]
        for name, label in state.devices:
            if name != "cpu":
                self._computes.append(Compute(name, compute.threads))
                texts.append(label)
        if [self.device_box.itemText(i) for i in range(self.device_box.count())] != texts:
            self.device_box.clear()
            self.device_box.addItems(texts)
        self.device_box.setCurrentIndex(self._computes.index(compute) if compute in self._computes else 0)

    def _on_device(self, index: int) -> None:
        if self._computes[index] != self._state.compute:
            self.compute_on.emit(self._computes[index])

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = set_name(QPushButton(text), name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip)
        button.clicked.connect(getattr(self, name.replace("-", "_")).emit)
        self.addWidget(button)
        return button

    def _name_extension(self) -> None:
        """Says what is behind the button at the end, where the window is too narrow for all."""
        extension = self.findChild(QToolButton, "qt_toolbar_ext_button")
        assert extension is not None
        extension.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        extension.setText("»")
        extension.setAccessibleName(tr("More of the toolbar"))
        extension.setToolTip(tr("More of the toolbar, for which the window is too narrow"))


def _one_below_the_other(*widgets: QWidget) -> QWidget:
    """Widgets in a column, as wide as there is room for."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, PROGRESS_HEIGHT + 2, 0, 0)
    layout.setSpacing(2)
    layout.addStretch(1)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return column


def _named(name: str, box: QWidget) -> QWidget:
    """A box with its name before it, which stay together."""
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(8, 0, 0, 0)
    row.addWidget(QLabel(name))
    row.addWidget(box)
    return both


def threads_to_offer(cores: int) -> list[int]:
    """Numbers of threads: powers of two, all cores, and all but the one that the window needs."""
    powers = [2**i for i in range(cores.bit_length()) if 2**i <= cores]
    return sorted({*powers, max(1, cores - 1), cores})


def keep_room_for(button: QPushButton, text: str) -> None:
    """Makes a button as wide as a text in half-bold letters needs, so that nothing moves when it says that."""
    font = QFont(button.font())
    font.setWeight(QFont.Weight.DemiBold)
    button.setMinimumWidth(QFontMetrics(font).horizontalAdvance(text) + BUTTON_MARGINS)


def _state(state: EngineState) -> str:
    if state.busy or state.facts is None:
        return state.busy or (tr("No model") if state.activity is Activity.STILL else tr("Starting …"))
    return " · ".join(filter(None, (_activity(state, state.facts), state.beside)))


def _activity(state: EngineState, facts: Facts) -> str:
    if state.trouble:
        return capitalised(state.trouble)
    if state.following and state.latest is None:
        return tr(
            "Following · epoch {followed:,} · {progress:.0%}",
            followed=max(state.followed, state.epoch),
            progress=state.progress,
        )
    if state.activity is Activity.TRAINING:
        plan = facts.configuration
        done = tr("Training · {progress:.0%} of the planned time", progress=state.progress)
        if plan.training_seconds is None:
            done = tr("Epoch {epoch:,} of {planned:,}", epoch=state.epoch, planned=plan.planned_epochs)
        left = "" if state.left is None else tr("{time} left", time=describe_minutes(state.left / 60))
        if left and state.afterwards is not None:
            more = describe_minutes(state.afterwards / 60)
            left = tr("{left}, then {more} to measure", left=left, more=more)
        # Not known before the second epoch, and nothing to say of where one takes a quarter of a minute.
        rate = tr("{rate:.1f} epochs/s", rate=state.rate) if state.rate >= SHOWN_RATE else ""
        return " · ".join(filter(None, (done, left, rate)))
    if state.latest is not None:
        doing = (
            tr("sampling · {rate:.0f} steps/s", rate=state.rate)
            if state.activity is Activity.SAMPLING
            else tr("chains paused")
        )
        return tr("Epoch {epoch} · {doing}", epoch=state.epoch_in_words, doing=doing)
    if state.activity is Activity.SAMPLING:
        trained = facts.origin is Origin.NEW and state.epoch > 0 and not facts.is_given
        if state.failed:
            doing = tr("Training failed · sampling")
        elif trained:
            is_done = state.progress >= 1.0
            doing = tr("Training finished · sampling") if is_done else tr("Training paused · sampling")
        else:
            doing = tr("Sampling")
        return tr("{doing} · {rate:.0f} steps/s", doing=doing, rate=state.rate)
    return tr("Training failed · chains paused") if state.failed else tr("Chains paused")
