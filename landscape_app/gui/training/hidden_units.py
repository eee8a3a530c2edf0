"""Hidden units of a model apart: their energy, entropy and free energy against the epoch, and as a table."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout

from landscape_app.gui.state import EngineState
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import set_name
from landscape_app.gui.widgets.fixed import FigureLabel
from landscape_app.gui.widgets.plots import EpochPlot, colour_in, legend
from landscape_app.language import tr
from landscape_app.models.model import SplitMeans
from landscape_app.physics.estimate import HIDDEN_UNITS, shown
from landscape_app.physics.exact import JointThermodynamics
from landscape_app.runs import History

SIDES = (("model", "chains"), ("training", "data"))
"""Ends of the metrics' names, and what they are means over: drawn, and dotted."""

QUANTITIES = (
    ("hidden_energy_{}", "⟨E⟩", "held_out"),
    ("hidden_entropy_{}", "S", "other"),
    ("energy_{}", "F", "accent"),
)
"""Metric, symbol and colour of each quantity."""

METRICS = tuple(metric.format(side) for side, _ in SIDES for metric, _, _ in QUANTITIES)

TOOLTIP = tr(
    "<b>Hidden units</b>, in equilibrium with the sites v: F(v) = ⟨E(v, h)⟩ − S[p(h|v)], in nats.<br>F is the energy "
    "that the sites feel; ⟨E⟩ is that of sites and units together, and S the entropy of the units, in the sum over "
    "their states. Means over the chains that train (lines) and over the training data (dots), from every tenth "
    "epoch.<br>Good: lines and dots come together. S falls as units become sure of what they see."
)


class HiddenPlot(EpochPlot):
    """⟨E⟩, S and F of the hidden units, over the chains and over the data.

    Args:
        theme: colours.
    """

    def __init__(self, theme: Theme) -> None:
        curves = [(f"{symbol}, {over}", colour) for _, over in SIDES for _, symbol, colour in QUANTITIES]
        super().__init__("plot-hidden", tr("Hidden units:"), TOOLTIP, theme, curves)
        self.label_axis("left", tr("nats"))

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours; those of the data are dotted."""
        super().set_theme(theme)
        for curve, (_, colour) in zip(
            self.lines[len(QUANTITIES) :], self._names[len(QUANTITIES) :], strict=False
        ):
            curve.setPen(pg.mkPen(colour_in(theme, colour), width=1.6, style=Qt.PenStyle.DotLine))

    @property
    def _plain_title(self) -> str:
        named = legend(self._theme, "", [(symbol, colour) for _, symbol, colour in QUANTITIES])
        return tr("{curves}, dots: data{smoothed_over}", curves=named, smoothed_over=self._smoothed_over)

    def show_history(self, history: History, epochs: int) -> None:
        """Draws the metrics of the first epochs of a history that grows; nothing where they were not measured."""
        if not all(metric in history.names for metric in METRICS):
            self.show_data(np.zeros(0), np.zeros((0, len(METRICS))))
            return
        self.show_data(history["epoch"][:epochs], np.stack([history[m][:epochs] for m in METRICS], 1))


ROWS = (
    (
        "⟨E⟩",
        tr(
            "Energy of sites and hidden units together, E(v, h) = −a·v − b·h − v·W·h, averaged over p(h|v), nats"
        ),
    ),
    (
        "S",
        tr(
            "Entropy of the hidden units, S[p(h|v)], nats; in the last column of sites and units, relative to q"
        ),
    ),
    ("F = ⟨E⟩ − S", tr("Free energy, F(v) = −log Σ_h exp(−E(v, h)), nats; in the last column −log Z")),
    (
        tr("Residual"),
        tr(
            "Residual of the identity, F − (⟨E⟩ − S), nats.<br>Good: zero to the rounding of single precision"
        ),
    ),
)

COLUMNS = (
    (tr("Data"), tr("Means over the training set, ± standard error of as many independent items")),
    (
        tr("Chains"),
        tr(
            "Means over the chains on view: those that train, with their weights, or the sampler's.<br>± standard "
            "error of as many independent chains: chains that have not mixed, or that descend from one, are worth "
            "fewer"
        ),
    ),
    (
        tr("In all"),
        tr(
            "Sites and hidden units together, averaged over the model by a sum over the units' states: −log Z = "
            "⟨E⟩ − (S + ⟨log q⟩)"
        ),
    ),
)

LOG_Z_TOOLTIP = tr(
    "<b>log Z</b> of the model, Z = E_q[exp(−F(v))], in nats.<br>With up to 20 hidden units an exact sum over "
    "their states, or over those of the sites where these are fewer; else by the ladder of the entropy estimator, "
    "± standard error, at the epoch that it has measured."
)

MOST_DECIMALS = 2
"""Of a number in the table."""


class HiddenTable(QFrame):
    """⟨E⟩, S, F and the residual of F = ⟨E⟩ − S, for data, chains, and the model as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hidden-table")
        self.setAccessibleName(tr("Energy, entropy and free energy of the hidden units"))
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 6, 12, 7)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(2)
        self.cells: list[list[FigureLabel]] = []
        layout.addWidget(_label(tr("nats"), TOOLTIP, "muted"), 0, 0)
        for row, (name, tooltip) in enumerate(ROWS, start=1):
            layout.addWidget(_label(name, tooltip, "muted"), row, 0)
        self.names = []
        for column, (name, tooltip) in enumerate(COLUMNS, start=1):
            self.names.append(_label(name, tooltip, "muted", column))
            layout.addWidget(self.names[-1], 0, column)
            cells = [_label("–", f"{tooltip}.<br>{meaning}", column=column) for _, meaning in ROWS]
            for row, (cell, (quantity, _)) in enumerate(zip(cells, ROWS, strict=True), start=1):
                cell.setAccessibleName(f"{name}: {quantity}")
                layout.addWidget(cell, row, column)
            self.cells.append(cells)
        self.log_z = _label("", LOG_Z_TOOLTIP, "muted")
        self.log_z.setAccessibleName(tr("log Z of the model"))
        layout.addWidget(self.log_z, len(ROWS) + 1, 0, 1, len(COLUMNS) + 1)

    @property
    def texts(self) -> list[list[str]]:
        """Text of every cell: of data, chains and the model, those of each from top to bottom."""
        return [[cell.text() for cell in row] for row in self.cells]

    def show_state(self, state: EngineState) -> None:
        """Shows the figures of a state; dashes where there are none."""
        figures = state.hidden
        self.setVisible(figures is not None)
        if figures is None:
            return
        self.names[1].setText(
            tr("{size:,} steered", size=figures.size)
            if figures.steered
            else tr("{size:,} chains", size=figures.size)
        )
        rows = [_cells(figures.training), _cells(figures.chains)]
        joint = figures.joint
        for widget in (self.names[2], *self.cells[2]):
            widget.setVisible(joint is not None)
        if joint is not None:
            relative = joint.entropy + joint.log_q
            rows.append([*map(_number, (joint.energy, relative, -joint.log_partition)), "–"])
        for cells, texts in zip(self.cells, rows, strict=False):
            for cell, text in zip(cells, texts, strict=True):
                if cell.text() != text:
                    cell.setText(text)
        self.log_z.setText(_log_z(state, joint))


def _log_z(state: EngineState, joint: JointThermodynamics | None) -> str:
    """log Z and how it was found, in words: by the sum that was made, else by the entropy estimator."""
    if joint is not None:
        return tr(
            "log Z = {log_z}, {method}",
            log_z=shown(joint.log_partition, ".3f"),
            method=HIDDEN_UNITS,
        )
    found = state.measurement
    if found is None:
        return tr("log Z is not measured yet")
    log_z = f"{found.log_z:.{3 if found.is_exact else 2}f}"
    return tr(
        "log Z = {log_z}, {method}, epoch {epoch:,.0f}", log_z=log_z, method=found.method, epoch=found.epoch
    )


def _cells(means: SplitMeans) -> list[str]:
    pairs = (
        (means.energy, means.energy_error),
        (means.entropy, means.entropy_error),
        (means.free_energy, means.free_energy_error),
    )
    cells = [f"{_number(value)} ± {_error(error, value)}" for value, error in pairs]
    return [*cells, shown(means.residual, ".0e") if means.residual else "0"]


def _decimals(value: float) -> int:
    """Decimals of a number, fewer where it is long."""
    return MOST_DECIMALS - min(MOST_DECIMALS, max(0, len(f"{abs(value):.0f}") - 2))


def _number(value: float) -> str:
    return shown(value, f",.{_decimals(value)}f")


def _error(error: float, value: float) -> str:
    decimals = _decimals(value)
    return f"{error:.{decimals}f}" if error >= 0.5 * 10**-decimals else f"{error:.1g}"


def _label(text: str, tooltip: str, name: str = "", column: int = 0) -> FigureLabel:
    label = FigureLabel(text)
    label.setAlignment(_side(column))
    if name:
        set_name(label, name)
    label.setToolTip(tooltip)
    return label


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
