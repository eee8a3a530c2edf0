"""The toolbar: what to learn, training controls, seed, and what the engine is doing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QFont, QFontMetrics
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QToolButton,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.menus import Row, pressing
from landscape_app.gui.state import Activity, Compute, EngineState, Facts, Origin
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.learning import FITS
from landscape_app.models import MODELS
from landscape_app.physics.space import Space
from landscape_app.problems import MOST_EPOCHS, PROBLEMS, Configuration, fitted_otherwise, ways_on
from landscape_app.session.device import available_cores

DEVICE_WIDTH = 150
"""Most pixels of the picker of devices; a longer name is seen in its list."""

STATUS_WIDTH = 150
"""Fewest pixels of what the engine is doing."""

BUTTON_MARGINS = 24
"""Pixels beside the text of a button, with its border."""


class ModelChoice(NamedTuple):
    """Names of a kind of model, in `MODELS`, and of a way of fitting it, in `FITS`."""

    model: str
    fit: str


class Toolbar(QToolBar):
    """Train, Pause, Step, Reset.

    Attributes:
        way: model of a new run, and its way of fitting.
        units: hidden units of a new run; None for as many as the model has by default.

    Signals:
        train, pause, step, reset: the button of that name.
        plan_epochs: number of epochs.
        compute_on: where to, a `Compute`.
        own_energy: a model is to be given.
    """

    train = Signal()
    pause = Signal()
    step = Signal()
    reset = Signal()
    plan_epochs = Signal(int)
    compute_on = Signal(object)
    own_energy = Signal()

    def __init__(self) -> None:
        super().__init__("Training controls")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.problem_box = set_name(QComboBox(), "problem")
        self.problem_box.setAccessibleName("What to learn")
        self.problem_box.setToolTip(
            "What a new run learns: choose, then Train or Reset.<br>Points of your own are read from a file."
        )
        for problem in PROBLEMS.values():
            self.problem_box.addItem(problem.title, problem.name)
        self.problem_box.activated.connect(self._on_problem)
        self.addWidget(self.problem_box)
        self.way = ModelChoice("observables", "min-maxent")
        self.units: int | None = None
        self.model_button = set_name(QToolButton(), "model")
        self.model_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.model_button.setAccessibleName("Model and way of fitting")
        self.model_menu = QMenu(self.model_button)
        self.model_menu.setToolTipsVisible(True)
        self.model_button.setMenu(self.model_menu)
        self.addWidget(self.model_button)
        self.train_button = self._button(
            "train",
            "Train",
            "Train a model from scratch; where training was paused or a run was opened, go on (Ctrl+T)",
        )
        keep_room_for(self.train_button, "Continue")
        self.pause_button = self._button(
            "pause", "Pause", "Stop training; the chains go on under the model as it stands (Ctrl+P)"
        )
        self.step_button = self._button(
            "step",
            "Step",
            "One epoch of training, then hold (Ctrl+.)<br>Of a new run, where the model that ships is open",
        )
        self.reset_button = self._button(
            "reset",
            "Reset",
            "Back to an untrained model with this seed (Ctrl+R)<br>Its chains sample the base measure, as steered",
        )
        self.status = set_name(ShortenedLabel(), "engine-state")
        self.status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.status.setMinimumWidth(STATUS_WIDTH)
        self.status.setAccessibleName("What the engine is doing")
        self.addWidget(self.status)
        self.epochs_box = set_name(QSpinBox(), "epochs")
        self.epochs_box.setAccessibleName("Planned epochs")
        self.epochs_box.setRange(1, MOST_EPOCHS)
        self.epochs_box.setSingleStep(250)
        self.epochs_box.setGroupSeparatorShown(True)
        self.epochs_box.setKeyboardTracking(False)
        self.epochs_box.setValue(PROBLEMS[self.problem].defaults.planned_epochs)
        self.epochs_box.setToolTip(
            "Length of the training. Learning rates fall along it, so that the model settles; then training pauses. "
            "More epochs go deeper; a few hundred already show what is to come."
        )
        self.epochs_box.valueChanged.connect(self._on_epochs)
        self.addWidget(_named("Epochs", self.epochs_box))
        self.seed_box = set_name(QSpinBox(), "seed")
        self.seed_box.setAccessibleName("Seed")
        self.seed_box.setRange(0, 2**31 - 1)
        self.seed_box.setToolTip(
            "Seed of every random number of a new run: the same seed on the same device gives the same run.<br>"
            "It takes effect with Reset, or with Train from scratch."
        )
        self.addWidget(_named("Seed", self.seed_box))
        self.device_box = set_name(QComboBox(), "device")
        self.device_box.setAccessibleName("Where to compute")
        self.device_box.setToolTip(
            "Device that computes, and threads of the CPU.<br>"
            "The run on view goes there at once and goes on from its state, its chains drawn anew; another device "
            "draws other random numbers.<br>"
            "A core that is left to the window keeps it smooth. What does not work leaves the CPU to compute, and "
            "says so."
        )
        self.device_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.device_box.setMaximumWidth(DEVICE_WIDTH)
        self.device_box.activated.connect(self._on_device)
        self.addWidget(_named("On", self.device_box))
        self._name_extension()
        self._facts: Facts | None = None
        self._own: dict[str, int] = {}
        self._spaces = {problem.name: problem.space for problem in PROBLEMS.values()}
        self._computes: list[Compute] = []
        self._state = EngineState()
        self._offer_ways()
        self.show_state(self._state)

    @property
    def problem(self) -> str:
        """Name of what was chosen to learn."""
        return str(self.problem_box.currentData())

    @property
    def epochs(self) -> int:
        """Epochs planned."""
        return self.epochs_box.value()

    @property
    def seed(self) -> int:
        """Seed for the next run."""
        return self.seed_box.value()

    def offer(self, name: str, epochs: int, space: Space) -> None:
        """Offers data of a person's own, which a new run can learn as long as the window is open.

        Args:
            name: of the data set.
            epochs: planned.
            space: of its items.
        """
        self._own[name] = epochs
        self._spaces[name] = space

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        before, self._state = self._state, state
        ready = state.activity is not Activity.LOADING and not state.busy
        training = state.activity is Activity.TRAINING
        facts = state.facts
        # A model that is given has nothing to train once its chains have come to it.
        done = facts is not None and facts.is_given and self.is_chosen(facts) and state.epoch > 0
        paused = self.continues(state) and not done
        self.train_button.setText("Continue" if paused and not training else "Train")
        for button, enabled in (
            (self.train_button, ready and not training and not done),
            (self.pause_button, training),
            (self.step_button, ready and not training and not done),
            (self.reset_button, ready),
        ):
            if button.isEnabled() != enabled:
                # Else Qt hands the focus on, and digit keys end up in the next box.
                button.clearFocus()
                button.setEnabled(enabled)
        if state.facts is not None and state.facts is not self._facts:
            previous, self._facts = self._facts, state.facts
            if previous is None or previous.number != state.facts.number:
                self._choose(state.facts)
            if (
                state.facts.origin is not Origin.SHIPPED
                and self._is_on_view
                and not self.epochs_box.hasFocus()
            ):
                self._plan(state.facts.configuration.planned_epochs)
        # A message may say that what was chosen does not work.
        known = before.compute, before.devices, before.message_number
        if (state.compute, state.devices, state.message_number) != known:
            self._show_device(state)
        text, kind = _state(state), "complaint" if state.failed else ""
        if self.status.text() != text:
            self.status.setText(text)
        if self.status.property("kind") != kind:
            self.status.setProperty("kind", kind)
            self.status.style().polish(self.status)

    def menu(self) -> list[Row]:
        """Rows of the menu of training."""
        return [
            pressing("Train", "Ctrl+T", self.train_button),
            pressing("Pause", "Ctrl+P", self.pause_button),
            pressing("One epoch", "Ctrl+.", self.step_button),
            pressing("Reset", "Ctrl+R", self.reset_button),
        ]

    def continues(self, state: EngineState) -> bool:
        """True where Train goes on with the run on view: it can go on, and nothing else was chosen to learn."""
        facts = state.facts
        return state.continues and facts is not None and self.is_chosen(facts)

    def is_chosen(self, facts: Facts) -> bool:
        """True where a run learns what is chosen to learn, in the way that is chosen."""
        plan = facts.configuration
        way = ModelChoice(plan.model, plan.way_of_fitting)
        return plan.problem == self.problem and way == self.way and plan.hidden_units == self.hidden_units

    @property
    def hidden_units(self) -> int:
        """Number of hidden units that is chosen, or that the model has by default."""
        return MODELS[self.way.model].default_units if self.units is None else self.units

    @property
    def _is_on_view(self) -> bool:
        """True where the run on view learns what is chosen to learn."""
        return self._facts is not None and self.is_chosen(self._facts)

    def choose_way(self, way: ModelChoice) -> None:
        """Takes a model and a way of fitting for new runs; another model has its own number of hidden units."""
        if way.model != self.way.model:
            self.units = None
        self.way = way
        model, fit = MODELS[way.model], FITS[way.fit]
        self.model_button.setText(f"{model.short_title or model.title} ▾")
        hidden = "" if fit.fits_given else self._of_hidden
        how = f", fitted by {fit.title}, which gives {fit.approximates}.<br>Choose, then Train or Reset."
        if fit.fits_given:
            how = ", as it is given: nothing is fitted.<br>Choose another, then Train, to learn from its samples."
        self.model_button.setToolTip(f"<b>Model of a new run</b>: {model.title}{hidden}{how}")
        for action in self.model_menu.findChildren(QAction):
            action.setChecked(action.data() == tuple(way))
            if action.objectName() == "hidden-units":
                action.setText(f"Hidden units: {self.hidden_units}…")
                action.setEnabled(model.most_units > 0)
        self.show_state(self._state)

    @property
    def _of_hidden(self) -> str:
        """The hidden units of a new run in a sentence; nothing where there are none."""
        return f" with {self.hidden_units} hidden units" if self.hidden_units else ""

    def choose_units(self, units: int) -> None:
        """Takes a number of hidden units for new runs."""
        self.units = units
        self.choose_way(self.way)

    def _ask_units(self) -> None:
        model = MODELS[self.way.model]
        least = min(1, model.default_units)
        text = f"Hidden units of {model.title.lower()}, {least} to {model.most_units:,}:"
        units, taken = QInputDialog.getInt(
            self, "Hidden units", text, self.hidden_units, least, model.most_units
        )
        if taken:
            self.choose_units(units)

    def _on_way(self, way: ModelChoice, _: bool = False) -> None:
        """Plans as many epochs as that way of fitting needs, where the one before needed another number."""
        before = self._epochs_of(self.way)
        self.choose_way(way)
        if self._is_on_view and self._facts is not None and self._facts.origin is not Origin.SHIPPED:
            self._plan(self._facts.configuration.planned_epochs)
        elif self._epochs_of(way) != before:
            self._plan(self._epochs_of(way))

    def _epochs_of(self, way: ModelChoice) -> int:
        """Epochs that a new run of what is chosen to learn needs, fitted so."""
        if FITS[way.fit].fits_given:
            return 1
        known = self.problem in PROBLEMS
        plan = PROBLEMS[self.problem].defaults if known else Configuration()
        if self.problem in self._own:
            plan = replace(plan, planned_epochs=self._own[self.problem])
        if way != (plan.model, plan.way_of_fitting):
            plan = fitted_otherwise(replace(plan, model=way.model, fit=way.fit))
        return plan.planned_epochs

    def _offer_ways(self, wanted: ModelChoice | None = None) -> None:
        """Lists the models of what is chosen to learn, and chooses one where the last cannot be.

        Args:
            wanted: to choose; None keeps what was chosen, where it can be.
        """
        space = self._spaces.get(self.problem)
        ways = ways_on(space) if space is not None else {}
        for menu in self.model_menu.findChildren(QMenu):
            # Its actions alone would go with `clear`.
            menu.setParent(None)
            menu.deleteLater()
        self.model_menu.clear()
        way = wanted or self.way
        if wanted is not None and FITS[wanted.fit].fits_given:
            action = self.model_menu.addAction(f"{MODELS[wanted.model].title}, as given")
            action.setCheckable(True)
            action.setData(tuple(wanted))
            action.setToolTip("Nothing is fitted: its parameters stay as they were given.")
            action.triggered.connect(partial(self._on_way, wanted))
        for name, fits in ways.items():
            menu = self.model_menu.addMenu(MODELS[name].title)
            menu.setToolTipsVisible(True)
            for fit in fits:
                action = menu.addAction(FITS[fit].title)
                action.setCheckable(True)
                action.setData((name, fit))
                action.setToolTip(f"Gives {FITS[fit].approximates}.")
                action.triggered.connect(partial(self._on_way, ModelChoice(name, fit)))
        self.model_menu.addSeparator()
        hidden = self.model_menu.addAction("")
        hidden.setObjectName("hidden-units")
        hidden.setToolTip(
            "Units that no datum shows: a Boltzmann machine with them learns more than means and pairs. Coupled "
            "spins sum over all their states."
        )
        hidden.triggered.connect(lambda _=False: self._ask_units())
        self.own_action = self.model_menu.addAction("Energy of your own…")
        self.own_action.setToolTip("A model that is given: a formula, a Python file, or couplings in a file.")
        self.own_action.triggered.connect(lambda _: self.own_energy.emit())
        given = way == wanted and FITS[way.fit].fits_given
        if ways and not given and way.fit not in ways.get(way.model, ()):
            way = ModelChoice(next(iter(ways)), ways[next(iter(ways))][0])
        self.choose_way(way)

    def _choose(self, facts: Facts) -> None:
        """Follows the session on view; data that no new run could learn from here are not offered any longer."""
        name = facts.configuration.problem
        for index in reversed(range(self.problem_box.count())):
            if self.problem_box.itemData(index) not in {*PROBLEMS, *self._own, name}:
                self.problem_box.removeItem(index)
        if self.problem_box.findData(name) < 0:
            self.problem_box.addItem(facts.title, name)
        self.problem_box.setCurrentIndex(self.problem_box.findData(name))
        self._spaces[name] = facts.space
        self._offer_ways(ModelChoice(facts.configuration.model, facts.configuration.way_of_fitting))
        self.units = facts.configuration.units
        self.choose_way(self.way)

    def _on_problem(self) -> None:
        """Plans as many epochs as what was chosen needs; the run on view keeps its own plan."""
        plan = self._facts.configuration if self._facts is not None else None
        if plan is None or plan.problem != self.problem:
            plan = PROBLEMS[self.problem].defaults if self.problem in PROBLEMS else Configuration()
        self._offer_ways(ModelChoice(plan.model, plan.way_of_fitting))
        if self._facts is not None and self._is_on_view and self._facts.origin is not Origin.SHIPPED:
            self._plan(self._facts.configuration.planned_epochs)
        elif self.problem in PROBLEMS:
            self._plan(PROBLEMS[self.problem].defaults.planned_epochs)
        elif self.problem in self._own:
            self._plan(self._own[self.problem])
        self.show_state(self._state)

    def _on_epochs(self, epochs: int) -> None:
        if self._is_on_view:
            self.plan_epochs.emit(epochs)

    def _plan(self, epochs: int) -> None:
        """Shows a number of epochs, without a signal."""
        with QSignalBlocker(self.epochs_box):
            self.epochs_box.setValue(epochs)

    def _show_device(self, state: EngineState) -> None:
        """Lists the devices, and shows the one that computes."""
        compute = state.compute
        if compute is None:
            return
        cores = available_cores()
        counts = sorted({*threads_to_offer(cores), compute.threads})
        self._computes = [Compute("cpu", threads) for threads in counts]
        texts = [f"CPU, {counted(threads, 'thread')}" for threads in counts]
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
        button.clicked.connect(getattr(self, name).emit)
        self.addWidget(button)
        return button

    def _name_extension(self) -> None:
        """Says what is behind the button at the end, where the window is too narrow for all."""
        extension = self.findChild(QToolButton, "qt_toolbar_ext_button")
        assert extension is not None
        extension.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        extension.setText("»")
        extension.setAccessibleName("More of the toolbar")
        extension.setToolTip("More of the toolbar, for which the window is too narrow")


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
        return state.busy or ("No model" if state.activity is Activity.STILL else "Starting …")
    return " · ".join(filter(None, (_activity(state, state.facts), state.beside)))


def _activity(state: EngineState, facts: Facts) -> str:
    if state.following:
        return f"Following · epoch {state.epoch:,} · {state.progress:.0%}"
    if state.activity is Activity.TRAINING:
        return f"Training · {state.progress:.0%} · {state.rate:.1f} epochs/s"
    if state.activity is Activity.SAMPLING:
        trained = state.failed or (facts.origin is Origin.NEW and state.epoch > 0 and not facts.is_given)
        ending = "failed" if state.failed else "finished" if state.progress >= 1.0 else "paused"
        sampling = f"Training {ending} · sampling" if trained else "Sampling"
        return f"{sampling} · {state.rate:.0f} steps/s"
    return f"{'Training failed · chains' if state.failed else 'Chains'} held"
