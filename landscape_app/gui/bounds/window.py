"""The bounds window: mean field from many starts, F beside it, and the evidence lower bound of items."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from landscape_app.counting import capitalised
from landscape_app.gui.bounds.plots import (
    EVIDENCE_TOOLTIP,
    MIXTURE_TOOLTIP,
    FallPlot,
    GapPlot,
    PairCurves,
)
from landscape_app.gui.keyboard import add_shortcut, show_keyboard
from landscape_app.gui.state import Activity, EngineState
from landscape_app.gui.theme import Theme, signed_colours
from landscape_app.gui.widgets.containers import plot_card, set_name
from landscape_app.gui.widgets.numbers import DecimalBox
from landscape_app.gui.widgets.paragraph import ShortenedLabel
from landscape_app.gui.widgets.plots import EXPORT_KEYS, VIEW_KEYS
from landscape_app.gui.widgets.tables import HeadedTable
from landscape_app.gui.widgets.tool_window import ToolWindow
from landscape_app.language import tr
from landscape_app.physics.estimate import shown
from landscape_app.session.bounds import (
    LEAST_TEMPERATURE,
    MOST_STARTS,
    MOST_TEMPERATURE,
    NO_BOUNDS,
    BoundsRecord,
)

PICTURE = 44
"""Side of the picture of a solution, in pixels."""

DEFAULT_STARTS = 20

LESSON = tr(
    "<b>Two bounds side by side.</b> Min-MaxEnt bounds the entropy of the data from above, by the entropy of "
    "the MaxEnt model, and training lowers the bound. Mean field bounds the free energy of the model from "
    "above, by F[q], and every sweep lowers it. One assumes nothing but some means of the data, the other lays "
    "something simpler over a model that is known; each gap is a Kullback–Leibler divergence."
)

ASK = tr("Find bounds: mean field from many starts lays F[q] on the free energy from above.")

COLUMNS = (
    ("⟨v⟩", tr("Means of the sites in the solution: red up and blue down for spins, ink for levels")),
    ("F[q]", tr("Free energy of the solution, an upper bound of F, in units of E")),
    (tr("above lowest"), tr("F[q] less that of the lowest solution: only the lowest is the bound to quote")),
    (tr("starts"), tr("Starts that led there: large basins are found often, which says nothing about F[q]")),
    (tr("mean"), tr("Mean of ⟨v⟩ over the sites")),
)


class SolutionTable(HeadedTable):
    """A row for each of the lowest solutions; the lowest is bold."""

    def __init__(self) -> None:
        super().__init__("solutions", tr("Solutions of mean field, lowest first"), COLUMNS)
        self.verticalHeader().setDefaultSectionSize(PICTURE + 6)
        self.setIconSize(QSize(PICTURE, PICTURE))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(0, PICTURE + 16)

    def show_record(self, record: BoundsRecord | None, theme: Theme) -> None:
        """Shows the solutions of a record; none where there is none."""
        rows = 0 if record is None else len(record.free_energies)
        self.setRowCount(rows)
        if record is None:
            return
        for row in range(rows):
            energy = float(record.free_energies[row])
            above = energy - float(record.free_energies[0])
            texts = (
                "",
                shown(energy, ".3f"),
                tr("lowest") if row == 0 else shown(above, "+.3f") if above >= 5e-4 else tr("the same"),
                f"{int(record.counts[row]):,}",
                shown(float(record.means[row].mean()), ".3f"),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
                font = item.font()
                font.setBold(row == 0)
                item.setFont(font)
                if column == 0:
                    item.setIcon(QIcon(picture_of(record.means[row], record.limits, theme)))
                self.setItem(row, column, item)


def picture_of(means: np.ndarray, limits: tuple[float, float], theme: Theme) -> QPixmap:
    """Means of the sites, shape (height, width) or (sites,): around zero in two colours, else as ink."""
    image = np.atleast_2d(means).astype(float)
    low, high = limits
    table = signed_colours(theme) if low < 0 else theme.ink_table
    share = np.clip((image - low) / (high - low), 0, 1)
    pixels = np.ascontiguousarray(table[np.rint(share * (len(table) - 1)).astype(int)])
    height, width = image.shape
    drawn = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return QPixmap.fromImage(drawn).scaled(
        PICTURE,
        PICTURE,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.FastTransformation,
    )


class BoundsWindow(ToolWindow):
    """Asks the engine for bounds of the model on view, and shows what it finds.

    Args:
        theme: colours.
        settings: where the geometry is remembered.

    Signals:
        asked: temperature, and number of starts.
        stopped: the search shall end.
    """

    asked = Signal(float, int)
    stopped = Signal()

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        super().__init__("bounds", tr("Bounds on the free energy"), settings)
        self._theme = theme
        self._record: BoundsRecord | None = None
        self._busy = False
        self.falls = FallPlot(theme)
        self.solutions = SolutionTable()
        self.evidence = GapPlot(
            "plot-evidence",
            tr("Hidden units"),
            EVIDENCE_TOOLTIP,
            theme,
            ("log p(x)", "ELBO"),
            tr("hidden units updated in q"),
        )
        self.mixture = GapPlot(
            "plot-mixture",
            tr("Mixture of products"),
            MIXTURE_TOOLTIP,
            theme,
            ("log p(x)", tr("ELBO before the E step")),
            tr("steps of expectation–maximisation"),
        )
        self._lay_out()
        add_shortcut(self, "Ctrl+W", self.close, tr("Close the window"))
        add_shortcut(self, "F1", lambda: show_keyboard(self, (EXPORT_KEYS, VIEW_KEYS)), tr("Show these keys"))
        self.place(980, 760)
        self._show_record(None)

    def _lay_out(self) -> None:
        self.temperature = DecimalBox(decimals=2, singleStep=0.1, value=1.0)
        self.temperature.setRange(LEAST_TEMPERATURE, MOST_TEMPERATURE)
        set_name(self.temperature, "bounds-temperature").setAccessibleName(tr("Temperature T"))
        self.temperature.setToolTip(
            tr(
                "Temperature T of sites and hidden units together, E(v, h)/T, dimensionless; the base measure is not "
                "heated. 1 is the model"
            )
        )
        self.starts = QSpinBox(value=DEFAULT_STARTS)
        self.starts.setRange(1, MOST_STARTS)
        set_name(self.starts, "bounds-starts").setAccessibleName(tr("Starts"))
        self.starts.setToolTip(
            tr(
                "Starts of mean field: all nearly up, all nearly down, none, and others at random. Several solutions "
                "are kept, and the lowest F[q] wins; more starts find more of them"
            )
        )
        self.button = set_name(QPushButton(tr("Find bounds")), "find-bounds")
        self.button.clicked.connect(self._press)
        self.status = set_name(ShortenedLabel(), "muted")
        self.status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.status.setAccessibleName(tr("What is being done"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (
            QLabel(tr("Temperature T")),
            self.temperature,
            QLabel(tr("Starts")),
            self.starts,
            self.button,
        ):
            row.addWidget(widget)
        row.addWidget(self.status, 1)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setObjectName("bounds-sentence")
        self.sentence.setAccessibleName(tr("What the bounds say, and what they do not"))
        self.evidence_sentence, self.mixture_sentence = (set_name(QLabel(), "muted") for _ in range(2))
        for label in (self.evidence_sentence, self.mixture_sentence):
            label.setWordWrap(True)
        lesson = set_name(QLabel(LESSON), "muted")
        lesson.setWordWrap(True)
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.addWidget(plot_card(self.falls), 0, 0)
        grid.addWidget(plot_card(self.solutions), 0, 1)
        grid.addWidget(plot_card(self.evidence), 1, 0)
        grid.addWidget(plot_card(self.mixture), 1, 1)
        grid.addWidget(self.evidence_sentence, 2, 0)
        grid.addWidget(self.mixture_sentence, 2, 1)
        for line in (0, 1):
            grid.setRowStretch(line, 3 - line)
            grid.setColumnStretch(line, 1)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.sentence)
        layout.addLayout(grid, 1)
        layout.addWidget(lesson)
        self.setCentralWidget(centre)

    def bring_up(self) -> None:
        """Shows the window in front of others."""
        super().bring_up()
        (self.button if self.button.isEnabled() else self.temperature).setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Takes a theme's colours."""
        self._theme = theme
        for plot in (self.falls, self.evidence, self.mixture):
            plot.set_theme(theme)
        self.solutions.show_record(self._record, theme)

    def show_state(self, state: EngineState) -> None:
        """Shows how far the search has come, and what it has found."""
        facts = state.facts
        can = facts is not None and facts.model.has_mean_field
        ready = state.activity in (Activity.SAMPLING, Activity.STILL)
        self._busy = state.bounding
        self.button.setText(tr("Stop") if state.bounding else tr("Find bounds"))
        self.button.setEnabled(can and ready)
        self.button.setToolTip(
            tr("End the search; what it has found stays")
            if state.bounding
            else tr(
                "Mean field of the model on view, from all starts; then F, TAP, and the evidence lower bound"
            )
        )
        for box in (self.temperature, self.starts):
            box.setEnabled(not state.bounding)
        self.status.setText(_doing(state, can))
        if state.bounds is not self._record:
            self._show_record(state.bounds)
        if facts is not None and not can:
            self.sentence.setText(f"{capitalised(NO_BOUNDS)}.")
        elif self._record is None:
            self.sentence.setText(ASK)

    def _press(self) -> None:
        if self._busy:
            self.stopped.emit()
        else:
            self.asked.emit(self.temperature.value(), self.starts.value())

    def _show_record(self, record: BoundsRecord | None) -> None:
        before, self._record = self._record, record
        self.falls.show_record(record)
        if record is None or before is None or record.free_energies is not before.free_energies:
            self.solutions.show_record(record, self._theme)
        evidence = None if record is None else record.evidence
        if evidence is None:
            self.evidence.show_curves(None)
        else:
            log_p = np.full(len(evidence.updates), evidence.log_p.value)
            self.evidence.show_curves(PairCurves(evidence.updates, log_p, log_p - evidence.gap))
        mixture = None if record is None else record.mixture
        if mixture is None:
            self.mixture.show_curves(None)
        else:
            steps = np.arange(1, len(mixture.elbo) + 1)
            self.mixture.show_curves(PairCurves(steps, mixture.log_likelihood, mixture.elbo))
        self.sentence.setText(ASK if record is None else sentence_of(record))
        self.evidence_sentence.setText("" if record is None else _sentence_of_evidence(record))
        self.mixture_sentence.setText("" if record is None else _sentence_of_mixture(record))


def _doing(state: EngineState, can: bool) -> str:
    if state.activity is Activity.TRAINING:
        return tr("The model trains; pause it first")
    record = state.bounds
    if state.bounding:
        return tr("Beginning …") if record is None else f"{record.doing} … {record.progress:.0%}"
    if record is None or not can:
        return ""
    return tr("Done") if record.is_done else tr("Stopped")


def sentence_of(record: BoundsRecord) -> str:
    """Meaning of the bound on the free energy, and what it does not say."""
    if not len(record.falls):
        return ASK
    bound = f"<b>F ≤ F[q] = {shown(record.bound, '.3f')}</b>"
    if record.found:
        starts = record.falls.shape[1]
        bound = (
            tr("{bound}, 1 solution from {starts:,} starts", bound=bound, starts=starts)
            if record.found == 1
            else tr(
                "{bound}, the lowest of {solutions:,} solutions from {starts:,} starts",
                bound=bound,
                solutions=record.found,
                starts=starts,
            )
        )
    known, gap = record.free_energy, record.gap
    if known is None or gap is None:
        return tr("{bound}. F itself is not known yet.", bound=bound)
    text = tr(
        "{bound}. F = {known:.3f} ({method}), so that T·KL(q‖P) = {gap:.3f}",
        bound=bound,
        known=known,
        method=record.method,
        gap=gap,
    )
    if record.is_broken:
        return tr(
            "{text}: <b>the estimate lies above a bound</b>, so its chains have not mixed. The bound holds; that "
            "estimate does not.",
            text=text,
        )
    tap = (
        ""
        if math.isnan(record.tap)
        else tr(" TAP gives {tap}, which is no bound.", tap=shown(record.tap, ".3f"))
    )
    return tr(
        "{text}.{tap} This bounds F from above, and log Z from below. It does not say that the means of P are "
        "those of q: mean field orders at temperatures where P does not.",
        text=text,
        tap=tap,
    )


def _sentence_of_evidence(record: BoundsRecord) -> str:
    evidence = record.evidence
    if evidence is None:
        return (
            tr("No hidden units: there is no posterior to bound the evidence by.") if record.is_done else ""
        )
    gap = float(evidence.gap[-1])
    log_p = f"{evidence.log_p:.2f}"
    says = (
        tr("no gap is left, as p(h|v) is a product")
        if evidence.factorises and gap < 1e-6
        else tr("a gap of {gap:.3f} nats is left, as hidden units are coupled", gap=gap)
        if not evidence.factorises
        else tr("a gap of {gap:.3f} nats so far", gap=gap)
    )
    return tr(
        "{items:,} held-out items, log p(x) = {log_p} nats an item: {says}.",
        items=evidence.items,
        log_p=log_p,
        says=says,
    )


def _sentence_of_mixture(record: BoundsRecord) -> str:
    mixture = record.mixture
    if mixture is None:
        return ""
    return tr(
        "{components} components, {items:,} training items: log p(x) = "
        "{log_p} nats an item, of items that it can learn by heart; it "
        "never falls. The exact posterior closes the gap at every E step.",
        components=mixture.components,
        items=mixture.items,
        log_p=shown(float(mixture.log_likelihood[-1]), ".2f"),
    )
