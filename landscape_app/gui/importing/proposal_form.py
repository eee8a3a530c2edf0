"""What a model of the data is trained with: proposed from their kind and size, and every part of it to change."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.importing.fields import ChoiceField, NumberField, whole
from landscape_app.gui.widgets.naming import named
from landscape_app.physics.kernels import KERNELS
from landscape_app.problems import CONVOLUTIONS, MOST_EPOCHS, PAIRS, Configuration, Proposal
from landscape_app.problems.problem import MOST_CHAINS, MOST_LAYERS, MOST_OBSERVABLES

EPOCHS, MINUTES = "epochs", "minutes"
MOST_MINUTES = 100_000
MOST_BATCH = 10_000_000

NETWORK_PARTS = {CONVOLUTIONS: ("channels-1", "channels-2"), PAIRS: ()}
"""What is chosen of a network; of others, a perceptron's units and layers."""


class ProposalForm(QWidget):
    """Observables, kernel, chains, length and seed. What was changed by hand stays when another is proposed.

    Signals:
        changed: a part is another, or cannot stand.
    """

    changed = Signal()

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._proposed: Proposal | None = None
        self._by_hand: set[str] = set()
        self.numbers = {
            field.box.parameter.name: field
            for field in map(
                NumberField,
                (
                    whole("observables", "Observables", 16, 1, MOST_OBSERVABLES, "Number K of averages that the "
                          "model shares with the data: the outputs of a network."),
                    whole("channels-1", "Channels, first layer", 16, 1, MOST_OBSERVABLES, "Of the network's first "
                          "convolution, 3 × 3 pixels."),
                    whole("channels-2", "Channels, second layer", 64, 1, MOST_OBSERVABLES, "Of the network's second "
                          "convolution, after means over 2 × 2 pixels."),
                    whole("units", "Units of a layer", 32, 1, MOST_OBSERVABLES, "Of each hidden layer of the "
                          "network."),
                    whole("layers", "Hidden layers", 2, 1, MOST_LAYERS, "Of the network."),
                    whole("chains", "Chains", 256, 2, MOST_CHAINS, "Markov chains that train. More know the model's "
                          "averages better, and cost as much more."),
                    whole("batch", "Items an update", 256, 2, MOST_BATCH, "Training items that an update of the "
                          "network looks at, drawn anew for each; as many as there are, or more, for all."),
                    whole("epochs", "Epochs", 1_500, 1, MOST_EPOCHS, "Length of the training; learning rates fall "
                          "along it."),
                    whole("minutes", "Minutes", 2, 1, MOST_MINUTES, "Length of the training; learning rates fall "
                          "along it."),
                    whole("seed", "Seed", seed, 0, 2**31 - 1, "Of every random number: the same seed on the same "
                          "device gives the same run."),
                ),
            )
        }  # fmt: skip
        self.kernel = ChoiceField("import-kernel", "Kernel", "How the chains move. All are exact")
        self.length = ChoiceField("import-length", "Length in", "How long the training is planned to be")
        self.length.offer({EPOCHS: "epochs", MINUTES: "minutes"}, EPOCHS)
        self.restore = named(QToolButton(), "import-restore", text="As proposed")
        self.restore.setProperty("quiet", True)
        self.restore.setToolTip("Take every part as it was proposed for these data")
        self.restore.clicked.connect(self._restore)
        self.restore.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        numbers = self.numbers
        for field in (
            *(numbers[name] for name in ("observables", "channels-1", "channels-2", "units", "layers")),
            self.kernel,
            numbers["chains"],
            self.length,
            *(numbers[name] for name in ("epochs", "minutes", "batch", "seed")),
            self.restore,
        ):
            layout.addWidget(field)
        for name, number in numbers.items():
            number.changed.connect(lambda name=name: self._touch(name))
        self.kernel.changed.connect(lambda: self._touch("kernel"))
        self.length.changed.connect(self._on_length)
        self._show_parts()

    @property
    def proposal(self) -> Proposal | None:
        """The proposal with what was changed by hand; None before there is one, or while a part cannot stand."""
        plan, parts = self._proposed, {name: self.numbers[name].value for name in self._visible}
        known = {name: value for name, value in parts.items() if value is not None}
        if plan is None or len(known) < len(parts):
            return None
        choices: dict[str, object] = {
            "observables": known["observables"],
            "kernel": self.kernel.value,
            "chains": known["chains"],
            "seed": known["seed"],
        }
        if "channels-1" in known:
            choices["channels"] = (known["channels-1"], known["channels-2"])
        if self._by_hand & {"units", "layers"} & set(known):
            choices["hidden"] = (known["units"],) * known["layers"]
        if EPOCHS in known:
            choices["planned_epochs"] = known[EPOCHS]
        else:
            choices["planned_seconds"] = 60.0 * known[MINUTES]
        if known.get("batch", plan.items) < plan.items:
            choices["batch"] = known["batch"]
        elif plan.batch is not None:
            whole_set = replace(plan.configuration.schedule, batch=None)
            plan = replace(plan, configuration=replace(plan.configuration, schedule=whole_set))
        return plan.chosen(**choices)

    @property
    def configuration(self) -> Configuration | None:
        """What a run begins with; None before there is a proposal, or while a part of it cannot stand."""
        return None if self.proposal is None else self.proposal.configuration

    @property
    def has_fault(self) -> bool:
        """Whether a part cannot stand."""
        return any(self.numbers[name].value is None for name in self._visible)

    def show_proposal(self, proposal: Proposal, kernels: tuple[str, ...]) -> None:
        """Shows what is proposed, but for what was changed by hand.

        Args:
            proposal: for the data.
            kernels: names of those that can move there.
        """
        self._proposed = proposal
        for name, value in _numbers(proposal).items():
            if name not in self._by_hand:
                self.numbers[name].show_value(value)
        kept = "kernel" in self._by_hand and self.kernel.value in kernels
        self.kernel.offer(
            {name: KERNELS[name].label for name in kernels},
            self.kernel.value if kept else proposal.kernel,
        )
        self._show_parts()

    @property
    def _visible(self) -> tuple[str, ...]:
        plan = self._proposed
        network = NETWORK_PARTS.get(str(plan and plan.configuration.network), ("units", "layers"))
        batch = ("batch",) if plan is not None and plan.batch is not None else ()
        return ("observables", *network, "chains", *batch, self.length.value, "seed")

    def _touch(self, name: str) -> None:
        self._by_hand.add(name)
        self._show_parts()
        self.changed.emit()

    def _on_length(self) -> None:
        self._show_parts()
        self.changed.emit()

    def _restore(self) -> None:
        self._by_hand.clear()
        for field in self.numbers.values():
            field.complain("")
        if self._proposed is not None:
            box = self.kernel.box
            self.show_proposal(self._proposed, tuple(box.itemData(i) for i in range(box.count())))
        self.changed.emit()

    def _show_parts(self) -> None:
        visible = self._visible
        for name, field in self.numbers.items():
            field.setVisible(name in visible)
        self.restore.setVisible(bool(self._by_hand - {"seed", "epochs", "minutes"}))


def _numbers(proposal: Proposal) -> dict[str, int]:
    """The parts of a proposal that are numbers, by the names of their fields."""
    plan = proposal.configuration
    return {
        "observables": plan.observables,
        "channels-1": plan.channels[0],
        "channels-2": plan.channels[1],
        "units": plan.hidden[0],
        "layers": len(plan.hidden),
        "chains": plan.chains,
        "batch": proposal.batch or proposal.items,
        "epochs": plan.planned_epochs,
    }
