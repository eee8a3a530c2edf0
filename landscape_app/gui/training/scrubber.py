"""The scrubber: a slider over the epochs that a run keeps snapshots of, the film of them, and branches from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import byte_size, counted
from landscape_app.gui.sample_export import FILM_MILLISECONDS
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import ToggleSwitch, transport_icon
from landscape_app.gui.widgets.containers import GrowingDialog, set_name
from landscape_app.gui.widgets.keys import KeyTable
from landscape_app.gui.widgets.numbers import NumberField
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.language import tr
from landscape_app.problems import MOST_EPOCHS, Configuration
from landscape_app.problems.problem import MOST_CHAINS
from landscape_app.session.snapshots import MOST_BYTES

if TYPE_CHECKING:
    from landscape_app.experiments.experiment import Parameter

HANDLE = 14
"""Pixels of the slider's handle."""

LEAST_RATE, MOST_RATE, MOST_MOVES, MOST_SEED = 1e-6, 1.0, 1_000, 2**31 - 1
"""Ends of what a branch is offered."""

SCRUBBER_KEYS = KeyTable(
    tr("In the slider of epochs"),
    (
        ("Left, Right", tr("The epoch of the snapshot before, after")),
        ("Home, End", tr("The first snapshot, the latest epoch")),
    ),
)

TOOLTIP = tr(
    "<b>Look back through the training.</b> A run keeps its averaged parameters and some chains at epochs that are "
    "a constant ratio apart. What is shown is then that epoch's: chains, which are sampled live from there, "
    "energies, parameters and landscape.<br>Training pauses meanwhile, and goes on from the latest epoch."
)


class EpochSlider(QSlider):
    """A slider with a tick at each of its places."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setPageStep(4)
        self.setSingleStep(1)
        self.setMinimumWidth(80)

    def sizeHint(self) -> QSize:
        """With room for the ticks below."""
        return QSize(160, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the ticks, and the slider over them."""
        places = self.maximum() - self.minimum()
        if places > 0 and self.isEnabled():
            painter = QPainter(self)
            painter.setPen(QColor(self.palette().placeholderText().color()))
            room = self.width() - HANDLE
            for place in range(places + 1):
                x = HANDLE // 2 + round(place * room / places)
                painter.drawLine(x, self.height() - 5, x, self.height() - 2)
            painter.end()
        super().paintEvent(event)


class EpochScrubber(QFrame):
    """Slider, play button, and what can be made of an epoch.

    Signals:
        scrubbed: an epoch is to be shown; None for the latest.
        branch_wanted: a branch from an epoch is asked for.
        film_wanted: a film of all epochs is to be written.
    """

    scrubbed = Signal(object)
    branch_wanted = Signal()
    film_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self._epochs: tuple[int, ...] = ()
        self._asked: int | None = None
        self._told = 0
        self._state: EngineState | None = None
        self.slider = set_name(EpochSlider(), "scrub")
        self.slider.setAccessibleName(tr("Epoch on view"))
        self.slider.setToolTip(TOOLTIP)
        self.slider.valueChanged.connect(self._on_slider)
        self.play = set_name(QToolButton(), "scrub-play")
        self.play.setCheckable(True)
        self.play.toggled.connect(self._on_play)
        self.epoch = set_name(QLabel("–"), "title")
        self.note = set_name(ShortenedLabel(), "muted")
        self.latest = self._button(
            "scrub-latest", tr("Latest"), tr("Show the run as it is"), lambda: self.go_to(None)
        )
        self.branch = self._button(
            "scrub-branch",
            tr("Branch…"),
            tr("Begin a new run that goes on from the epoch on view, with other settings if you like"),
            self.branch_wanted.emit,
        )
        self.film = self._button(
            "scrub-film",
            tr("Export film…"),
            tr("Write the chains of all these epochs, under the composition on view, as an animated GIF"),
            self.film_wanted.emit,
        )
        top = QHBoxLayout()
        top.addWidget(self.play)
        top.addWidget(self.slider, 1)
        top.addWidget(self.epoch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.note, 1)
        for button in (self.latest, self.branch, self.film):
            below.addWidget(button)
        layout.addLayout(below)
        self._timer = QTimer(self, interval=FILM_MILLISECONDS)
        self._timer.timeout.connect(self._next)
        self.set_theme(theme)
        self.show_state(EngineState())

    def _button(self, name: str, text: str, tooltip: str, do: Any) -> QToolButton:
        button = set_name(QToolButton(), name, text=text)
        button.setProperty("quiet", True)
        button.setToolTip(tooltip)
        button.clicked.connect(lambda _=False: do())
        return button

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        self._name_play()

    def go_to(self, epoch: int | None) -> None:
        """Asks for an epoch; None for the latest."""
        if self._epochs:
            place = len(self._epochs) - 1 if epoch is None else self._epochs.index(epoch)
            self.slider.setValue(place)

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        self._state = state
        why = obstacle(state)
        known = state.snapshots
        epochs = () if why or known is None else known.epochs_with(state.trained)
        ready = bool(epochs) and state.activity is not Activity.LOADING
        if epochs != self._epochs:
            self._epochs = epochs
            self._asked = None
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, max(0, len(epochs) - 1))
            self.slider.update()
        self._show_place(state)
        for widget in (self.slider, self.play, self.branch, self.film):
            widget.setEnabled(ready)
        past = ready and state.latest is not None
        if self.latest.hasFocus() and not past:
            self.slider.setFocus()
        self.latest.setVisible(past)
        picture = state.facts is None or state.facts.space.is_picture
        self.film.setVisible(picture)
        if not ready:
            self.play.setChecked(False)
        self.note.setText(why or self._kept)
        self.slider.setToolTip(why or TOOLTIP)

    @property
    def _kept(self) -> str:
        known = None if self._state is None else self._state.snapshots
        return "" if known is None else f"{counted(len(known), 'snapshot')}, {byte_size(known.bytes)}"

    def _show_place(self, state: EngineState) -> None:
        """Puts the slider at the epoch on view, unless another one is asked for and has yet to come."""
        here = len(self._epochs) - 1
        if state.latest is not None and state.epoch in self._epochs:
            here = self._epochs.index(state.epoch)
        if self._asked is not None and (self._asked == here or state.message_number != self._told):
            self._asked = None
        if self._asked is None and self._epochs and self.slider.value() != here:
            with QSignalBlocker(self.slider):
                self.slider.setValue(here)
        self.epoch.setText(epoch_on_view(state) if self._epochs else "–")
        self.slider.setAccessibleDescription(self.epoch.text())

    def _on_slider(self, place: int) -> None:
        if not self._epochs or self._state is None:
            return
        self._asked, self._told = place, self._state.message_number
        last = place == len(self._epochs) - 1
        self.scrubbed.emit(None if last else self._epochs[place])

    def _on_play(self, playing: bool) -> None:
        self._name_play()
        if not playing:
            self._timer.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start()

    def _next(self) -> None:
        """The next epoch of the film, once the one before is on view."""
        if self._asked is not None:
            return
        if self.slider.value() == self.slider.maximum():
            self.play.setChecked(False)
        else:
            self.slider.setValue(self.slider.value() + 1)

    def _name_play(self) -> None:
        playing = self.play.isChecked()
        self.play.setIcon(transport_icon(playing, self._theme.text))
        self.play.setAccessibleName(tr("Pause the film") if playing else tr("Play the training as a film"))
        self.play.setToolTip(
            tr(
                "{action}, {count} epochs a second",
                action=self.play.accessibleName(),
                count=1000 // FILM_MILLISECONDS,
            )
        )


def obstacle(state: EngineState) -> str:
    """Reason why there is nothing to look back on, and what to do; empty where there is something."""
    facts, known = state.facts, state.snapshots
    if facts is None or known is None:
        return tr("No run is open")
    if facts.is_given:
        return tr("The energy is given: there is no training to look back on")
    if not known.most:
        size, most = byte_size(known.size), byte_size(MOST_BYTES)
        return tr(
            "No snapshots: one of this model takes {size}, and all may take {most}", size=size, most=most
        )
    if len(known):
        return ""
    return tr("No snapshots yet: they are kept as the run trains") if not state.trained else NONE_KEPT


NONE_KEPT = tr("This run was trained without snapshots; training on keeps them from there")


def epoch_on_view(state: EngineState) -> str:
    """The epoch on view in words."""
    return tr("Epoch {epoch}", epoch=state.epoch_in_words)


CLOSE = 1e-5
"""Relative difference of two rates that are the same but for their digits."""


class BranchDialog(GrowingDialog):
    """Asks for the settings of a branch.

    Args:
        facts: of the run.
        epoch: where the branch leaves it.
        parent: of the dialog.

    Signals:
        chosen: settings that differ from those of the run, and whether to train at once.
    """

    chosen = Signal(object, bool)

    def __init__(self, facts: Facts, epoch: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branch-dialog")
        self.setWindowTitle(tr("Branch of {name}, from epoch {epoch:,}", name=facts.title, epoch=epoch))
        self._plan: Configuration = facts.configuration
        text = QLabel(
            tr(
                "A new run that goes on from epoch {epoch:,} of this one, with its averaged parameters and chains "
                "and the history up to there. The gradients' moments begin anew. The run on view stays in its file.",
                epoch=epoch,
            )
        )
        text.setWordWrap(True)
        self._items = len(facts.training_items)
        parameters = branch_parameters(self._plan, epoch, self._items)
        self.fields = {parameter.name: NumberField(parameter) for parameter in parameters}
        self._rate = self.fields["theta_rate"].box.parameter.default
        self.train = set_name(ToggleSwitch(tr("Train at once")), "branch-train")
        self.train.setToolTip(tr("Begin to train; else the branch is on view and waits"))
        self.train.setChecked(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.begin = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.begin.setText(tr("Branch"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        for field in self.fields.values():
            field.changed.connect(self._check)
            layout.addWidget(field)
        layout.addWidget(self.train)
        layout.addWidget(buttons)
        self.setMinimumWidth(380)
        self.accepted.connect(lambda: self.chosen.emit(self.settings, self.train.isChecked()))

    def _check(self) -> None:
        epochs, rate = self.fields["planned_epochs"].value, self.fields["theta_rate"]
        if epochs is not None and rate.box.value == self._rate:
            # One that nobody has chosen is that of so many epochs.
            self._rate = _rate_in_effect(self._plan, epochs, self._items)
            rate.show_value(self._rate)
        self.begin.setEnabled(all(field.box.value is not None for field in self.fields.values()))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that differ from those of the run, by their names."""
        changed: dict[str, Any] = {}
        for name, field in self.fields.items():
            parameter, value = field.box.parameter, field.box.value
            if value is not None and value != (self._rate if name == "theta_rate" else parameter.default):
                changed[name] = int(value) if parameter.whole else value
        plan = self._plan
        epochs = int(changed.get("planned_epochs", self.fields["planned_epochs"].box.parameter.default))
        if plan.planned_seconds is not None or epochs != plan.planned_epochs:
            changed |= {"planned_epochs": epochs, "planned_seconds": None}
        schedule = {name: changed.pop(name) for name in ("theta_rate", "moves") if name in changed}
        return changed | ({"schedule": schedule} if schedule else {})


def _rate_in_effect(plan: Configuration, epochs: int, items: int) -> float:
    """Learning rate of θ in effect in a training of so many epochs, to the digits that a box shows."""
    return float(f"{plan.rate_in_effect(epochs, items):.6g}")


def branch_parameters(plan: Configuration, epoch: int, items: int) -> tuple[Parameter, ...]:
    """Numbers that a branch may have otherwise than its run, which are the defaults.

    Args:
        plan: of the run.
        epoch: where the branch leaves it.
        items: that it learns from.
    """
    # With all experiments around it, which the window need not load at its start.
    from landscape_app.experiments.experiment import Parameter

    schedule = plan.schedule
    epochs = max(plan.planned_epochs, epoch + 1)
    rate = _rate_in_effect(plan, epochs, items)
    found = []
    for name, label, default, low, high, meaning in (
        (
            "planned_epochs",
            tr("Epochs in all"),
            epochs,
            epoch + 1,
            MOST_EPOCHS,
            tr("Learning rates fall along them; then training pauses"),
        ),
        ("seed", tr("Seed"), plan.seed, 0, MOST_SEED, tr("Of every random number from here on")),
        (
            "theta_rate",
            tr("Learning rate of θ, in effect"),
            rate,
            min(LEAST_RATE, _rate_in_effect(plan, MOST_EPOCHS, items)),
            MOST_RATE,
            tr(
                "Of the observables' parameters, before it falls. One that you choose is taken as it is; else it is "
                "what so many epochs allow, up to the run's limit of {limit:.3g}",
                limit=schedule.theta_rate,
            )
            if _rate_in_effect(plan, MOST_EPOCHS, items) < schedule.theta_rate * (1 - CLOSE)
            else tr("Of the observables' parameters, before it falls. One that you choose is taken as it is"),
        ),
        (
            "moves",
            tr("Moves of the chains an epoch"),
            schedule.moves,
            1,
            MOST_MOVES,
            tr("More of them keep the chains closer to the model, and take longer"),
        ),
        (
            "chains",
            tr("Chains that train"),
            plan.chains,
            2,
            MOST_CHAINS,
            tr("More of them make the gradients less noisy, and take longer"),
        ),
    ):
        # A run may have been begun with a number that nobody chooses here.
        low, high, whole = min(low, default), max(high, default), name != "theta_rate"
        found.append(Parameter(name, label, default, default, low, high, meaning, whole))
    return tuple(found)
