"""The toolbar: what to learn, training controls, seed, and what the engine is doing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSizePolicy, QSpinBox, QToolBar, QWidget

from landscape_app.gui.frame import Activity, Facts, Frame, Origin
from landscape_app.gui.widgets.naming import named
from landscape_app.problems import MOST_EPOCHS, PROBLEMS


class Toolbar(QToolBar):
    """Train, Pause, Step, Reset.

    Signals:
        train, pause, step, reset: the button of that name.
        planned: number of epochs.
    """

    train = Signal()
    pause = Signal()
    step = Signal()
    reset = Signal()
    planned = Signal(int)

    def __init__(self) -> None:
        super().__init__("Training controls")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.problem_box = named(QComboBox(), "problem")
        self.problem_box.setAccessibleName("What to learn")
        self.problem_box.setToolTip("What a new run learns")
        for problem in PROBLEMS.values():
            self.problem_box.addItem(problem.title, problem.name)
        self.addWidget(self.problem_box)
        self.train_button = self._button(
            "train",
            "Train",
            "Train a model from scratch; where training was paused or a run was opened, go on (Ctrl+T)",
        )
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
        self.addWidget(QLabel("  Epochs"))
        self.epochs_box = named(QSpinBox(), "epochs")
        self.epochs_box.setAccessibleName("Planned epochs")
        self.epochs_box.setRange(50, MOST_EPOCHS)
        self.epochs_box.setSingleStep(250)
        self.epochs_box.setGroupSeparatorShown(True)
        self.epochs_box.setKeyboardTracking(False)
        self.epochs_box.setValue(PROBLEMS[self.problem].defaults.planned_epochs)
        self.epochs_box.setToolTip(
            "Length of the training. Learning rates fall along it, so that the model settles; then training pauses. "
            "More epochs go deeper; a few hundred already show digits."
        )
        self.epochs_box.valueChanged.connect(self.planned)
        self.addWidget(self.epochs_box)
        self.addWidget(QLabel("  Seed"))
        self.seed_box = named(QSpinBox(), "seed")
        self.seed_box.setAccessibleName("Seed")
        self.seed_box.setRange(0, 2**31 - 1)
        self.seed_box.setToolTip(
            "Seed of every random number of a new run: the same seed on the same device gives the same run.<br>"
            "It takes effect with Reset, or with Train from scratch."
        )
        self.addWidget(self.seed_box)
        spring = QWidget()
        spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spring)
        self.state = named(QLabel(), "engine-state")
        self.state.setAccessibleName("What the engine is doing")
        self.state.setToolTip("What the background thread is doing, where it computes and how fast")
        self.addWidget(self.state)
        self._facts: Facts | None = None
        self.show_frame(Frame())

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

    def show_frame(self, frame: Frame) -> None:
        """Draws a frame of the mailbox."""
        ready = frame.activity is not Activity.LOADING and not frame.busy
        training = frame.activity is Activity.TRAINING
        paused = frame.continues
        self.train_button.setText("Continue" if paused and not training else "Train")
        for button, enabled in (
            (self.train_button, ready and not training),
            (self.pause_button, training),
            (self.step_button, ready and not training),
            (self.reset_button, ready),
        ):
            if button.isEnabled() != enabled:
                # Else Qt hands the focus on, and digit keys end up in the next box.
                button.clearFocus()
                button.setEnabled(enabled)
        if frame.facts is not None and frame.facts is not self._facts:
            self._facts = frame.facts
            if frame.facts.origin is not Origin.SHIPPED and not self.epochs_box.hasFocus():
                self.epochs_box.blockSignals(True)
                self.epochs_box.setValue(frame.facts.configuration.planned_epochs)
                self.epochs_box.blockSignals(False)
        text = _state(frame)
        if self.state.text() != text:
            self.state.setText(text)

    def _button(self, name: str, text: str, tooltip: str) -> QPushButton:
        button = named(QPushButton(text), name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip)
        button.clicked.connect(getattr(self, name).emit)
        button.setMinimumWidth(74)
        self.addWidget(button)
        return button


def _state(frame: Frame) -> str:
    if frame.busy:
        return frame.busy
    if frame.facts is None:
        return "No model" if frame.activity is Activity.STILL else "Starting …"
    device = frame.facts.device.upper()
    if frame.activity is Activity.TRAINING:
        return f"Training on {device} · {frame.progress:.0%} · {frame.rate:.1f} epochs/s"
    if frame.activity is Activity.SAMPLING:
        trained = frame.facts.origin is Origin.NEW and frame.epoch > 0
        state = "finished" if frame.progress >= 1.0 else "paused"
        sampling = f"Training {state} · sampling" if trained else "Sampling"
        return f"{sampling} on {device} · {frame.rate:.0f} steps/s"
    return f"Chains held · {device}"
