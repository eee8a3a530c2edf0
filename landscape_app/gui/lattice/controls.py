"""Choices of the lattice's page: which lattices, temperature, field and sampler."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted
from landscape_app.gui.lattice.worker import LatticeChoice, LatticeState
from landscape_app.gui.widgets.accessible import ChoiceBox
from landscape_app.gui.widgets.containers import control_card, set_name
from landscape_app.gui.widgets.numbers import NumberSlider
from landscape_app.language import tr
from landscape_app.physics.spin_lattices import GRAPHS, SAMPLERS, SpinLattice

SIDES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
COUNTS = (1, 4, 16, 64, 256, 1_024)
SPINS_SHOWN = 2**16
"""Spins of all lattices on view, at most: more cannot be told apart as pixels."""

STARTS = {"random": tr("Random"), "up": tr("All up")}
TEMPERATURES, FIELDS = (0.1, 5.0), (-2.0, 2.0)
HIGHEST = 100.0
DECIMALS = 4
MOST_SEED = 2**31 - 1

SAMPLER_TIPS = {
    "metropolis": tr(
        "Each spin is proposed a flip, accepted with probability min(1, exp(−ΔE/T)); four of five try"
    ),
    "heat-bath": tr("Each spin is drawn anew given its neighbours: up with probability 1/(1 + exp(ΔE/T))"),
    "swendsen-wang": tr(
        "Equal neighbours are joined with probability 1 − exp(−2J/T), and every cluster is drawn anew"
    ),
    "wolff": tr("One cluster grows from a random spin, and turns over"),
}


def picker(name: str, label: str, tooltip: str) -> QComboBox:
    """A box of choices, named and explained."""
    box = set_name(ChoiceBox(), name)
    box.setAccessibleName(label)
    box.setToolTip(tooltip)
    return box


class LatticeControls(QWidget):
    """Cards of choices; those of temperature, field and sampler act at once, the others begin anew.

    Signals:
        chosen: a `LatticeChoice` to begin with.
        heated: T.
        magnetised: h.
        sampled: name of a sampler.
    """

    chosen = Signal(object)
    heated = Signal(float)
    magnetised = Signal(float)
    sampled = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._critical: float | None = None
        self._build_choice()
        self._build_conditions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._choice_card())
        layout.addWidget(self._conditions_card())

    @property
    def choice(self) -> LatticeChoice:
        """Lattices as they are set.

        Raises:
            ValueError: there are none such.
        """
        seed = self.seed_box.value()
        lattice = SpinLattice(str(self.graph_box.currentData()), int(self.side_box.currentData()), seed)
        return LatticeChoice(
            lattice, int(self.count_box.currentData()), str(self.start_box.currentData()), seed
        )

    def restart(self) -> None:
        """Begins anew with what is set."""
        self.chosen.emit(self.choice)

    def show_state(self, state: LatticeState) -> None:
        """Shows what is on view."""
        lattice = state.choice.lattice
        self.temperature.show_value(state.conditions.temperature)
        self.field.show_value(state.conditions.field)
        index = self.sampler_box.findData(state.conditions.sampler)
        if index != self.sampler_box.currentIndex():
            self.sampler_box.setCurrentIndex(index)
        self._critical = lattice.critical_temperature
        self.critical_button.setEnabled(self._critical is not None)
        ratio = tr("no transition at T > 0")
        if self._critical is not None:
            ratio = f"T/Tc = {state.conditions.temperature / self._critical:.4f}"
        if self.ratio.text() != ratio:
            self.ratio.setText(ratio)

    def _build_choice(self) -> None:
        self.graph_box = picker(
            "lattice-graph",
            tr("Graph"),
            tr(
                "The spins that are coupled: E = −Σ J s s′ − h Σ s, J = 1, every pair once.<br>On the complete "
                "graph J = 1/N, so that Tc is 1"
            ),
        )
        for name, text in GRAPHS.items():
            self.graph_box.addItem(text, name)
        self.side_box = picker(
            "lattice-side",
            tr("Side L"),
            tr("Side L of the lattice, in spins: N = L² spins, whatever the graph"),
        )
        for side in SIDES:
            self.side_box.addItem(f"{side} × {side}", side)
        self.side_box.setCurrentIndex(SIDES.index(128))
        self.count_box = picker(
            "lattice-count",
            tr("Number of lattices"),
            tr("Independent lattices side by side, at the same T and h"),
        )
        self._fill_counts()
        self.start_box = picker(
            "lattice-start", tr("Start"), tr("Spins at the start: random as at T = ∞, or all up as at T = 0")
        )
        for name, text in STARTS.items():
            self.start_box.addItem(text, name)
        self.seed_box = set_name(QSpinBox(), "lattice-seed")
        self.seed_box.setAccessibleName(tr("Seed"))
        self.seed_box.setToolTip(tr("Seed of every random number, and of random couplings"))
        self.seed_box.setRange(0, MOST_SEED)
        self.seed_box.setKeyboardTracking(False)
        self.seed_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.reset_button = set_name(QPushButton(tr("Reset")), "lattice-reset")
        self.reset_button.setAccessibleName(tr("Begin anew with these lattices"))
        self.reset_button.setToolTip(tr("Begin anew with these lattices, from this start and seed (R)"))
        self.graph_box.activated.connect(lambda _: self.restart())
        self.side_box.activated.connect(lambda _: self._on_side())
        self.count_box.activated.connect(lambda _: self.restart())
        self.start_box.activated.connect(lambda _: self.restart())
        self.seed_box.valueChanged.connect(lambda _: self.restart())
        self.reset_button.clicked.connect(self.restart)

    def _build_conditions(self) -> None:
        self.temperature = NumberSlider(
            "lattice-temperature",
            tr("Temperature T"),
            TEMPERATURES,
            2.2692,
            tr(
                "<b>Temperature</b> T in J/kB; P ∝ exp(−E/T). Acts at once.<br>The square lattice orders "
                "below Tc = 2/log(1 + √2) = 2.2692, a complete graph below 1"
            ),
            box_limits=(0.01, HIGHEST),
            step=0.01,
        )
        self.temperature.box.setDecimals(DECIMALS)
        self.temperature.set_value(2.2692)
        self.field = NumberSlider(
            "lattice-field",
            tr("Field h"),
            FIELDS,
            0.0,
            tr("<b>Field</b> h in J; its energy is −h Σ s. Acts at once.<br>Above 0 spins like to point up"),
            box_limits=(-HIGHEST, HIGHEST),
            step=0.01,
        )
        self.field.box.setDecimals(DECIMALS)
        self.critical_button = set_name(QToolButton(), "lattice-critical", text="Tc")
        self.critical_button.setAccessibleName(tr("Go to the critical temperature"))
        self.critical_button.setToolTip(tr("Go to the critical temperature Tc of many spins (C)"))
        self.zero_button = set_name(QToolButton(), "lattice-zero", text="h = 0")
        self.zero_button.setAccessibleName(tr("No field"))
        self.zero_button.setToolTip(tr("No field (0)"))
        self.ratio = set_name(QLabel(), "muted")
        self.sampler_box = picker(
            "lattice-sampler",
            tr("Sampler"),
            tr("How the spins move; all are exact.<br>")
            + ".<br>".join(f"<b>{SAMPLERS[name]}</b>: {tip}" for name, tip in SAMPLER_TIPS.items())
            + tr(
                ".<br>On the complete graph single spins move under a common random field, drawn anew in every step"
            ),
        )
        for name, text in SAMPLERS.items():
            self.sampler_box.addItem(text, name)
        self.temperature.changed.connect(self.heated)
        self.field.changed.connect(self.magnetised)
        self.critical_button.clicked.connect(self.go_critical)
        self.zero_button.clicked.connect(lambda: self.field.set_value(0.0))
        self.sampler_box.activated.connect(lambda i: self.sampled.emit(self.sampler_box.itemData(i)))

    def go_critical(self) -> None:
        """Heats or cools to T_c."""
        if self._critical is not None:
            self.temperature.set_value(self._critical)

    def _choice_card(self) -> QWidget:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        rows = (
            (tr("Side"), self.side_box),
            (tr("Lattices"), self.count_box),
            (tr("Start"), self.start_box),
            (tr("Seed"), self.seed_box),
        )
        for k, (text, box) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(box)
            label.setToolTip(box.toolTip())
            grid.addWidget(label, k, 0)
            grid.addWidget(box, k, 1)
        grid.addWidget(self.reset_button, len(rows), 1)
        grid.setColumnStretch(1, 1)
        return control_card(set_name(QLabel(tr("Lattice")), "title"), self.graph_box, grid)

    def _conditions_card(self) -> QWidget:
        heads = []
        for text, slider, last in (
            (tr("Temperature T (J/kB)"), self.temperature, self.critical_button),
            (tr("Field h (J)"), self.field, self.zero_button),
        ):
            label = QLabel(text)
            label.setToolTip(slider.toolTip())
            row = QHBoxLayout()
            row.addWidget(label)
            row.addStretch(1)
            row.addWidget(last)
            heads.append(row)
        return control_card(
            set_name(QLabel(tr("Conditions")), "title"),
            heads[0],
            self.temperature,
            self.ratio,
            heads[1],
            self.field,
            self.sampler_box,
        )

    def _on_side(self) -> None:
        self._fill_counts()
        self.restart()

    def _fill_counts(self) -> None:
        """Offers as many lattices as can be shown, and keeps the number where it can."""
        wanted = self.count_box.currentData() or 1
        most = SPINS_SHOWN // int(self.side_box.currentData() or SIDES[-1]) ** 2
        counts = [count for count in COUNTS if count <= most]
        self.count_box.clear()
        for count in counts:
            self.count_box.addItem(counted(count, "lattice"), count)
        self.count_box.setCurrentIndex(counts.index(min(wanted, counts[-1])))
