"""Table of what a moving lattice measures, beside what is exact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from landscape_app.gui.lattice.worker import LatticeState
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import FigureLabel
from landscape_app.language import tr
from landscape_app.physics.correlation import exceeds_lattice
from landscape_app.physics.diagnostics import LONG_RUN
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.physics.kernels.chromatic import FLIP_ATTEMPTS

if TYPE_CHECKING:
    from landscape_app.session.lattice_run import LatticeMeasurement

NONE = "–"
WIDEST, WIDEST_EXACT = "−0.00000 ± 0.00000", "−0.0000"
"""Figures that columns have room for."""


class Readout(NamedTuple):
    """A row of the table.

    Attributes:
        name: of its label.
        symbol: in front.
        tooltip: what it is.
    """

    name: str
    symbol: str
    tooltip: str


READOUTS = (
    Readout(
        "energy",
        "⟨E⟩/N",
        tr(
            "<b>Energy per spin</b>, J, averaged since T, h or the sampler changed (the first third left out), ± its "
            "standard error √(τ Var/n), which counts the autocorrelation time τ; none while the steps are fewer "
            "than 20 τ, so that neither is known.<br>Exact: Onsager's on the square lattice, in the limit of many "
            "spins.<br>Good: within two errors of each other"
        ),
    ),
    Readout(
        "magnetisation",
        "⟨|m|⟩",
        tr(
            "<b>Magnetisation per spin</b>, |m| = |Σ s|/N, likewise.<br>Exact: (1 − sinh(2/T)⁻⁴)^(1/8) below Tc "
            "on the square lattice of many spins; a finite one has a little left above"
        ),
    ),
    Readout(
        "length",
        "ξ",
        tr(
            "<b>Correlation length</b> in lattice spacings, second moment: S(k) = |Σ s exp(ik·x)|²/N is fitted by "
            "χ/(1 + ξ² Σ 4 sin²(k/2)) at all wave vectors with kξ ≤ 1; with the smallest alone, as near Tc, that "
            "is ξ = √(S(0)/S(k) − 1)/(2 sin(π/L)), k = 2π/L. Where spins have a mean (h ≠ 0, or T &lt; Tc) k = 0 "
            "is left out; free edges are taken as closed.<br>Good: far below L. Beyond L/2 there is no number: the "
            "lattice is too small for one"
        ),
    ),
    Readout(
        "memory",
        "τ",
        tr(
            "<b>Autocorrelation time</b> of E or |m|, the longer, in steps: 1 + 2 Σ ρ(t); “>” where fewer than 20 of "
            "it have passed: it is longer then.<br>Good: far below the steps since the change; at Tc it grows as L² "
            "for single spins, and hardly at all for clusters"
        ),
    ),
    Readout("moved", tr("Accepted"), ""),
)
MOVED = {
    "metropolis": (
        tr("Accepted"),
        tr("<b>Acceptance rate</b>: share of proposed flips that are accepted, since the change"),
    ),
    "heat-bath": (tr("Turned"), tr("<b>Share of spins that a sweep turns</b>, since the change")),
    "swendsen-wang": (
        tr("Turned"),
        tr("<b>Share of spins that a step turns</b>, since the change: half of all clusters"),
    ),
    "wolff": (
        tr("Cluster"),
        tr(
            "<b>Mean size of the cluster that a step turns</b>, in spins, since the change.<br>Where it is a few "
            "spins, in the hot phase, single spins are faster"
        ),
    ),
}


class Readouts(QWidget):
    """A row for each quantity: what is measured, and what is exact.

    Attributes:
        missing: label for what averages lack for an error, to be placed above the rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lattice-averages")
        self.missing = set_name(FigureLabel(), "muted")
        self.missing.setAccessibleName(tr("What the averages lack for an error"))
        self.missing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.missing.setToolTip(
            tr(
                "<b>Standard errors</b> are stated once averages hold {needed} autocorrelation times τ: in fewer, "
                "neither τ nor the error is known.<br>At Tc single spins take L² steps and more for each of them; "
                "clusters (Swendsen–Wang, Wolff) or a smaller lattice are there sooner",
                needed=f"{LONG_RUN:.0f}",
            )
        )
        self.values: dict[str, QLabel] = {}
        self.exact: dict[str, QLabel] = {}
        self.symbols: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        for column, text in ((1, tr("Measured")), (2, tr("Exact, N → ∞"))):
            head = set_name(QLabel(text), "muted")
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(head, 0, column)
        for k, row in enumerate(READOUTS, start=1):
            symbol = self.symbols[row.name] = QLabel(row.symbol)
            value = self.values[row.name] = set_name(QLabel(NONE), f"measured-{row.name}")
            exact = self.exact[row.name] = set_name(QLabel(""), "muted")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            for column, label in enumerate((symbol, value, exact)):
                label.setToolTip(row.tooltip)
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(label, k, column)
        # Figures that grow and shrink would move the controls above them.
        for labels, widest in ((self.values, WIDEST), (self.exact, WIDEST_EXACT)):
            for label in labels.values():
                label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
        grid.setColumnStretch(1, 1)

    def show_state(self, state: LatticeState, energy: float | None, magnetisation: float | None) -> None:
        """Shows a measurement beside what is exact, None where nothing is."""
        found, sampler = state.measurement, state.conditions.sampler
        spins = state.choice.lattice.spins
        symbol, tooltip = MOVED[sampler]
        self.symbols["moved"].setText(symbol)
        for labels in (self.symbols, self.values):
            labels["moved"].setToolTip(tooltip)
        texts = dict.fromkeys(self.values, NONE)
        if found is not None:
            moved = f"{100 * found.turned:.1f}%"
            if sampler == "metropolis":
                moved = f"{100 * found.turned / FLIP_ATTEMPTS:.1f}%"
            elif sampler == "wolff":
                moved = tr("{count:,.0f} spins", count=found.turned * spins)
            texts = {
                "energy": average_of(found.energy),
                "magnetisation": average_of(found.magnetisation),
                "length": length_of(found.length, state.choice.lattice.side),
                "memory": memory_of(found.memory, found.is_long),
                "moved": moved,
            }
        missing = missing_of(found)
        if self.missing.text() != missing:
            self.missing.setText(missing)
        for name, text in texts.items():
            if self.values[name].text() != text:
                self.values[name].setText(text)
        self.exact["energy"].setText("" if energy is None else shown(energy, ".4f"))
        self.exact["magnetisation"].setText("" if magnetisation is None else shown(abs(magnetisation), ".4f"))


def average_of(estimate: Estimate) -> str:
    """An average ± its standard error; where that is not known, in fewer digits and without."""
    if math.isnan(estimate.error) and not math.isnan(estimate.value):
        return shown(estimate.value, ".3f")
    return with_error(estimate)


def missing_of(measurement: LatticeMeasurement | None) -> str:
    """Words on how much averages lack for an error; empty where they have one."""
    if measurement is None or measurement.is_long:
        return ""
    needed = f"{LONG_RUN:.0f}"
    if math.isnan(measurement.times):
        return tr("± from {needed} τ on", needed=needed)
    if math.isinf(measurement.times):
        return tr("no ±: not in equilibrium")
    # The time is a bound from below, so that what rounds to enough is not.
    held = min(math.floor(measurement.times), math.ceil(LONG_RUN) - 1)
    return tr("± from {needed} τ on: {held} of {needed}", needed=needed, held=held)


def length_of(length: float, side: int) -> str:
    """A correlation length; of one beyond half a side no number, as the lattice is too small to tell it."""
    return f"> {side // 2}  (L/2)" if exceeds_lattice(length, side) else shown(length, ".3g")


def memory_of(time: float, is_long: bool) -> str:
    """An autocorrelation time in steps; one that is a bound from below says so."""
    if math.isnan(time):
        return NONE
    if is_long:
        return tr("{count:,.1f} steps", count=time)
    return tr("> {count:,.0f} steps", count=time)


def with_error(estimate: Estimate) -> str:
    """A number ± its standard error, to two digits of that."""
    if math.isnan(estimate.error) or estimate.error == 0:
        return shown(estimate.value, ".4f")
    decimals = min(6, max(1, 1 - math.floor(math.log10(estimate.error))))
    return f"{shown(estimate.value, f'.{decimals}f')} ± {estimate.error:.{decimals}f}"
