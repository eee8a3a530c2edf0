"""The page of the moving lattice: controls, spins, traces, histogram and correlations."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from landscape_app.gui.lattice.controls import LatticeControls
from landscape_app.gui.lattice.picture import SpinPicture
from landscape_app.gui.lattice.plots import CorrelationPlot, MagnetisationPlot, TracePlot
from landscape_app.gui.lattice.readouts import Readouts
from landscape_app.gui.lattice.worker import LatticeState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import control_card, plot_card, set_name
from landscape_app.gui.widgets.fixed import FixedScrollArea
from landscape_app.gui.widgets.numbers import SpeedSlider
from landscape_app.gui.widgets.tool_window import Transport
from landscape_app.language import tr
from landscape_app.physics.spin_lattices import GRAPHS

CONTROLS_WIDTH, PLOTS_WIDTH = 316, 366
SLOWEST, FASTEST = 0.5, 250.0


class LivePage(QWidget):
    """Shows states of the lattice's worker."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._shown: LatticeState | None = None
        self._due: list[int] = []
        self._exact: tuple[float | None, float | None] = (None, None)
        self.controls = LatticeControls()
        self.picture = SpinPicture(theme)
        self.readouts = Readouts()
        self.speed = SpeedSlider("lattice-speed", FASTEST, SLOWEST, FASTEST)
        self.transport = self._build_transport(theme)
        self.play_button, self.step_button = self.transport.play_button, self.transport.step_button
        self.caption = self.transport.caption
        self.energy = TracePlot(
            "plot-lattice-energy",
            tr("Energy per spin"),
            tr(
                "<b>Energy per spin</b> E/N = −(J/N) Σ s s′ − (h/N) Σ s, in J, over the last 2,000 steps, "
                "averaged over the lattices.<br>Dashed: exact, of many spins (Onsager; ring; mean field). Dotted: "
                "T, h or the sampler changed"
            ),
            theme,
            "E/N (J)",
            "energy per spin (J)",
        )
        self.magnetisation = TracePlot(
            "plot-lattice-magnetisation",
            tr("Magnetisation per spin"),
            tr(
                "<b>Magnetisation per spin</b> m = Σ s/N over the last 2,000 steps; of many lattices the mean of "
                "|m|.<br>Dashed: ± the spontaneous magnetisation of many spins. Dotted: T, h or the sampler "
                "changed"
            ),
            theme,
            "m",
            "magnetisation per spin",
            (-1.05, 1.05),
        )
        self.histogram = MagnetisationPlot(
            "plot-lattice-histogram",
            tr("Histogram of m"),
            tr(
                "<b>Density of m</b> over all lattices and steps since T, h or the sampler changed, per unit of "
                "m.<br>Two peaks below Tc, one above. Dashed: ± the spontaneous magnetisation of many spins"
            ),
            theme,
        )
        self.correlation = CorrelationPlot(
            "plot-lattice-correlation",
            tr("Correlation function"),
            tr(
                "<b>Correlation function</b> G(r) = ⟨s(x) s(x + r)⟩ − m̄² along the axes, over lattices and looks "
                "since the change; m̄ = ⟨|m|⟩ where h ≠ 0 or T &lt; Tc, else 0. Dotted: the correlation length "
                "ξ.<br>Not shown where distance means nothing: complete graphs, random signs"
            ),
            theme,
        )
        self.plots = (self.energy, self.magnetisation, self.histogram, self.correlation)
        self._lay_out()

    def set_theme(self, theme: Theme) -> None:
        """Dresses what draws itself."""
        for part in (self.picture, self.transport, *self.plots):
            part.set_theme(theme)

    def show_state(self, state: LatticeState) -> None:
        """Shows a state: the spins at once, one plot at a time, so that no frame waits for all of them."""
        before, self._shown = self._shown, state
        if state.picture is not None and (before is None or before.picture is not state.picture):
            self.picture.show_spins(state.picture)
        self.picture.title = spins_title(state)
        if state.conditions.sampler == "wolff":
            speed = tr("{rate:,.0f} clusters a second", rate=state.rate)
        else:
            speed = tr("{rate:,.0f} sweeps a second", rate=state.rate)
        self.transport.show_state(state, speed)
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
        left.addStretch(1)
        inside = set_name(QWidget(), "sheet")
        inside.setLayout(left)
        column = FixedScrollArea()
        column.setWidget(inside)
        column.setMaximumWidth(CONTROLS_WIDTH)
        # The averages stay in sight where the window is too low for all controls.
        title = QHBoxLayout()
        title.addWidget(set_name(QLabel(tr("Averages")), "title"))
        title.addWidget(self.readouts.missing, 1)
        averages = control_card(title, self.readouts)
        averages.setMaximumWidth(CONTROLS_WIDTH)
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(column, 1)
        side.addWidget(averages)
        middle = QVBoxLayout()
        middle.setSpacing(6)
        middle.addWidget(self.picture, 1)
        middle.addWidget(self.transport)
        plots = QVBoxLayout()
        plots.setSpacing(6)
        for plot in self.plots:
            plots.addWidget(plot_card(plot), 1)
        right = QWidget()
        right.setMaximumWidth(PLOTS_WIDTH)
        plots.setContentsMargins(0, 0, 0, 0)
        right.setLayout(plots)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(side)
        row.addLayout(middle, 1)
        row.addWidget(right, 1)

    def _build_transport(self, theme: Theme) -> Transport:
        self.speed.slider.setAccessibleName(tr("Speed of the spins"))
        self.speed.slider.setToolTip(
            tr(
                "Steps a second, from {slowest:g}.<br>At the right end: as fast as this machine can.",
                slowest=SLOWEST,
            )
        )
        self.speed.slider.setValue(self.speed.slider.maximum())
        transport = Transport("lattice", tr("spins"), self.speed, theme)
        transport.step_button.setAccessibleName(tr("Move the spins by one step"))
        transport.step_button.setToolTip(tr("One sweep, or one cluster of Wolff's, then pause (.)"))
        transport.caption.setAccessibleName(tr("Steps, and their speed"))
        transport.caption.setToolTip(
            tr(
                "Steps since the start, and how many a second. A step is a sweep, one update of every spin; of "
                "Wolff's sampler it is one cluster"
            )
        )
        return transport


def spins_title(state: LatticeState) -> str:
    """Lattice, temperature, field and step, above a picture of the spins."""
    lattice, conditions = state.choice.lattice, state.conditions
    return tr(
        "{graph}, {side} × {side}: T = {temperature:.4f} J/kB, h = {field:g} J, step {step:,}",
        graph=GRAPHS[lattice.graph],
        side=lattice.side,
        temperature=conditions.temperature,
        field=conditions.field,
        step=state.steps,
    )
