"""The equilibrium panel: the convergence test, its ladder of replicas, and the entropy it measures."""

from __future__ import annotations

import html
import math

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from landscape_app.counting import capitalised, counted
from landscape_app.data.columns import unit_in_words
from landscape_app.gui.equilibrium.chains_page import ChainsPage
from landscape_app.gui.equilibrium.ladder_view import LadderView
from landscape_app.gui.equilibrium.means_table import MeansTable
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.widgets.containers import Page, Pages, PlotGrid, plot_card, restyle, set_name
from landscape_app.gui.widgets.fixed import FigureLabel, FixedLabel, lay_out_panel
from landscape_app.gui.widgets.plots import EpochPlot
from landscape_app.gui.widgets.value_plots import TemperaturePlot
from landscape_app.language import tr
from landscape_app.physics.entropy import Thermometry
from landscape_app.physics.estimate import Estimate, shown
from landscape_app.physics.exact import ExactRecord
from landscape_app.session.convergence import ConvergenceRecord
from landscape_app.session.ladder_watch import LadderSnapshot
from landscape_app.session.verdict import MOST_ROWS, Verdict

REDRAW_STEPS = 5
"""Steps of the test between two drawings of its plots."""

START = tr("Test convergence")

EXPLANATION = tr(
    "Chains start from noise, from training data and from a hot ladder, each with replicas at "
    "higher temperatures that it swaps with. Where all three arrive at the same place, it is the model's: "
    "then its means are compared with the data's."
)

VERDICTS = tr(
    "Mixed: the starts agree (noise, data, hot, no start's mean off by more than 0.56 standard deviations, R-hat "
    "1.008) and their draws are worth 1,234 independent ones; a mode that none of these starts has reached "
    "cannot be seen\nNot matched: the mean of energy is 123.45 ± 0.12 nats below the data's, 12.3 standard "
    "errors and 0.45 of their standard deviations, where 0.2 are tolerated; 12 more of 27 are off"
)
"""As long as the two verdicts get."""

DETAILS = tr(
    "log Z −1,234.56 ± 0.07 nats · 10,000 round trips of 12 replicas · R-hat 1.008\n"
    "By enumeration: S −12.345, log Z −123.456, held-out 12.345 nats"
)
"""As long as what stands below the entropy gets."""


NOT_KEPT = tr("Plots of a test are not kept in the file: Test convergence draws them anew")

ENTROPY = tr(
    "<b>Entropy</b> S = log Z + ⟨H⟩ − ⟨log q⟩ of the model in nats, ± standard error.<br>log Z comes from the "
    "replicas, by Bennett's acceptance ratio between neighbours. S bounds the entropy of the data from above."
)
CROSS_ENTROPY = tr(
    "<b>Cross-entropy</b> −⟨log P⟩ of the test set, which neither taught nor chose the model, in nats an item, ± the "
    "standard error of log Z and of the number of items: the fairest single number for a model. Lower is better. "
    "Where too few items are held out for a test set, it is that of the validation set, which chose the epoch."
)
DIFFERENTIAL = tr(
    "<br><b>Of numbers it is differential</b>, of densities {unit}: it falls below zero where the density is above "
    "one per unit."
)


class EquilibriumPanel(QWidget):
    """Runs the convergence test and shows what it finds, in plots or as the replicas themselves.

    Signals:
        test_convergence: the test shall begin.
        stop_test: the test shall end.
        watch_ladder: whether somebody looks at the replicas.
        record_chains: whether somebody looks at the plots of the chains on view.
    """

    test_convergence = Signal()
    stop_test = Signal()
    watch_ladder = Signal(bool)
    record_chains = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("equilibrium-panel")
        self._theme = theme
        self._record: ConvergenceRecord | None = None
        self._kept: Verdict | None = None
        self._ladder: LadderSnapshot | None = None
        self._running = False
        self._number = -1
        self._in_front, self._turned_to_ladder, self._turned_to_chains = True, False, False
        self.button = set_name(QPushButton(START), "test-convergence")
        self.button.setMinimumWidth(self.button.sizeHint().width())
        self.button.setToolTip(
            tr(
                "Run the test, or stop it (Ctrl+E); one without agreement goes on from where it stopped. It takes no "
                "part in training and leaves the chains alone"
            )
        )
        self.button.clicked.connect(
            lambda: (self.stop_test if self._running else self.test_convergence).emit()
        )
        self.status = set_name(FigureLabel(), "muted")
        self.verdict = set_name(FixedLabel(EXPLANATION, VERDICTS), "muted")
        self.verdict.setAccessibleName(tr("Verdict"))
        self.entropy = set_name(QLabel("–"), "figure")
        self.entropy.setAccessibleName(tr("Entropy"))
        self.entropy.setToolTip(ENTROPY)
        self.cross_entropy = set_name(QLabel("–"), "figure")
        self.cross_entropy.setAccessibleName(tr("Cross-entropy"))
        self.cross_entropy.setToolTip(CROSS_ENTROPY)
        self.details = set_name(FixedLabel("", DETAILS), "muted")
        self.energies = EpochPlot(
            "plot-starts",
            tr("⟨H⟩ − training:"),
            tr(
                "<b>Mean energy of the chains from each start</b>, in nats from the training data's. Steps up to 0 "
                "set the temperatures.<br>Good: the three lines run into one and stay."
            ),
            theme,
            [(tr("noise"), "muted"), (tr("data"), "training"), (tr("hot"), "model")],
            zero_line=True,
            counts="step",
        )
        self.energies.setAccessibleName(tr("Mean energy of the chains from each start"))
        self.swaps = TemperaturePlot(
            "plot-swaps",
            tr("Swap rate of neighbours"),
            tr(
                "<b>How often neighbouring replicas exchange</b>, from the base measure (left) to the model "
                "(right).<br>Good: even, 0.3 or more. Below 0.01 the ends are disconnected."
            ),
            theme,
            "accent",
            highest=1.0,
        )
        self.capacity = TemperaturePlot(
            "plot-capacity",
            tr("Heat capacity β² Var H"),
            tr(
                "<b>Heat capacity</b> at every β of the ladder, in units of k, with its standard error.<br>A peak is "
                "a phase transition: there replicas are held up, and the ladder sets its temperatures closer."
            ),
            theme,
            "held_out",
        )
        self.plots = (self.energies, self.swaps, self.capacity)
        self.energies.label_axis("bottom", tr("step after the temperatures are set"))
        self.energies.label_axis("left", tr("nats"))
        self.energies.hovered.connect(self.energies.show_cursor)
        self.ladder = LadderView(theme)
        self.ladder.shown.connect(self._turn_to_ladder)
        self.ladder.set_placeholder(
            tr("The replicas appear here while a model trains, and when the convergence test runs (Ctrl+E)")
        )
        self.means = MeansTable()
        self._entropies = self._entropy_card()
        self.chains = ChainsPage(theme)
        self.chains.looked_at.connect(self._turn_to_chains)
        self.pages = Pages(
            [
                Page(
                    "plots",
                    tr("Plots"),
                    tr("Energies of the starts, swap rates and heat capacity"),
                    PlotGrid(self.plots),
                ),
                Page(
                    "means",
                    tr("Means"),
                    tr("Means and shares of classes over the chains, beside those of the training data"),
                    self.means,
                ),
                Page(
                    "replicas",
                    tr("Replicas"),
                    tr("The ladder itself, and the way of one replica"),
                    plot_card(self.ladder),
                ),
                Page(
                    "chains",
                    tr("Chains"),
                    tr(
                        "Trace, ranks, autocorrelation and corner plot of the chains on view, or of another program's"
                    ),
                    self.chains,
                ),
            ]
        )
        lay_out_panel(self, [self._entropies, self.pages], head=[self._test_card()])

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for widget in (*self.plots, self.ladder, self.chains):
            widget.set_theme(theme)
        self._show_verdict()

    def set_in_front(self, in_front: bool) -> None:
        """Notes that the panel's tab is the one in front, or not; Qt keeps the others visible, but out of sight."""
        self._in_front = in_front
        self.watch_ladder.emit(self._in_front and self._turned_to_ladder)
        self.record_chains.emit(self._in_front and self._turned_to_chains)

    def show_state(self, state: EngineState) -> None:
        """Draws a state of the engine."""
        if state.facts is not None and state.facts.number != self._number:
            self._number = state.facts.number
            self._name_entropies(state.facts)
        self._running = state.testing
        ready = state.facts is not None and state.activity is not Activity.TRAINING and not state.busy
        self.button.setEnabled(ready or self._running)
        text = tr("Stop") if self._running else START
        if self.button.text() != text:
            self.button.setText(text)
        if state.ladder is not self._ladder and state.facts is not None:
            self._ladder = state.ladder
            self.ladder.show_snapshot(state.ladder)
            self.pages.set_caption("replicas", _way(state.ladder))
        kept, is_new = _kept(state), self.status.text() != _state(state)
        if state.convergence is self._record and kept is self._kept and not is_new:
            return
        previous, self._record = self._record, state.convergence
        was_kept, self._kept = self._kept, kept
        self.status.setText(_state(state))
        record, was_judged = self._record, was_kept is not None or (previous and previous.diagnosis)
        if record is None or (was_judged and record.diagnosis is None):
            # Nothing that was found before holds of a test that begins.
            self._clear()
        if state.convergence is not None:
            self._show_record(state.convergence, previous)

    def _name_entropies(self, facts: Facts) -> None:
        """Says of coordinates that the entropies are differential ones, and of which unit."""
        is_discrete = facts.space.is_discrete
        differential = DIFFERENTIAL.format(unit=html.escape(unit_in_words(facts.columns)))
        for label, text in zip((self.entropy, self.cross_entropy), (ENTROPY, CROSS_ENTROPY), strict=True):
            label.setToolTip(text if is_discrete else text + differential)
        self.entropy_name.setText(
            tr("Entropy S (nats)") if is_discrete else tr("Differential entropy S (nats)")
        )

    def _clear(self) -> None:
        self._show_verdict()
        kept = self._kept
        self.means.show_means(
            () if kept is None else [row.match(kept.mixed) for row in kept.table[:MOST_ROWS]]
        )
        self.details.setText("" if kept is None else html.escape(_details(kept)))
        for label, found in (
            (self.entropy, None if kept is None else kept.entropy),
            (self.cross_entropy, None if kept is None else kept.cross_entropy),
        ):
            label.setText("–" if found is None else f"{found.estimate:.2f}")
            restyle(label, "kind", "" if kept is None or kept.mixed else "unsure")
        self._note_plots("" if kept is None else NOT_KEPT)
        self.energies.show_data(np.zeros(0), np.zeros((0, len(self.energies.lines))))
        for plot in (self.swaps, self.capacity):
            plot.show_points(np.zeros(0), np.zeros(0))

    def _note_plots(self, text: str) -> None:
        """Says in the plots of the test why they are empty."""
        for plot in self.plots:
            plot.show_note(text)

    def _show_record(self, record: ConvergenceRecord, previous: ConvergenceRecord | None) -> None:
        self._note_plots("")
        steps = len(record.trace)
        if steps % REDRAW_STEPS == 0 or not self._running:
            # Counted as the status counts: steps that set the temperatures are not recorded, and end at 0.
            self.energies.show_data(np.arange(1, steps + 1) - (steps - record.steps), record.trace)
            recent = record.trace[steps // 4 :]
            # Starts come in from far above. What lies below the others for a while stays in sight.
            self.energies.setYRange(record.trace.min(), recent.max(), padding=0.1)
            if record.swap_rates.any():
                between = (record.betas[1:] + record.betas[:-1]) / 2
                self.swaps.show_points(between, record.swap_rates)
        diagnosis, thermometry = record.diagnosis, record.thermometry
        if diagnosis is None:
            return
        assert thermometry is not None
        assert record.cross_entropy is not None
        assert record.match is not None
        entropy, held_out, log_z, why = _figures(thermometry, record.cross_entropy)
        # Replicas go on travelling between two verdicts.
        self.details.setText(
            tr(
                "log Z {log_z} nats · {trips:,} round trips of "
                "{replicas} replicas · R-hat {r_hat}{why}{exactly}",
                log_z=log_z,
                trips=record.round_trips,
                replicas=len(record.betas),
                r_hat=shown(diagnosis.r_hat, ".3f"),
                why=why,
                exactly=_exactly(record.exact),
            )
        )
        if previous is not None and previous.diagnosis is diagnosis:
            return
        self._show_verdict()
        self.means.show_means((*record.match.means, *record.match.shares))
        for label, text in ((self.entropy, entropy), (self.cross_entropy, held_out)):
            label.setText(text)
            # Chains that have not mixed do not tell it yet.
            restyle(label, "kind", "" if record.agree else "unsure")
        capacity, errors = thermometry.heat_capacity.numpy(), thermometry.heat_capacity_error.numpy()
        self.capacity.show_points(record.betas, capacity, errors)

    def _show_verdict(self) -> None:
        record, kept = self._record, self._kept
        if record is not None and record.diagnosis is not None and record.match is not None:
            mixed, matched = record.agree, record.matched
            mixing, matching = record.diagnosis.sentence, record.match.sentence
        elif kept is not None:
            mixed, matched, mixing, matching = kept.mixed, kept.matched, kept.mixing, kept.matching
        else:
            self.verdict.setText(EXPLANATION)
            return
        good, unsure, bad = self._theme.model, self._theme.warning, self._theme.danger
        of_chains = ("✓", good) if mixed else ("⚠", unsure)
        of_model = {True: ("✓", good), False: ("✗", bad), None: ("⚠", unsure)}[matched]
        self.verdict.setText(f"{_signed(mixing, *of_chains)}<br>{_signed(matching, *of_model)}")

    def _turn_to_ladder(self, shown: bool) -> None:
        self._turned_to_ladder = shown
        self.watch_ladder.emit(self._in_front and self._turned_to_ladder)

    def _turn_to_chains(self, shown: bool) -> None:
        self._turned_to_chains = shown
        # The plots of chains need the room, and the entropy says nothing of them.
        self._entropies.setVisible(not shown)
        self.record_chains.emit(self._in_front and shown)

    def _test_card(self) -> QFrame:
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addWidget(self.status, 1)
        card = set_name(QFrame(), "card")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addLayout(row)
        layout.addWidget(self.verdict)
        return card

    def _entropy_card(self) -> QFrame:
        card = set_name(QFrame(), "card")
        layout = QVBoxLayout(card)
        layout.setContentsMargins(12, 8, 12, 8)
        row = QHBoxLayout()
        self.entropy_name = set_name(QLabel(tr("Entropy S (nats)")), "muted")
        for title, label in (
            (self.entropy_name, self.entropy),
            (set_name(QLabel(tr("Cross-entropy (nats)")), "muted"), self.cross_entropy),
        ):
            column = QVBoxLayout()
            column.addWidget(title)
            column.addWidget(label)
            row.addLayout(column, 1)
        layout.addLayout(row)
        layout.addWidget(self.details)
        return card


def _signed(sentence: str, sign: str, colour: str) -> str:
    """A verdict and its reason."""
    verdict, _, reason = sentence.partition(":")
    judged = f'<b style="color:{colour}">{sign} </b><b style="color:{colour}">{html.escape(capitalised(verdict))}</b>'
    return f"{judged}:{html.escape(reason)}"


def _details(kept: Verdict) -> str:
    """Words below the figures of a verdict that the run has kept, and on what of it there is no more."""
    parts = [f"{capitalised(kept.subject)} · {kept.test}"]
    if kept.log_partition is not None:
        parts.append(tr("log Z {log_z} nats", log_z=f"{kept.log_partition.estimate:.2f}"))
    if not kept.table and kept.log_partition is None:
        parts.append(tr("its means and entropy are not in the file: Test convergence finds them anew"))
    elif len(kept.table) < kept.quantities:
        shown_rows, rows = len(kept.table), kept.quantities
        parts.append(tr("the {shown} means furthest off, of {all}", shown=shown_rows, all=rows))
    return " · ".join(parts)


def _kept(state: EngineState) -> Verdict | None:
    """The verdict that the run has kept of a test that is not on view itself."""
    return None if state.testing or state.convergence is not None else state.verdict


def _state(state: EngineState) -> str:
    record, kept = state.convergence, _kept(state)
    if kept is not None:
        return tr("Tested {moment}", moment=kept.when)
    if record is None:
        return tr("Pause training to run it") if state.activity is Activity.TRAINING else ""
    if state.testing and record.steps == 0:
        return tr("Setting the temperatures … {share:.0%}", share=record.tuned)
    if state.testing:
        return tr("Step {step:,} of at most {most:,}", step=record.steps, most=record.budget)
    if record.agree:
        return tr("Agreed after {steps:,} steps", steps=record.steps)
    if record.steps >= record.budget:
        return tr("No agreement in {steps:,} steps: go on?", steps=record.steps)
    return tr("Stopped after {steps:,} steps: go on?", steps=record.steps)


def _way(ladder: LadderSnapshot | None) -> str:
    """Round trips of the followed replica."""
    if ladder is None:
        return ""
    trips = counted(ladder.trips, "round trip")
    return tr("Followed: {trips} in {steps:,} steps", trips=trips, steps=len(ladder.path))


def _figures(thermometry: Thermometry, cross_entropy: Estimate) -> tuple[str, str, str, str]:
    """Entropy, the judging set's cross-entropy and log Z, and why these are bounds, where they are."""
    estimates = (thermometry.entropy, cross_entropy, thermometry.log_partition)
    entropy, nats, log_z = (f"{estimate:.2f}" for estimate in estimates)
    why = ""
    if thermometry.log_partition.is_bracket:
        why = tr(" · chains from the base measure and from data have not met: these are bounds")
        if not thermometry.is_connected:
            why = tr(" · the ladder's ends are disconnected: these are bounds")
        elif math.isinf(thermometry.log_partition.high):
            why = tr(" · the estimate breaks a bound that holds for every distribution")
    return entropy, nats, log_z, why


def _exactly(exact: ExactRecord | None) -> str:
    """Exact figures to compare with, where the space, or hidden units, are few enough to be summed over."""
    if exact is None:
        return ""
    entropy = f"{Estimate(exact.entropy, exact.entropy_error):.3f}"
    log_z, held_out = shown(exact.log_partition, ".3f"), shown(exact.cross_entropy, ".3f")
    return tr(
        "<br>By {method}: S {entropy}, log Z {log_z}, cross-entropy {held_out} nats",
        method=exact.method,
        entropy=entropy,
        log_z=log_z,
        held_out=held_out,
    )
