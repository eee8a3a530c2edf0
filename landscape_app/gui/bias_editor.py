"""The bias editor: what is added to the trained Hamiltonian, and what the chains make of it."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from landscape_app.gui.frame import Activity, Frame
from landscape_app.gui.widgets.naming import named
from landscape_app.gui.widgets.switch import Switch
from landscape_app.session import DEFAULT_STRENGTH, Composition, SteeringRecord

STRENGTH_RANGE = (0.0, 8.0)
TEMPERATURE_RANGE = (0.25, 4.0)
STEPS = 400


class NumberSlider(QWidget):
    """A slider with a numeric box, linear or logarithmic.

    Signals:
        changed: the new number.
    """

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        label: str,
        limits: tuple[float, float],
        value: float,
        tooltip: str,
        logarithmic: bool = False,
    ) -> None:
        super().__init__()
        self.setToolTip(tooltip)
        self._limits, self._logarithmic = limits, logarithmic
        self.slider = named(QSlider(Qt.Orientation.Horizontal), f"{name}-slider")
        self.slider.setAccessibleName(label)
        self.slider.setRange(0, STEPS)
        self.box = named(QDoubleSpinBox(), name)
        self.box.setAccessibleName(label)
        self.box.setRange(*limits)
        self.box.setDecimals(2)
        self.box.setSingleStep(0.25)
        self.box.setKeyboardTracking(False)
        self.box.setValue(value)
        self.slider.setValue(self._position(value))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.box)
        self.slider.valueChanged.connect(lambda position: self.box.setValue(self._number(position)))
        self.box.valueChanged.connect(self._on_value)

    @property
    def value(self) -> float:
        """The number."""
        return self.box.value()

    def set_value(self, value: float) -> None:
        """Sets the number."""
        self.box.setValue(value)

    def _on_value(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(self._position(value))
        self.slider.blockSignals(False)
        self.changed.emit(value)

    def _number(self, position: int) -> float:
        low, high = self._limits
        share = position / STEPS
        return low * (high / low) ** share if self._logarithmic else low + share * (high - low)

    def _position(self, value: float) -> int:
        low, high = self._limits
        share = (
            math.log(value / low) / math.log(high / low)
            if self._logarithmic
            else (value - low) / (high - low)
        )
        return round(STEPS * share)


class BiasEditor(QScrollArea):
    """Class target, strength, temperature and the Min-MaxEnt switch.

    Signals:
        composed: the composition, at every change.
        retrain: the class network shall be trained anew.
    """

    composed = Signal(Composition)
    retrain = Signal()

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.setObjectName("bias-editor")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._frame: Frame | None = None
        self._silent = False
        self.formula = named(QLabel(), "formula")
        self.formula.setAccessibleName("The Hamiltonian")
        self.formula.setWordWrap(True)
        self.formula.setToolTip(
            "The energy that the chains sample: q(x)·exp(−H(x)), with q the base measure "
            "(of images the smoothed per-pixel histograms, of points a broad Gaussian)"
        )
        self._body = body = named(QWidget(), "bias-body")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(_card(self.formula))
        layout.addWidget(self._build_model())
        self._target_card = self._build_target(classes)
        layout.addWidget(self._target_card)
        layout.addWidget(self._build_temperature())
        layout.addWidget(self._build_outcome())
        layout.addStretch(1)
        self.setWidget(body)
        self._show_composition()

    def minimumSizeHint(self) -> QSize:
        """As wide as the controls and a scroll bar: they scroll up and down, never sideways."""
        width = self._body.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    @property
    def composition(self) -> Composition:
        """What the controls say."""
        target = self.targets.checkedId()
        return Composition.towards(
            None if target < 0 else target,
            strength=self.strength.value,
            temperature=self.temperature.value,
            hamiltonian=self.hamiltonian.isChecked(),
        )

    def set_target(self, target: int | None) -> None:
        """Chooses a class, or none; choosing the one that is chosen releases it."""
        current = self.targets.checkedId()
        self._check(None if target == current else target)
        self._emit()

    def clear(self) -> None:
        """Back to the trained model itself."""
        self.show_composition(Composition())
        self._emit()

    def show_composition(self, composition: Composition) -> None:
        """Sets every control to a composition, without a signal."""
        self._silent = True
        self._check(composition.target)
        if composition.target is not None:
            self.strength.set_value(composition.acting[0].strength)
        self.temperature.set_value(composition.temperature)
        self.hamiltonian.setChecked(composition.hamiltonian)
        self._silent = False
        self._show_composition()

    def show_frame(self, frame: Frame) -> None:
        """Draws a frame of the mailbox."""
        previous, self._frame = self._frame, frame
        if previous is None or previous.accuracy != frame.accuracy or previous.busy != frame.busy:
            known = frame.accuracy is not None
            text = (
                f"Class network: {frame.accuracy:.1%} of unseen images right" if known else "No class network"
            )
            self.accuracy.setText(text)
            self.retrain_button.setEnabled(frame.facts is not None and not frame.busy)
            for button in self.targets.buttons():
                button.setEnabled(known)
        number = previous.facts.number if previous is not None and previous.facts is not None else -1
        if frame.facts is not None and frame.facts.number != number:
            self._target_card.setVisible(frame.facts.classes > 0)
            self.show_composition(frame.composition)
        if previous is None or (previous.snapshot, previous.steering) != (frame.snapshot, frame.steering):
            self._show_outcome(frame)

    def _build_model(self) -> QWidget:
        self.hamiltonian = named(Switch("Min-MaxEnt Hamiltonian  Σᵢ λᵢ fᵢ(x)"), "hamiltonian")
        self.hamiltonian.setChecked(True)
        self.hamiltonian.setToolTip(
            "The trained landscape. Switched off, only the base measure and the class field remain (H)"
        )
        self.hamiltonian.toggled.connect(self._emit)
        text = (
            "Off: nothing holds the chains to what the data look like. Steered to a class, they fall into the class "
            "network's blind spots: it is sure, and you are not (the paper's figure 7d)."
        )
        self.warning = named(QLabel(text), "warning")
        self.warning.setWordWrap(True)
        self.warning.setVisible(False)
        return _card(self.hamiltonian, self.warning)

    def _build_target(self, classes: int) -> QWidget:
        title = named(QLabel("Make it a …"), "title")
        title.setToolTip("The class field V(x) = −log p(c | x), from a network trained on real images only")
        grid = QGridLayout()
        grid.setSpacing(5)
        self.targets = QButtonGroup(self)
        self.targets.setExclusive(False)
        for c in range(classes):
            button = named(QPushButton(str(c)), f"target-{c}")
            button.setAccessibleName(f"Make it a {c}")
            button.setToolTip(f"Steer the chains to class {c} (key {c}); again to release them")
            button.setCheckable(True)
            button.setMinimumSize(36, 34)
            button.clicked.connect(lambda _=False, c=c: self._on_button(c))
            self.targets.addButton(button, c)
            grid.addWidget(button, c // 5, c % 5)
        self.strength = NumberSlider(
            "strength",
            "Strength",
            STRENGTH_RANGE,
            DEFAULT_STRENGTH,
            "<b>Strength</b> α of the class field.<br>1 is Bayes' rule: the model's own images of that class, in "
            "their own proportions. Larger is surer and less varied.",
        )
        self.strength.changed.connect(self._emit)
        self.accuracy = named(QLabel(), "muted")
        self.accuracy.setWordWrap(True)
        self.retrain_button = named(QPushButton("Retrain"), "retrain")
        self.retrain_button.setToolTip("Train the class network again, on real images only; it takes seconds")
        self.retrain_button.clicked.connect(self.retrain)
        foot = QHBoxLayout()
        foot.addWidget(self.accuracy, 1)
        foot.addWidget(self.retrain_button)
        return _card(title, grid, named(QLabel("Strength α"), "muted"), self.strength, foot)

    def _build_temperature(self) -> QWidget:
        self.temperature = NumberSlider(
            "temperature",
            "Temperature",
            TEMPERATURE_RANGE,
            1.0,
            "<b>Temperature</b> T divides the whole Hamiltonian.<br>Cold: only the likeliest samples. Hot: towards "
            "the base measure. At 1 the model is as trained.",
            logarithmic=True,
        )
        self.temperature.changed.connect(self._emit)
        self.clear_button = named(QPushButton("Back to the trained model"), "clear-bias")
        self.clear_button.setToolTip("No target, temperature 1, Hamiltonian on (Backspace)")
        self.clear_button.clicked.connect(self.clear)
        return _card(named(QLabel("Temperature T"), "title"), self.temperature, self.clear_button)

    def _build_outcome(self) -> QWidget:
        self.outcome = named(QLabel(), "title")
        self.outcome.setAccessibleName("How the chains follow")
        self.outcome.setWordWrap(True)
        self.evidence = named(QLabel(), "muted")
        self.evidence.setWordWrap(True)
        self.evidence.setToolTip(
            "The chains are resampled from a reservoir of the model's samples, weighted by exp(−change of H), and "
            "go on moving from there.<br><b>Effective samples</b>: how many independent samples the weighted "
            "reservoir is worth.<br><b>Ancestors</b>: how many different ones the chains descend from.<br>"
            "Few of either: this composition asks for what the model hardly contains."
        )
        self._outcome_card = _card(self.outcome, self.evidence)
        self._outcome_card.setVisible(False)
        return self._outcome_card

    def _on_button(self, c: int) -> None:
        self._check(c if self.targets.button(c).isChecked() else None)
        self._emit()

    def _check(self, target: int | None) -> None:
        for button in self.targets.buttons():
            button.setChecked(self.targets.id(button) == target)

    def _emit(self, *_: object) -> None:
        if self._silent:
            return
        self._show_composition()
        self._outcome_card.setEnabled(False)
        self.composed.emit(self.composition)

    def _show_composition(self) -> None:
        composition = self.composition
        self.formula.setText(composition.formula)
        self.warning.setVisible(not composition.hamiltonian)
        self.strength.setEnabled(composition.target is not None)
        self.clear_button.setEnabled(not (composition.is_model and composition.target is None))

    def _show_outcome(self, frame: Frame) -> None:
        steering, snapshot = frame.steering, frame.snapshot
        self._outcome_card.setVisible(not frame.composition.is_model)
        self._outcome_card.setEnabled(frame.composition == self.composition)
        if snapshot is not None and snapshot.on_target is not None:
            target = frame.composition.target
            self.outcome.setText(
                f"{snapshot.on_target:.0%} of the chains read as {target} by the class network"
            )
        else:
            self.outcome.setText("Chains follow the new Hamiltonian")
        training = frame.activity is Activity.TRAINING
        self.evidence.setText("" if steering is None else describe_steering(steering, training))
        self.evidence.setVisible(steering is not None)


def describe_steering(steering: SteeringRecord, training: bool = False) -> str:
    """What a jump did, in words."""
    stages = "" if steering.stages == 1 else f", in {steering.stages} steps"
    text = (
        f"Effective samples {steering.effective_sample_size:,.0f} of {steering.reservoir:,} "
        f"· {steering.ancestors} distinct ancestors of {steering.chains} chains "
        f"· {steering.seconds:.2f} s{stages}"
    )
    if steering.is_poor:
        advice = "it needs more training" if training else "give the chains time to move"
        text += f"\nThe model hardly contains this: {advice}."
    return text


def _card(*items: object) -> QFrame:
    card = named(QFrame(), "card")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 10, 12, 10)
    layout.setSpacing(7)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        elif isinstance(item, QHBoxLayout | QGridLayout):
            layout.addLayout(item)
    return card
