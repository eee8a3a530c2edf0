"""The training panel: whether the constraints hold, whether the entropy still falls, whether it overfits."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import fields
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import counted, in_signs
from landscape_app.data.columns import unit_in_words
from landscape_app.gui.state import Activity, EngineState, Facts
from landscape_app.gui.theme import Theme
from landscape_app.gui.training.entropy_plot import EntropyPlot, in_short
from landscape_app.gui.training.hidden_units import HiddenPlot, HiddenTable
from landscape_app.gui.training.links_plot import MOST_SITES, LinksPlot
from landscape_app.gui.training.scrubber import EpochScrubber
from landscape_app.gui.widgets.containers import PlotGrid, restyle, set_name
from landscape_app.gui.widgets.fixed import ShorteningLabel, lay_out_panel
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import EpochPlot, Plot
from landscape_app.gui.widgets.value_plots import BarPlot, HistogramPlot, TablePlot
from landscape_app.language import tr, within_sentence
from landscape_app.learning import FITS
from landscape_app.learning.gradient import GradientTrainer
from landscape_app.learning.minmaxent import MinMaxEntRecord
from landscape_app.models import MODELS
from landscape_app.models.model import Portrait
from landscape_app.models.pairs import PairModel
from landscape_app.models.potts import PottsModel
from landscape_app.physics.estimate import TOLERANCE, shown
from landscape_app.problems import Configuration
from landscape_app.runs import History
from landscape_app.session.measurement import (
    RISEN_ERRORS,
    RISEN_MEASUREMENTS,
    Measurement,
    Rise,
    measurements_by_epoch,
    validation_rise,
)
from landscape_app.session.verdict import describe_last_test

MOST_PAIRS = 5
"""Pairs of coupled positions that are named."""

TOOLTIPS = {
    "entropy": (
        tr(
            "<b>Entropy</b> S of the model, and <b>cross-entropy</b> −⟨log P⟩ of the training and the validation "
            "set, in nats an item, with bands of one standard error of log Z; a ring marks the state that is kept, "
            "else the best. Where replicas from the base measure and from data do not agree, the band is all that "
            "log Z may be; a cross is a bound from one side. On small spaces all are sums, without error; with up "
            "to 20 hidden units log Z is.<br>S bounds the entropy of the data from above, and training lowers the "
            "bound. S and training coincide where the constraints hold. The validation set chooses the epoch: "
            "where its curve turns up, the model memorises. The test set chooses nothing and judges the state that "
            "is kept; its figure has the error of log Z and that of its finite number of items.<br>All are of the "
            "averaged parameters at the epoch where they are drawn, which the model takes when training pauses; "
            "they come from sums or replicas that take no part in training, in less than a tenth of its time. The "
            "plot's menu zooms in on the latter half."
        )
    ),
    "differential": (
        tr(
            "<br><b>Of numbers S is a differential entropy</b>, and log P that of a density, {unit}. S falls below "
            "zero where the model is narrower than a unit. In other units all curves move by one and the same "
            "constant, log of the scale for every column."
        )
    ),
    "gradient": (
        tr(
            "<b>Entropy gradient</b> ‖∂S/∂θ‖, nats per unit of θ.<br>How strongly the observables can still lower "
            "the entropy: Σ λᵢ (mean of ∂fᵢ/∂θ over the data − over the chains).<br>It falls as the observables find "
            "what there is to find. It is the gradient of the entropy only while the constraints hold."
        )
    ),
    "chi": (
        tr(
            "<b>Constraint violation</b> χ² = Σ zᵢ².<br>Zero where every observable has the same mean over the "
            "chains as over the data. Good: below 1 with sixteen observables."
        )
    ),
    "residuals": (
        tr(
            "<b>Constraint residuals</b> zᵢ = (⟨fᵢ⟩ chains − ⟨fᵢ⟩ data) / σᵢ, one bar per observable, in standard "
            "deviations of the data.<br>Good: within ±0.1, the shaded band.<br>Of a model that is kept the chains "
            "are fresh ones, which took no part in training; before, those that train."
        )
    ),
    "relaxed": (
        tr(
            "<br><b>An average of {members} energies that are trained apart.</b> While they learn, the bars are "
            "those of each on its own chains; their mean need not hold what each holds. In the end the last layers "
            "are solved together for all, but where validation items were likelier before, they stay. Constraints "
            "hold only to a tolerance then, |zᵢ| up to the largest bar, which is the shaded band: maximum entropy "
            "with relaxed constraints (Dudík, Phillips, Schapire 2007)."
        )
    ),
    "multipliers": (
        tr(
            "<b>Lagrange multipliers</b> λᵢ: how hard each observable's constraint pulls, in nats per unit of fᵢ.<br>"
            "They start at 0, where the model is the base measure."
        )
    ),
    "objective": tr("<b>Objective</b> of the way of fitting: what its updates make small."),
    "objective-gradient": (
        tr(
            "<b>Gradient of the objective</b>, its Euclidean norm over all parameters.<br>It falls as they come "
            "to rest, to the noise of the items and samples that it is taken from."
        )
    ),
    "gap": (
        tr(
            "<b>Energies</b> ⟨H⟩ of the validation set and of the chains, less that of the training data, in "
            "nats.<br>Validation near 0: data never seen fit as well as those learned from. A validation curve "
            "that climbs is overfitting. Chains near 0: the model's samples look to it as the data do."
        )
    ),
    "histogram": (
        tr(
            "<b>Energy distributions</b> of training data, held-out data and samples of the model, in nats from "
            "the training mean.<br>Good: the three lie over one another."
        )
    ),
}


LEAST_GAP = 0.1
"""Nats that the plot of differences between energies shows at least: before the model has learned, all are zero."""

LEAST_IN_FULL = 1e-3
"""Smaller figures are shown with a power of ten."""


class MetricPlot(NamedTuple):
    """A plot of numbers that every epoch measures.

    Attributes:
        name: of the plot.
        title: what is drawn, with its unit.
        tooltip: what it means, in words.
        curves: metric of the history, name and colour of each curve.
        less: metric that is subtracted from all; empty for none.
        unit: of the vertical axis; empty where the title has it.
        logarithmic: whether the vertical axis is.
        least_range: of the vertical axis; None for none.
    """

    name: str
    title: str
    tooltip: str
    curves: tuple[tuple[str, str, str], ...]
    less: str = ""
    unit: str = ""
    logarithmic: bool = False
    least_range: float | None = None

    def make(self, theme: Theme) -> EpochPlot:
        """The empty plot."""
        plot = EpochPlot(
            f"plot-{self.name}",
            self.title,
            self.tooltip,
            theme,
            [(name, colour) for _, name, colour in self.curves],
            logarithmic=self.logarithmic,
            zero_line=bool(self.less),
            least_range=self.least_range,
        )
        if self.unit:
            plot.label_axis("left", self.unit)
        return plot

    def is_measured(self, history: History) -> bool:
        """True if a history has its metrics."""
        return all(metric in history.names for metric, _, _ in self.curves)

    def values(self, history: History, epochs: int) -> np.ndarray:
        """Heights of the curves over the first epochs of a history that grows, shape (epochs, curves)."""
        rows = np.stack([history[metric][:epochs] for metric, _, _ in self.curves], axis=1)
        return rows - history[self.less][:epochs, None] if self.less else rows


PLOTS = (
    MetricPlot(
        "gradient",
        tr("Entropy gradient ‖∂S/∂θ‖"),
        TOOLTIPS["gradient"],
        (("entropy_gradient", tr("gradient"), "accent"),),
        unit=tr("nats per unit of θ"),
        logarithmic=True,
    ),
    MetricPlot(
        "chi",
        tr("Constraint violation χ²"),
        TOOLTIPS["chi"],
        (("chi_squared", "χ²", "accent"),),
        logarithmic=True,
    ),
    MetricPlot(
        "objective-gradient",
        tr("Gradient of the objective"),
        TOOLTIPS["objective-gradient"],
        (("gradient", tr("gradient"), "accent"),),
        logarithmic=True,
    ),
    MetricPlot(
        "objective",
        tr("Objective"),
        TOOLTIPS["objective"],
        (("objective", tr("objective"), "accent"),),
    ),
    MetricPlot(
        "gap",
        tr("⟨H⟩ − training:"),
        TOOLTIPS["gap"],
        (("energy_held_out", tr("validation"), "held_out"), ("energy_model", tr("chains"), "model")),
        less="energy_training",
        unit=tr("nats"),
        least_range=LEAST_GAP,
    ),
)
"""Plots of metrics against the epoch: one more is a row more."""


NATS = tr("Validation nats")
"""Name of the cross-entropy before it is measured."""

WATCHED = {
    "entropy_gradient": ("gradient", ".3g"),
    "chi_squared": ("chi", ".2g"),
    "gradient": ("gradient", ".3g"),
    "objective": ("chi", ".3g"),
}
"""Metrics among the figures: where each stands, and its digits."""


class Place(QWidget):
    """A place of the panel for one of two plots, or for words where neither has anything to show."""

    def __init__(self, first: QWidget, second: QWidget) -> None:
        super().__init__()
        self._pages = QStackedLayout(self)
        nothing = set_name(QLabel(tr("Nothing to draw of this way of fitting")), "muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing.setWordWrap(True)
        self._page: tuple[QWidget, ...] = (first, second, nothing)
        for page in self._page:
            self._pages.addWidget(page)

    @property
    def shown(self) -> QWidget:
        """The page on view."""
        return self._page[self._pages.currentIndex()]

    def show_one(self, first: bool, second: bool) -> None:
        """Shows the one that is to be shown."""
        self._pages.setCurrentIndex(0 if first else 1 if second else 2)


class NamedNumber(QWidget):
    """A number with its name above it."""

    def __init__(self, name: str, title: str, tooltip: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._explanation, self._state = tooltip, ""
        # A long name is said in fewer words rather than making the panel wider than there is room.
        self.caption = set_name(ShorteningLabel(title), "muted")
        self.value = set_name(QLabel("–"), "figure")
        self.value.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.caption)
        layout.addWidget(self.value)
        self._set_tips()

    def show_text(
        self,
        text: str,
        title: str | None = None,
        shorter: Sequence[str] = (),
        state: str = "",
        is_older: bool = False,
    ) -> None:
        """Shows a number, and another name above it where one is given.

        Args:
            text: the number.
            title: its name; None for that of before.
            shorter: the same in fewer and fewer words.
            state: sentence on the model that it is of; empty for none.
            is_older: whether that is not the model on view, but one before it.
        """
        if self.value.text() != text:
            self.value.setText(text)
        restyle(self.value, "kind", "unsure" if is_older else "")
        if title is not None:
            self.caption.show_text(title, *shorter)
            if self.value.accessibleName() != title:
                self.value.setAccessibleName(title)
        name = self.caption.text()
        told = f"<b>{html.escape(name)}: {html.escape(text)}</b><br>{html.escape(state)}" if state else ""
        if told != self._state:
            self._state = told
            self._set_tips()

    def explain(self, tooltip: str) -> None:
        """Takes another explanation of what the number is."""
        self._explanation = tooltip
        self._set_tips()

    def _set_tips(self) -> None:
        tip = f"{self._state}<br>{self._explanation}" if self._state else self._explanation
        # The caption tells all of what it has no room for before its own.
        for widget in (self, self.caption, self.value):
            widget.setToolTip(tip)


OVERFITTING = tr(
    "<b>Overfitting</b> is said to have begun where the cross-entropy of the validation set was lowest, once the "
    "last {count} measurements all lie above it by more than {errors:.0f} standard errors of the "
    "difference: of log Z, and of the items, which are the same in both.<br>The validation set has chosen that "
    "epoch, and so does not judge it: the test set does, of the state that is kept.",
    count=RISEN_MEASUREMENTS,
    errors=RISEN_ERRORS,
)


ADEQUATE = tr(
    "<b>Constraints</b> count as met where χ² = Σ zᵢ² on fresh chains is no larger than their noise makes it in 99 "
    "of 100 cases, or than {each} for each observable (zᵢ of {tolerance:g} standard deviations of the data), and no "
    "single mean is off by more beyond doubt.",
    each=f"{TOLERANCE**2:.2g}",
    tolerance=TOLERANCE,
)

UNTESTED = tr(
    "The figures above say how well constraints hold on the chains that trained. Whether chains that begin elsewhere "
    "come to the same model is what <b>Equilibrium ▸ Test convergence</b> tells."
)


class OverfittingLine(QWidget):
    """Says in one line since when training overfits, if it does, beside a button back to the best state.

    Signals:
        back_to: epoch of the best state, which the model shall rest on.
    """

    back_to = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.rise: Rise | None = None
        self.text = set_name(ShortenedLabel(), "muted")
        self.text.setAccessibleName(tr("Overfitting"))
        self.button = set_name(QToolButton(), "back-to-best", text=tr("Back to the best"))
        self.button.setProperty("quiet", True)
        self.button.clicked.connect(lambda: None if self.rise is None else self.back_to.emit(self.rise.epoch))
        policy = self.button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.button.setSizePolicy(policy)
        self.button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.show_rise(None, 0, kept=None, offered=False)

    def show_rise(
        self,
        rise: Rise | None,
        measured: int,
        kept: int | None,
        offered: bool,
        cautions: Sequence[str] = (),
        in_short: str = "",
    ) -> None:
        """Says what a rise of the validation cross-entropy means.

        Args:
            rise: since the best state; None for none.
            measured: how often the validation set was measured.
            kept: epoch of the state that is kept since training has ended; None while there is more.
            offered: whether the model can rest on the best state.
            cautions: what the figures of the model that is kept do not stand for.
            in_short: the same in a few words, which are said first.
        """
        self.rise = rise
        certain = rise is not None and rise.is_certain
        self.button.setVisible(offered and rise is not None and certain and rise.epoch != kept)
        said = "" if rise is None else f"{rise.nats:.2f}"
        if not measured:
            text = tr("Validation set not measured yet")
        elif rise is None and measured <= RISEN_MEASUREMENTS:
            text = tr(
                "{measurements} of the validation set: too few to see overfitting",
                measurements=counted(measured, "measurement"),
            )
        elif rise is None:
            text = tr("No overfitting seen on the validation set")
        elif not certain:
            text = tr(
                "Validation {rise} nats above its lowest, at epoch {epoch:,}: no overfitting beyond doubt",
                rise=said,
                epoch=rise.epoch,
            )
        else:
            rest = tr("; its state is kept") if rise.epoch == kept else ""
            text = tr(
                "Overfitting since epoch {epoch:,}: validation nats have risen by {rise} since{rest}",
                epoch=rise.epoch,
                rise=said,
                rest=rest,
            )
            self.button.setAccessibleName(tr("Back to the state of epoch {epoch:,}", epoch=rise.epoch))
            self.button.setToolTip(
                tr(
                    "Pause, and let the model rest on the state of epoch {epoch:,}, measured anew: the best by the "
                    "validation set.<br>Continue still goes on from the last epoch.",
                    epoch=rise.epoch,
                )
            )
        # Overfitting that is certain is said as well; that there is none is said in the tooltip.
        warned = tr("⚠ {caution}", caution=f"{in_short}; {text}" if certain else in_short)
        line = warned if cautions else text
        if self.text.text() != line:
            self.text.setText(line)
        told = [html.escape(sentence) for sentence in (*cautions, text)]
        self.text.setToolTip("<br>".join([*told, *([ADEQUATE] if cautions else []), OVERFITTING]))
        self.text.setObjectName("warning" if certain or cautions else "muted")
        self.text.style().polish(self.text)


class TrainingPanel(QWidget):
    """Plots and a row of figures; each poll redraws at most one plot, so that no frame is long.

    Signals:
        couplings_wanted: the four ways to couplings shall be compared on the data on view.
        observables_wanted: the observables shall be looked into, one by one.
        back_to: epoch of the best state, which the model shall rest on.
    """

    couplings_wanted = Signal()
    observables_wanted = Signal()
    back_to = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("training-panel")
        self._state: EngineState | None = None
        self._turn = 0
        self._shown: dict[str, tuple[int, object]] = {}
        self.entropy = EntropyPlot("plot-entropy", TOOLTIPS["entropy"], theme)
        self.metrics = {row.name: row.make(theme) for row in PLOTS}
        self.residuals = BarPlot(
            "plot-residuals", tr("Constraint residuals zᵢ"), TOOLTIPS["residuals"], theme, limit=0.1
        )
        self.multipliers = EpochPlot(
            "plot-multipliers", tr("Multipliers λᵢ"), TOOLTIPS["multipliers"], theme, [], zero_line=True
        )
        self.histogram = HistogramPlot(
            "plot-histogram",
            tr("Energy:"),
            TOOLTIPS["histogram"],
            theme,
            [(tr("training"), "training"), (tr("held-out"), "held_out"), (tr("model"), "model")],
        )
        self.portrait = TablePlot("plot-portrait", tr("Parameters"), "", theme)
        self.hidden = HiddenPlot(theme)
        self.hidden_table = HiddenTable()
        self.hidden_table.hide()
        self._pointed: int | None = None
        self.links = LinksPlot(theme)
        self.plots: list[Plot] = [
            self.entropy,
            *self.metrics.values(),
            self.residuals,
            self.multipliers,
            self.portrait,
            self.links,
            self.hidden,
            self.histogram,
        ]
        self.observables = PlotPair((self.residuals, self.multipliers), ("zᵢ", "λᵢ"))
        self.objective = PlotPair((self.hidden, self.metrics["objective"]), ("⟨E⟩, S, F", tr("objective")))
        self.parameters = PlotPair((self.portrait, self.links), (tr("matrix"), tr("links")))
        self.parameters.offer_second(False)
        self.couplings_button = set_name(QToolButton(), "compare-couplings", text=tr("Four ways…"))
        self.couplings_button.setAccessibleName(tr("Compare four ways to the couplings"))
        self.couplings_button.setToolTip(
            tr(
                "Find couplings and fields of the data on view in four ways, side by side: exactly, by chains, by "
                "pseudo-likelihood and by mean field, against the truth where it is known"
            )
        )
        self.couplings_button.clicked.connect(self.couplings_wanted)
        self.parameters.add_button(self.couplings_button)
        self.look_buttons = [self._look_button(pair) for pair in (self.observables, self.parameters)]
        self.places = (
            Place(self.metrics["gradient"], self.metrics["objective-gradient"]),
            Place(self.metrics["chi"], self.objective),
            Place(self.observables, self.parameters),
        )
        self._fit = ("", "", False)
        self._measured = {field.name for field in fields(MinMaxEntRecord)}
        self.scrubber = EpochScrubber(theme)
        self.figures = _figures()
        self.overfitting = OverfittingLine()
        self.overfitting.back_to.connect(self.back_to)
        self.equilibrium = set_name(ShortenedLabel(), "muted")
        self.equilibrium.setAccessibleName(tr("Equilibrium"))
        self.equilibrium.ensurePolished()
        # As high without words.
        self.equilibrium.setFixedHeight(self.equilibrium.fontMetrics().height() + 2)
        self._judged: tuple[object, ...] = ()
        self._arrange()
        for plot in self._epoch_plots:
            plot.hovered.connect(self._show_cursor)

    @property
    def _epoch_plots(self) -> list[EpochPlot]:
        return [self.entropy, *self.metrics.values(), self.multipliers, self.hidden]

    def _look_button(self, pair: PlotPair) -> QToolButton:
        """The button below a pair of plots that looks into the observables one by one."""
        button = set_name(QToolButton(), f"look-into-{pair.shown.objectName()}", text=tr("Look into…"))
        button.setAccessibleName(tr("Look into the observables one by one"))
        button.setToolTip(
            tr(
                "What each observable, or hidden unit, responds to: data and chains of most and of least of it, its "
                "slope, λ over time, and the residual of its constraint"
            )
        )
        button.clicked.connect(lambda: self.observables_wanted.emit())
        pair.add_button(button)
        return button

    def _arrange(self) -> None:
        card = set_name(QFrame(), "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(12, 6, 12, 2)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(10)
        for name, figure in self.figures.items():
            # With its error, and the longest name.
            row.addWidget(figure, 2 if name == "nats" else 1)
        column.addLayout(row)
        column.addWidget(self.overfitting)
        column.addWidget(self.equilibrium)
        self.grid = PlotGrid([self.entropy, *self.places, self.metrics["gap"], self.histogram])
        lay_out_panel(self, [self.hidden_table, self.grid], head=[card], foot=[self.scrubber])
        for plot in self._epoch_plots:
            plot.label_axis("bottom", tr("epoch"))
        self.entropy.label_axis("left", tr("nats"))
        self.residuals.label_axis("left", tr("σ of the data"))
        self.multipliers.label_axis("left", tr("nats per unit of fᵢ"))
        self.residuals.label_axis("bottom", tr("observable i"))
        self.histogram.label_axis("bottom", tr("H − ⟨H⟩ training (nats)"))

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        for plot in self.plots:
            plot.set_theme(theme)
        self.scrubber.set_theme(theme)

    def show_state(self, state: EngineState) -> None:
        """Takes a state; `redraw` draws it."""
        before = None if self._state is None or self._state.facts is None else self._state.facts.number
        if before is not None and state.facts is not None and state.facts.number != before:
            self._blank()
        if self._state is None or state.history is not self._state.history:
            self._shown, self._judged = {}, ()
        is_other = state.facts is not None and (self._state is None or self._state.facts is not state.facts)
        if state.facts is not None and is_other:
            self._explain_entropy(state.facts)
            for button in self.look_buttons:
                button.setVisible(state.facts.observables > 0)
            self._show_fit(state.facts.configuration, state.facts.memories is not None)
            for pair in (self.observables, self.parameters):
                pair.place_buttons()
        self._state = state
        if is_other:
            # Figures of the run before would stand under the name of this one until the plots have had their turns.
            self._show_figures(state)
        self.hidden_table.show_state(state)
        self.scrubber.show_state(state)
        for plot in self._epoch_plots:
            plot.mark(None if state.latest is None else state.epoch)

    def _blank(self) -> None:
        """Takes away what was drawn of the run before: under the name of another it would be taken for that one's."""
        self.entropy.show_measurements(np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3)))
        for plot in self._epoch_plots:
            if plot is not self.entropy:
                plot.show_data(np.zeros(0), np.zeros((0, len(plot.lines))))
        self.residuals.show_values(np.zeros(0))
        self.histogram.show_nothing()

    def point_at(self, chain: int) -> None:
        """Shows the hidden units of the chain under the pointer; −1 for none, then of the one that is followed."""
        self._pointed = None if chain < 0 else chain
        self._shown.pop(self.portrait.objectName(), None)

    def _show_fit(self, plan: Configuration, remembers: bool) -> None:
        """Puts the plots in place that a model and its way of fitting have numbers for."""
        relaxed = TOOLTIPS["relaxed"].format(members=plan.members) if plan.members > 1 else ""
        self.residuals.setToolTip(TOOLTIPS["residuals"] + relaxed)
        if (plan.model, plan.way_of_fitting, remembers) == self._fit:
            return
        self._fit = plan.model, plan.way_of_fitting, remembers
        kind = FITS[plan.way_of_fitting]
        measured = self._measured = {field.name for field in fields(kind.record)}
        gradient, second, third = self.places
        gradient.show_one("entropy_gradient" in measured, "gradient" in measured)
        second.show_one("chi_squared" in measured, "objective" in measured)
        third.show_one(
            "residuals" in measured, plan.model != "observables" and not MODELS[plan.model].is_given
        )
        self.objective.offer(MODELS[plan.model].default_units > 0)
        self.couplings_button.setVisible(plan.model == "pairs" and not plan.hidden_units and not remembers)
        if issubclass(kind, GradientTrainer):
            self.metrics["objective"].setToolTip(
                tr(
                    "<b>Objective</b> of {way}: {meaning}.<br>With it one gets {result}.",
                    way=within_sentence(kind.title),
                    meaning=kind.objective_meaning,
                    result=kind.approximates,
                )
            )

    def _explain_entropy(self, facts: Facts) -> None:
        """Says of coordinates that the entropy is a differential one, and of which unit."""
        is_discrete = facts.space.is_discrete
        unit = html.escape(unit_in_words(facts.columns))
        tooltip = TOOLTIPS["entropy"] + ("" if is_discrete else TOOLTIPS["differential"].format(unit=unit))
        self.entropy.setToolTip(tooltip)
        self.figures["nats"].explain(tooltip)
        self.entropy.label_axis("left", tr("nats") if is_discrete else tr("nats, differential"))

    def redraw(self, everything: bool = False) -> None:
        """Redraws the next plot that has something new; all of them if asked."""
        if self._state is None:
            return
        for _ in self.plots:
            plot = self.plots[self._turn]
            self._turn = (self._turn + 1) % len(self.plots)
            if self._turn == 0:
                self._show_figures(self._state)
            measured = len(self._state.measurements)
            rows = measured if plot is self.entropy else len(self._state.history)
            if plot is self.residuals:
                rows = len(self._state.history_of_view)
            extra = {
                self.histogram: self._state.energies,
                self.entropy: self._state.kept,
                self.portrait: self._state.portrait if self._chain is None else self._state.snapshot,
                self.links: self._state.portrait,
                self.residuals: self._state.adequacy,
            }
            drawn: tuple[int, object] = (rows, extra.get(plot))
            shown = self._shown.get(plot.objectName())
            if plot is self.entropy and shown is not None and self._state.latest is not None:
                # What is kept stays drawn while another epoch is on view, which has no measurement of its own.
                drawn = (rows, shown[1])
            if shown is not None and shown[0] == drawn[0] and shown[1] is drawn[1]:
                continue
            self._shown[plot.objectName()] = drawn
            self._draw(plot, self._state)
            if not everything:
                return

    def _draw(self, plot: Plot, state: EngineState) -> None:
        history = state.history
        if plot is self.entropy:
            self._draw_entropy(state.measurements, state.kept)
            return
        if plot is self.histogram:
            if state.energies is not None:
                sets = [state.energies.training, state.energies.held_out, state.energies.model]
                self.histogram.show_sets(sets)
            return
        if plot is self.links:
            lattice = _lattice(state)
            self.parameters.offer_second(lattice is not None)
            if lattice is not None and state.portrait is not None:
                self.links.show_couplings(state.portrait.values, lattice)
            return
        if plot is self.portrait:
            if state.portrait is not None:
                self._draw_portrait(state.portrait)
            return
        if not len(history):
            for epoch_plot in self._epoch_plots:
                # The entropy has measurements of its own.
                if epoch_plot is not self.entropy:
                    epoch_plot.show_data(np.zeros(0), np.zeros((0, len(epoch_plot.lines))))
            self.residuals.show_values(np.zeros(16))
            return
        epochs = history["epoch"]
        n = len(epochs)
        if plot in (self.residuals, self.multipliers) and "residuals" not in history.names:
            return
        if plot is self.residuals:
            of_view = state.history_of_view
            values = of_view["residuals"][-1] if len(of_view) else np.zeros(history["residuals"].shape[1])
            if state.adequacy is not None and len(state.adequacy.residuals):
                # Of the model that is kept; those of training are of the parameters before it was settled.
                values = state.adequacy.residuals
            averaged = state.facts is not None and state.facts.configuration.members > 1
            self.residuals.show_values(values, float(np.abs(values).max()) if averaged else None)
        elif plot is self.hidden:
            self.hidden.show_history(history, n)
        elif plot is self.multipliers:
            values = history["multipliers"][:n]
            self.multipliers.set_curves([(f"λ{i + 1}", str(i)) for i in range(values.shape[1])])
            self.multipliers.show_data(epochs, values)
        else:
            row = next(row for row in PLOTS if plot is self.metrics[row.name])
            if not row.is_measured(history):
                return
            self.metrics[row.name].show_data(epochs, row.values(history, n))

    @property
    def _chain(self) -> int | None:
        """Chain whose hidden units are shown: the one under the pointer, else the one that is followed."""
        snapshot = None if self._state is None else self._state.snapshot
        if snapshot is None or snapshot.activations is None:
            return None
        followed = None if snapshot.followed is None else snapshot.followed.chain
        chain = followed if self._pointed is None else self._pointed
        return chain if chain is not None and chain < len(snapshot.activations) else None

    def _draw_portrait(self, portrait: Portrait) -> None:
        chain, snapshot = self._chain, None if self._state is None else self._state.snapshot
        if chain is None or snapshot is None or snapshot.activations is None:
            self.portrait.show_values(*self._with_names(portrait))
            return
        bars = tr("Wᵢⱼ · bars p(hⱼ=1|v), chain {chain}", chain=chain + 1)
        self.portrait.show_values(*portrait, shares=snapshot.activations[chain], bars=bars)

    def _with_names(self, portrait: Portrait) -> Portrait:
        """The portrait; of coupled categories, its meaning with the names of the strongest pairs."""
        facts = None if self._state is None else self._state.facts
        if facts is None or not issubclass(facts.model, PottsModel):
            return portrait
        names = facts.column_names or tuple(str(i + 1) for i in range(len(portrait.values)))
        return portrait._replace(meaning=f"{portrait.meaning}<br>{strongest_pairs(portrait.values, names)}")

    def _draw_entropy(self, measured: History, kept: Measurement | None) -> None:
        found = measurements_by_epoch(measured, kept)
        values = [(row.entropy, row.training_nats, row.validation_nats) for row in found]
        errors = [(row.entropy_error, *[row.log_partition_error] * 2) for row in found]
        self.entropy.show_measurements(
            np.array([row.epoch for row in found], float),
            np.array(values, float).reshape(-1, 3),
            np.array(errors, float).reshape(-1, 3),
            None if kept is None else (kept.epoch, kept.validation_nats),
            found=found,
        )

    def _explain_emptiness(self, state: EngineState) -> None:
        """Says in the entropy plot why there is nothing yet."""
        history, text = state.history, ""
        if not len(state.measurements) and state.kept is None and len(history):
            text = (
                tr("Measuring, epoch {epoch:,}", epoch=state.epoch)
                if state.activity is Activity.TRAINING
                else tr("Not measured yet")
            )
            if "base_nats" in history.names and not np.isfinite(history["chi_squared"][len(history) - 1]):
                text = tr("Fitting the base measure, epoch {epoch:,}", epoch=state.epoch)
        self.entropy.show_note(text)

    def _show_figures(self, state: EngineState) -> None:
        texts = dict.fromkeys(self.figures, "–")
        texts["epoch"] = state.epoch_in_words
        last = state.history_of_view.last
        if last:
            for metric, (name, form) in WATCHED.items():
                if metric in last:
                    texts[name] = _in_short(last[metric], form)
            texts["acceptance"] = shown(last.get("acceptance_rate", math.nan), ".0%")
            if math.isfinite(last.get("base_nats", math.nan)):
                texts["nats"] = tr("{nats:.2f} (base alone)", nats=last["base_nats"])
        about = {
            "epoch": _state_of_epoch(state),
            "gradient": _state_trained(state),
            "chi": _state_trained(state),
            "nats": _state_measured(state.measurement, state) if len(state.history) else "",
        }
        adequacy = state.adequacy
        if adequacy is not None and len(adequacy.residuals) and "chi_squared" in self._measured:
            texts["chi"] = _in_short(adequacy.chi_squared, ".2g")
            about["chi"] = tr(
                "Of the model that is kept, on fresh chains; noise explains {noise} of it on average, and at most "
                "{limit} in 99 of 100 cases.",
                noise=shown(adequacy.noise, ".2g"),
                limit=shown(adequacy.limit, ".2g"),
            )
        titles: dict[str, tuple[str, ...]] = {
            "gradient": (tr("Gradient"), tr("Grad.")),
            "acceptance": (tr("Accepted"), tr("Acc.")),
            "nats": (NATS,),
            "chi": ("χ²" if "chi_squared" in self._measured else tr("Objective"),),
        }
        found = state.measurement
        is_older = found is not None and _is_older(found, state)
        if found is not None:
            texts["nats"], titles["nats"] = in_short(found.verdict[1]), _names_of_nats(found, state)
        if state.activity is not Activity.TRAINING and state.sweep is not None:
            texts["acceptance"] = f"{state.sweep.acceptance_rate:.0%}"
        for name, text in texts.items():
            figure = self.figures[name]
            title, *shorter = titles.get(name, (figure.caption.text(),))
            figure.show_text(text, title, shorter, about.get(name, ""), name == "nats" and is_older)
        self._judge(state)
        self._show_last_test(state)
        self._explain_emptiness(state)

    def _judge(self, state: EngineState) -> None:
        """Says whether training overfits, once there is something new to judge it by."""
        judged = len(state.measurements), state.kept, state.adequacy
        if judged != self._judged:
            self._judged = judged
            kept = None if state.kept is None else state.kept.epoch
            rise, own = validation_rise(state.measurements), state.can_train
            measured = max(judged[0], kept is not None)
            short = ""
            if state.kept is not None and state.adequacy is not None:
                short = state.adequacy.in_short(state.kept)
            self.overfitting.show_rise(rise, measured, kept, own, state.cautions, short)

    def _show_last_test(self, state: EngineState) -> None:
        """Says whether the model at the end of a training is known to be in equilibrium."""
        text = ""
        if state.testing:
            text = tr("Equilibrium: the convergence test goes on")
        elif state.verdict is not None or (
            state.kept is not None and state.activity is not Activity.TRAINING
        ):
            text = describe_last_test(state.verdict, state.journal, state.trained)
        verdict = None if state.testing else state.verdict
        if verdict is not None and not state.composition.is_model:
            # The chains on view are of another distribution.
            text = tr(
                "{verdict} (the model alone, at T = {temperature:g})",
                verdict=text,
                temperature=verdict.temperature,
            )
        more = (
            UNTESTED if verdict is None else html.escape(f"{verdict.when}: {verdict.subject}; {verdict.test}")
        )
        tip = f"{html.escape(text)}<br>{more}" if text else ""
        if (self.equilibrium.text(), self.equilibrium.toolTip()) != (text, tip):
            self.equilibrium.setText(text)
            self.equilibrium.setToolTip(tip)

    def _show_cursor(self, epoch: int) -> None:
        for plot in self._epoch_plots:
            plot.show_cursor(epoch)


def _in_short(value: float, form: str) -> str:
    """A figure for a narrow place: with a power of ten where it is small, so that no digit is cut."""
    return in_signs(f"{value:.1e}") if 0 < abs(value) < LEAST_IN_FULL else shown(value, form)


def strongest_pairs(values: np.ndarray, names: Sequence[str]) -> str:
    """The strongest couplings by the names of their columns, in words; empty without any.

    Args:
        values: strengths, shape (N, N), symmetric.
        names: of the N columns.
    """
    first, second = np.triu_indices(len(values), 1)
    order = np.argsort(-values[first, second], kind="stable")[:MOST_PAIRS]
    pairs = [
        tr(" and ").join(html.escape(names[column[k]]) for column in (first, second))
        + f" ({values[first[k], second[k]]:.2f})"
        for k in order
        if values[first[k], second[k]] > 0
    ]
    return tr("Strongest: {pairs}.", pairs=", ".join(pairs)) if pairs else ""


def _lattice(state: EngineState) -> tuple[int, int] | None:
    """Rows and columns of the lattice whose sites are coupled; None where there are no couplings, or no lattice."""
    facts = state.facts
    if facts is None or state.portrait is None or not issubclass(facts.model, PairModel):
        return None
    shape = facts.space.shape
    return (shape[0], shape[1]) if len(shape) == 2 and facts.space.sites <= MOST_SITES else None


def _is_older(found: Measurement, state: EngineState) -> bool:
    """True where a measurement is not of the model on view at rest, but of one before it."""
    return state.activity is not Activity.TRAINING and found.epoch < state.model_epoch


def _names_of_nats(found: Measurement, state: EngineState) -> tuple[str, ...]:
    """Names of the cross-entropy of a measurement, the longest first: of which set it is, and of which epoch."""
    name, epoch, now = found.verdict[0], int(found.epoch), state.model_epoch
    if _is_older(found, state):
        return (
            tr("{name} nats of epoch {epoch:,}, not {now:,}", name=name, epoch=epoch, now=now),
            tr("nats of epoch {epoch:,}, not {now:,}", epoch=epoch, now=now),
            tr("nats of ep. {epoch:,}, not {now:,}", epoch=epoch, now=now),
            tr("of ep. {epoch:,}, not {now:,}", epoch=epoch, now=now),
            tr("of ep. {epoch:,}", epoch=epoch),
        )
    return (
        tr("{name} nats, epoch {epoch:,.0f}", name=name, epoch=epoch),
        tr("nats, epoch {epoch:,}", epoch=epoch),
        tr("nats, ep. {epoch:,}", epoch=epoch),
        tr("ep. {epoch:,}", epoch=epoch),
    )


def _state_of_epoch(state: EngineState) -> str:
    """Sentence on the epoch of a model that rests on an earlier one; empty for the last."""
    if state.model_epoch == state.trained:
        return ""
    if state.latest is not None:
        return tr("An earlier epoch is on view: the run has trained {latest:,}.", latest=state.latest)
    return tr(
        "The model that is kept is that of epoch {epoch:,}; training had come to {trained:,} and goes on from there.",
        epoch=state.model_epoch,
        trained=state.trained,
    )


def _state_trained(state: EngineState) -> str:
    """Sentence on what a figure of an epoch's training is of; empty before the first epoch."""
    if not len(state.history_of_view):
        return ""
    return tr("Of the training at epoch {epoch:,}.", epoch=state.model_epoch)


def _state_measured(found: Measurement | None, state: EngineState) -> str:
    """Sentence on the model that a measurement is of."""
    now = state.model_epoch
    if found is None:
        return tr("The model of epoch {now:,} has not been measured.", now=now)
    epoch = int(found.epoch)
    if state.kept is found:
        return tr("Measured afresh, of the model that is kept: that of epoch {epoch:,}.", epoch=epoch)
    if _is_older(found, state):
        return tr(
            "Of the model as it was after epoch {epoch:,}. The one on view is that of epoch {now:,}, which has not "
            "been measured: it is as training goes on, and at its end.",
            epoch=epoch,
            now=now,
        )
    return tr("Of the averaged parameters after epoch {epoch:,}, the last that were measured.", epoch=epoch)


def _figures() -> dict[str, NamedNumber]:
    return {
        "epoch": NamedNumber(
            "figure-epoch", tr("Epoch"), tr("Epochs trained: one is some moves of all chains and one update")
        ),
        "gradient": NamedNumber("figure-gradient", tr("Gradient"), TOOLTIPS["gradient"]),
        "chi": NamedNumber("figure-chi", "χ²", TOOLTIPS["chi"]),
        "nats": NamedNumber("figure-nats", NATS, TOOLTIPS["entropy"]),
        "acceptance": NamedNumber(
            "figure-acceptance",
            tr("Accepted"),
            tr(
                "Share of proposals accepted by the kernel. The step size adapts to hold it near the kernel's "
                "best.<br>Where nothing trains it is that of the last step of the chains on view; the bar below them "
                "shows the mean of 30"
            ),
        ),
    }


class PlotPair(QWidget):
    """Shows one plot of two, with a button in its upper right corner, or several below it.

    Args:
        plots: both.
        symbols: what the button calls each, short.
    """

    def __init__(self, plots: tuple[Plot, Plot], symbols: tuple[str, str]) -> None:
        super().__init__()
        self._plots, self._symbols = plots, symbols
        self._others: list[QToolButton] = []
        self._pages = QStackedLayout(self)
        for plot in plots:
            self._pages.addWidget(plot)
        self.button = set_name(QToolButton(self), "turn-" + plots[0].objectName())
        self.button.setProperty("quiet", True)
        self.button.clicked.connect(lambda: self.turn())
        self._name_button()

    def offer(self, both: bool) -> None:
        """Offers both plots, the first in front, or the second alone."""
        self._pages.setCurrentIndex(0 if both else 1)
        self.button.setVisible(both)
        self._name_button()

    @property
    def shown(self) -> Plot:
        """The plot on view."""
        return self._plots[self._pages.currentIndex()]

    def add_button(self, button: QToolButton) -> None:
        """Puts another button left of the one that turns."""
        button.setParent(self)
        button.setProperty("quiet", True)
        self._others.append(button)
        self.place_buttons()

    def offer_second(self, offered: bool) -> None:
        """Lets the person turn to the second plot, or shows the first alone."""
        if not offered and self._pages.currentIndex():
            self.turn()
        self.button.setVisible(offered)
        self.place_buttons()

    def turn(self) -> None:
        """Shows the other plot."""
        self._pages.setCurrentIndex(1 - self._pages.currentIndex())
        self._name_button()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the buttons in their places."""
        super().resizeEvent(event)
        self.place_buttons()

    def _name_button(self) -> None:
        other = 1 - self._pages.currentIndex()
        self.setAccessibleName(self.shown.accessibleName())
        self.button.setText(self._symbols[other])
        name = tr("Show {plot}", plot=self._plots[other].accessibleName())
        self.button.setAccessibleName(name)
        self.button.setToolTip(name)
        self.place_buttons()

    def place_buttons(self) -> None:
        """Puts the buttons in their places, where one has been shown or hidden."""
        right, rows, buttons = self.width(), 1, (self.button, *self._others)
        beside = 0 if self._others or self.button.isHidden() else self.button.sizeHint().width()
        for plot in self._plots:
            plot.keep_free(beside)
        for button in buttons:
            button.adjustSize()
            wide = 0 if button.isHidden() else button.width()
            if 0 < right < wide and right < self.width():
                # There is no room beside the others: it stands above them.
                right, rows = self.width(), rows + 1
            right -= wide
            button.move(right, self.height() - rows * button.height() if self._others else 0)
            button.raise_()
        if self._others:
            # More than one stand below the plot, where they cover no title.
            shown = any(not button.isHidden() for button in buttons)
            self.setContentsMargins(0, 0, 0, rows * self.button.height() if shown else 0)
