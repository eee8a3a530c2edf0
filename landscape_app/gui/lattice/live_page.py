"""The page of the moving lattice: controls, spins, traces, histogram and correlations."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from landscape_app.gui.lattice.controls import LatticeControls
from landscape_app.gui.lattice.picture import SpinPicture
from landscape_app.gui.lattice.plots import CorrelationPlot, MagnetisationPlot, TracePlot
from landscape_app.gui.lattice.readouts import Readouts
from landscape_app.gui.lattice.worker import LatticeState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.buttons import transport_icon
from landscape_app.gui.widgets.containers import control_card, plot_card, set_name
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.gui.widgets.numbers import SpeedSlider

CONTROLS_WIDTH, PLOTS_WIDTH = 316, 366
SLOWEST, FASTEST = 0.5, 250.0


class LivePage(QWidget):
    """Shows states of the lattice's worker.

    Signals:
        played: the spins are to move, or to be held.
        stepped: one step is wanted.
        sped: steps a second.
    """

    played = Signal(bool)
    stepped = Signal()
    sped = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: LatticeState | None = None
        self._due: list[int] = []
        self._exact: tuple[float | None, float | None] = (None, None)
        self.controls = LatticeControls()
        self.picture = SpinPicture(theme)
        self.readouts = Readouts()
        self.caption = set_name(QLabel(), "muted")
        self.caption.setAccessibleName("Steps, and their speed")
        self.caption.setToolTip(
            "Steps since the start, and how many a second. A step is a sweep, one update of every spin; of Wolff's "
            "sampler it is one cluster"
        )
        self.energy = TracePlot(
            "plot-lattice-energy",
            "Energy per spin",
            "<b>Energy per spin</b> E/N = −(J/N) Σ s s′ − (h/N) Σ s, in J, over the last 2,000 steps, averaged over "
            "the lattices.<br>Dashed: exact, of many spins (Onsager; ring; mean field). Dotted: T, h or the sampler "
            "changed",
            theme,
            "E/N (J)",
            "energy per spin (J)",
        )
        self.magnetisation = TracePlot(
            "plot-lattice-magnetisation",
            "Magnetisation per spin",
            "<b>Magnetisation per spin</b> m = Σ s/N over the last 2,000 steps; of many lattices the mean of |m|.<br>"
            "Dashed: ± the spontaneous magnetisation of many spins. Dotted: T, h or the sampler changed",
            theme,
            "m",
            "magnetisation per spin",
            (-1.05, 1.05),
        )
        self.histogram = MagnetisationPlot(
            "plot-lattice-histogram",
            "Histogram of m",
            "<b>Density of m</b> over all lattices and steps since T, h or the sampler changed, per unit of m.<br>"
            "Two peaks below T_c, one above. Dashed: ± the spontaneous magnetisation of many spins",
            theme,
        )
        self.correlation = CorrelationPlot(
            "plot-lattice-correlation",
            "Correlation function",
            "<b>Correlation function</b> G(r) = ⟨s(x) s(x + r)⟩ − m̄² along the axes, over lattices and looks since "
            "the change; m̄ = ⟨|m|⟩ where h ≠ 0 or T &lt; T_c, else 0. Dotted: the correlation length ξ.<br>Not shown "
            "where distance means nothing: complete graphs, random signs",
            theme,
        )
        self.plots = (self.energy, self.magnetisation, self.histogram, self.correlation)
        self._lay_out()

    def set_theme(self, theme: Theme) -> None:
        """Dresses what draws itself."""
        self._theme = theme
        for part in (self.picture, *self.plots):
            part.set_theme(theme)
        self._show_play_icon()

    def show_state(self, state: LatticeState) -> None:
        """Shows a state: the spins at once, one plot at a time, so that no frame waits for all of them."""
        before, self._shown = self._shown, state
        if state.picture is not None and (before is None or before.picture is not state.picture):
            self.picture.show_spins(state.picture)
        if before is None or before.moving != state.moving:
            self.play_button.setChecked(state.moving)
        unit = "clusters" if state.conditions.sampler == "wolff" else "sweeps"
        rate = f" · {state.rate:,.0f} {unit} a second" if state.moving and state.rate >= 1 else ""
        text = f"Step {state.steps:,}{rate}{'' if state.moving else ' · held'}"
        if self.caption.text() != text:
            self.caption.setText(text)
        new_conditions = before is None or before.conditions != state.conditions
        if new_conditions or before is None or before.choice != state.choice:
            self._take_exact(state)
            self.controls.show_state(state)
        if before is None or before.measured != state.measured:
            self._due += [k for k in range(len(self.plots) + 1) if k not in self._due]
        self.show_next()

    def show_next(self) -> None:
        """Draws the plot that has waited longest, if any waits."""
        state = self._shown
        if state is None or not self._due or state.trace is None:
            return
        due = self._due.pop(0)
        trace, found = state.trace, state.measurement
        energy, m = self._exact
        energies = () if energy is None else (energy,)
        sizes: tuple[float, ...] = ()
        if m is not None:
            sizes = (m,) if state.conditions.field or m == 0 else (m, -m)
        match due:
            case 0:
                self.energy.show_trace(trace.steps, trace.energies, trace.since, energies)
            case 1:
                self.magnetisation.show_trace(trace.steps, trace.magnetisations, trace.since, sizes)
            case 2 if found is not None:
                self.histogram.show_density(found.bars, found.density, sizes)
            case 3:
                lattice = state.choice.lattice
                reach = min(lattice.side // 2, 64)
                values, length = (None, float("nan")) if found is None else (found.correlation, found.length)
                self.correlation.show_correlation(values, length, reach)
            case 4:
                self.readouts.show_state(state, energy, m)

    def _take_exact(self, state: LatticeState) -> None:
        """Looks up the exact results for this temperature and field."""
        temperature, field, _ = state.conditions
        t, lattice = np.array([temperature]), state.choice.lattice
        energy, m = lattice.known_energy(t, field), lattice.known_magnetisation(t, field)
        self._exact = (
            None if energy is None else float(energy[0]),
            None if m is None else float(m[0]),
        )

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        left.addWidget(self.controls)
        left.addWidget(control_card(set_name(QLabel("Averages"), "title"), self.readouts))
        left.addStretch(1)
        inside = set_name(QWidget(), "sheet")
        inside.setLayout(left)
        column = FixedScrollArea()
        column.setWidget(inside)
        column.setFixedWidth(CONTROLS_WIDTH)
        middle = QVBoxLayout()
        middle.setSpacing(6)
        middle.addWidget(self.picture, 1)
        middle.addLayout(self._build_transport())
        plots = QVBoxLayout()
        plots.setSpacing(6)
        for plot in self.plots:
            plots.addWidget(plot_card(plot), 1)
        right = QWidget()
        right.setFixedWidth(PLOTS_WIDTH)
        plots.setContentsMargins(0, 0, 0, 0)
        right.setLayout(plots)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(column)
        row.addLayout(middle, 1)
        row.addWidget(right)

    def _build_transport(self) -> QHBoxLayout:
        self.play_button = set_name(QToolButton(), "lattice-play")
        self.play_button.setCheckable(True)
        self.play_button.setAccessibleName("Let the spins move")
        self.play_button.setToolTip("Let the spins move, or hold them (Space)")
        self.play_button.clicked.connect(self.played)
        self.play_button.toggled.connect(self._show_play_icon)
        self.step_button = set_name(QToolButton(), "lattice-step", text="Step")
        self.step_button.setAccessibleName("Move the spins by one step")
        self.step_button.setToolTip("One sweep, or one cluster of Wolff's, then hold (.)")
        self.step_button.clicked.connect(self.stepped)
        self.speed = SpeedSlider("lattice-speed", FASTEST, SLOWEST, FASTEST)
        self.speed.slider.setAccessibleName("Speed of the spins")
        self.speed.slider.setToolTip(
            f"Steps a second, from {SLOWEST:g}.<br>At the right end: as fast as this machine can."
        )
        self.speed.slider.setValue(self.speed.slider.maximum())
        self.speed.changed.connect(self.sped)
        self._show_play_icon()
        row = QHBoxLayout()
        row.addWidget(self.play_button)
        row.addWidget(self.step_button)
        row.addSpacing(8)
        row.addWidget(self.speed, 1)
        row.addSpacing(8)
        row.addWidget(self.caption)
        return row

    def _show_play_icon(self) -> None:
        moving = self.play_button.isChecked()
        self.play_button.setIcon(
            transport_icon(moving, self._theme.on_accent if moving else self._theme.text)
        )
